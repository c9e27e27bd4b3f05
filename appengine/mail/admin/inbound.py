"""A form that sends an application a message, as if it had arrived by mail.

Source: App Engine, the development server's page "Inbound Mail".
"""

from email.message import EmailMessage
from email.policy import SMTP

from appengine.mail.server.incoming import deliver
from appengine.mail.service.rules import bare_address, holds_line_end
from appengine.rpc.admin import View, Visit

FIELDS = ("from", "to", "cc", "subject", "body")


def show_inbound(visit: Visit) -> View:
    """Returns the form; a sent one tells what the application has answered."""
    fields = {name: visit.arguments.get(name, "") for name in FIELDS}
    fields["from"] = fields["from"] or "test@example.com"
    fields["to"] = fields["to"] or f"admin@{visit.application}.appspotmail.com"
    message, is_taken = _send(visit, fields) if visit.sends_form else ("", False)
    values = {"fields": fields, "message": message, "is_taken": is_taken}
    return View(template="mail/inbound.html", values=values)


def _send(visit: Visit, fields: dict[str, str]) -> tuple[str, bool]:
    """Sends the form's message; returns what to tell, and whether it was taken."""
    for name in ("from", "to"):
        if not bare_address(fields[name]):
            return f"{fields[name][:100]!r} is no e-mail address.", False
    for name in ("cc", "subject"):
        if holds_line_end(fields[name]):
            return f"The field {name} holds a line end.", False
    raw = _compose(fields).as_bytes(policy=SMTP)
    taken = deliver(visit.resources, bare_address(fields["to"]), raw)
    return taken.reason, taken.is_taken


def _compose(fields: dict[str, str]) -> EmailMessage:
    message = EmailMessage()
    for name in ("from", "to", "cc", "subject"):
        if fields[name]:
            message[name.title()] = fields[name]
    message.set_content(fields["body"].replace("\r\n", "\n"))
    return message
