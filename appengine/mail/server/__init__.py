"""What the front executes for mail: it checks a message and puts it into the outbox."""

import logging
from datetime import UTC, datetime
from email.policy import SMTP
from email.utils import format_datetime
from uuid import uuid4

from appengine.mail.server.outbox import KEPT, WAITING, Entry, Outbox
from appengine.mail.server.rules import check_message, check_recipients, check_sender
from appengine.mail.service import (
    ERRORS,
    MailService,
    SendRequest,
    SendResponse,
)
from appengine.mail.service.composing import compose
from appengine.rpc.server import Server

__all__ = ["ERRORS", "MailServer"]

TEXT_CHARACTERS = 10_000
"""Of a body that are searched."""

ADMINISTRATORS = "administrators"

log = logging.getLogger("appengine.mail")


class MailServer(Server, MailService):
    """Takes messages; the runner delivers them where the operator names a mail server."""

    def send(self, request: SendRequest) -> SendResponse:
        """Accepts one message for delivery to each recipient."""
        envelope = check_recipients(request.recipients)
        return self._accept("Send", request, envelope, ", ".join(request.recipients))

    def send_to_admins(self, request: SendRequest) -> SendResponse:
        """Accepts one message for delivery to the administrators of the application."""
        addresses = self.resources.options.administrators
        shown = ", ".join(addresses) or ADMINISTRATORS
        return self._accept("SendToAdmins", request, addresses, shown)

    def _accept(
        self, name: str, request: SendRequest, envelope: tuple[str, ...], recipients: str
    ) -> SendResponse:
        options = self.resources.options
        check_message(request)
        check_sender(
            request.sender,
            self.caller,
            options.administrators,
            may_be_anybody=options.mail_senders == "any",
        )
        now = self.resources.clock.now_microseconds()
        message_id = uuid4().hex
        raw = self._make_raw(request, message_id, now, recipients if name != "Send" else "")
        is_delivered = (options.smtp_host or options.enable_sendmail) and envelope
        entry = Entry(
            application=self.caller.application,
            message_id=message_id,
            sent_at=now,
            sender=request.sender,
            recipients=recipients,
            subject=request.subject,
            text=(request.body or request.html or "")[:TEXT_CHARACTERS],
            size=len(raw),
            state=WAITING if is_delivered else KEPT,
            next_at=now if is_delivered else 0,
            detail="" if envelope else "no administrators are named: see --administrators",
        )
        Outbox(self.storage, self.caller.application).add(entry, envelope, raw)
        self.note("message_id", message_id)
        self.note("recipients", len(envelope))
        log.info("%s", describe(name, request, recipients, show_body=options.show_mail_body))
        return SendResponse(message_id=message_id)

    def _make_raw(self, request: SendRequest, message_id: str, now: int, recipients: str) -> bytes:
        """Returns the message as it is sent: without hidden recipients, with date and id."""
        message = compose(request, shows_bcc=False)
        if recipients and "To" not in message:
            message["To"] = recipients
        date = datetime.fromtimestamp(now // 1_000_000, UTC)
        message["Date"] = format_datetime(date)
        domain = f"{self.caller.application.replace(':', '.')}.appspotmail.com"
        message["Message-ID"] = f"<{message_id}@{domain}>"
        return message.as_bytes(policy=SMTP)


def describe(name: str, request: SendRequest, recipients: str, *, show_body: bool) -> str:
    """Returns what the log says of a message.

    Source: App Engine, the development server's log of mail.
    """
    lines = [f"MailService.{name}", f"  From: {request.sender}", f"  To: {recipients}"]
    lines.append(f"  Subject: {request.subject}")
    for kind, text in (("text/plain", request.body), ("text/html", request.html)):
        if text is not None:
            lines.append(f"  Body: {kind}, {len(text)} characters")
            if show_body:
                lines += ["-----", text, "-----"]
    for attachment in request.attachments:
        lines.append(f"  Attachment: {attachment.filename}, {len(attachment.data)} bytes")
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in _split(lines))


def _split(lines: list[str]) -> list[str]:
    return [line for text in lines for line in text.split("\n")]
