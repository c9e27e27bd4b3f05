% rebase("page", title=title)
<form method="post">
% if problem:
  <p class="problem" role="alert">{{problem}}</p>
% end
  <label>What <input name="text" value="{{text}}" maxlength="500" required></label>
% if title == "Edit":
  <label>Status <select name="status"><option{{!' selected' if is_open else ''}}>open</option><option{{!'' if is_open else ' selected'}}>done</option></select></label>
% end
  <button>Save</button>
</form>
