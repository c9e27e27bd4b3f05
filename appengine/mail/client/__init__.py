"""The functions that applications call."""

from collections.abc import Iterable

from appengine.mail.client.messages import AdminEmailMessage, EmailMessage, MakeSyncCall


def send_mail(
    sender: str,
    to: str | Iterable[str],
    subject: str,
    body: str,
    make_sync_call: MakeSyncCall | None = None,
    **kw: object,
) -> None:
    """Sends a message.

    Args:
        sender: as it stands in From.
        to: one address, several with commas, or a list.
        subject: one line.
        body: the text.
        make_sync_call: see `EmailMessage.send`.
        kw: further fields: cc, bcc, reply_to, html, amp_html, attachments, headers.

    Raises:
        Error: one of `mail_errors`.

    Source: App Engine, `google.appengine.api.mail`, `send_mail`.
    """
    message = EmailMessage()
    message.initialize(**kw, sender=sender, to=to, subject=subject, body=body)
    message.send(make_sync_call=make_sync_call)


def send_mail_to_admins(
    sender: str,
    subject: str,
    body: str,
    make_sync_call: MakeSyncCall | None = None,
    **kw: object,
) -> None:
    """Sends a message to all administrators of the application; see `send_mail`."""
    message = AdminEmailMessage()
    message.initialize(**kw, sender=sender, subject=subject, body=body)
    message.send(make_sync_call=make_sync_call)
