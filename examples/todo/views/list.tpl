% rebase("page", title="All items" if is_all else "Open items")
% if items:
<ul>
% for item in items:
  <li class="{{'' if item.is_open else 'done'}}"><span>{{item.text}}</span> <a href="/edit/{{item.id}}">Edit</a></li>
% end
</ul>
% else:
<p>Nothing to do.</p>
% end
<p><a href="{{'/todo' if is_all else '/todo?show=all'}}">{{'Open items only' if is_all else 'All items'}}</a></p>
