% rebase("page", title="Not here")
<p>{{reason}}</p>
