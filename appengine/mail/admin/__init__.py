"""Mail in the Admin Console: the outbox, and a form that sends an application a message."""

from appengine.mail.admin.inbound import show_inbound
from appengine.mail.admin.outbox import show_outbox
from appengine.rpc.admin import Page

PAGES = (
    Page(path="/outbox", title="Outbox", show=show_outbox),
    Page(path="/mail", title="Inbound Mail", show=show_inbound),
)
