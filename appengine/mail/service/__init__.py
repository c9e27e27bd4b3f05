"""Mail: an application sends e-mail; what it receives arrives at /_ah/mail/ADDRESS."""

from typing import Annotated

from msgspec import Meta

from appengine.mail.service.errors import (
    BadRequestError,
    Error,
    InvalidAttachmentTypeError,
    InvalidEmailError,
    InvalidHeaderNameError,
    InvalidSenderError,
    MissingBodyError,
    MissingRecipientsError,
    MissingSenderError,
    MissingSubjectError,
    PayloadEncodingError,
    UnknownCharsetError,
    UnknownEncodingError,
)
from appengine.rpc.service import Message, Service, call

__all__ = [
    "BadRequestError",
    "Error",
    "InvalidAttachmentTypeError",
    "InvalidEmailError",
    "InvalidHeaderNameError",
    "InvalidSenderError",
    "MailService",
    "MissingBodyError",
    "MissingRecipientsError",
    "MissingSenderError",
    "MissingSubjectError",
    "PayloadEncodingError",
    "SendRequest",
    "SendResponse",
    "SentAttachment",
    "UnknownCharsetError",
    "UnknownEncodingError",
]

MAX_MESSAGE = 33_030_144
"""Bytes of all texts and attachments of a message: 31.5 MiB. Source: App Engine, "Quotas", Mail."""

MAX_RECIPIENTS = 100
"""Of To, Cc and Bcc together. Source: App Engine, "Quotas", Mail: recipients are limited."""

MAX_LINE = 998
"""Characters of a header's value. Source: RFC 5322, section 2.1.1."""

MAX_ADDRESS = 500
"""Characters of an address with its display name."""

MAX_ATTACHMENTS = 250

Address = Annotated[str, Meta(max_length=MAX_ADDRESS)]
Line = Annotated[str, Meta(max_length=MAX_LINE)]
Text = Annotated[str, Meta(max_length=MAX_MESSAGE)]


class SentAttachment(Message):
    """A file that goes with a message."""

    filename: Line
    data: Annotated[bytes, Meta(max_length=MAX_MESSAGE)]
    content_id: Line = ""


class SendRequest(Message):
    """One message; the recipients of one to the administrators are known to the platform."""

    sender: Address
    reply_to: Address = ""
    to: Annotated[tuple[Address, ...], Meta(max_length=MAX_RECIPIENTS)] = ()
    cc: Annotated[tuple[Address, ...], Meta(max_length=MAX_RECIPIENTS)] = ()
    bcc: Annotated[tuple[Address, ...], Meta(max_length=MAX_RECIPIENTS)] = ()
    subject: Line = ""
    body: Text | None = None
    html: Text | None = None
    amp_html: Text | None = None
    attachments: Annotated[tuple[SentAttachment, ...], Meta(max_length=MAX_ATTACHMENTS)] = ()
    headers: Annotated[tuple[tuple[Line, Line], ...], Meta(max_length=MAX_RECIPIENTS)] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """All recipients, hidden ones too."""
        return (*self.to, *self.cc, *self.bcc)

    @property
    def size(self) -> int:
        """Bytes of all texts and attachments."""
        texts = (self.body, self.html, self.amp_html)
        return sum(len(text.encode()) for text in texts if text) + sum(
            len(attachment.data) for attachment in self.attachments
        )


class SendResponse(Message):
    """The message is in the outbox."""

    message_id: str


def count_recipients(request: SendRequest) -> int:
    """Returns the cost of a message."""
    return len(request.recipients)


ERRORS = (
    BadRequestError,
    InvalidSenderError,
    InvalidAttachmentTypeError,
    InvalidHeaderNameError,
)


class MailService(
    Service,
    name="mail",
    aliases=("google.appengine.api.mail",),
    modules={"google.appengine.api.mail_errors": "mail_errors"},
):
    """What the front answers for mail."""

    @call(quota="recipients_emailed", cost=count_recipients, deadline_seconds=30, errors=ERRORS)
    def send(self, request: SendRequest) -> SendResponse:
        """Accepts one message for delivery to each recipient."""

    @call(quota="admins_emailed", deadline_seconds=30, errors=ERRORS)
    def send_to_admins(self, request: SendRequest) -> SendResponse:
        """Accepts one message for delivery to the administrators of the application."""
