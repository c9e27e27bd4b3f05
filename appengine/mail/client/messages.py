"""Messages that applications build, check and send."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.message import Message as MIMEMessage
from email.mime.multipart import MIMEMultipart
from typing import IO, ClassVar

from msgspec import structs

from appengine.mail.client.checks import check_email_valid, check_headers_valid
from appengine.mail.client.parsing import decode_addresses, decode_header, parse_mime_message
from appengine.mail.client.payloads import Attachment, EncodedPayload, Payload, attachments_of
from appengine.mail.client.sending import make_request, send_request
from appengine.mail.service import (
    Error,
    MissingBodyError,
    MissingRecipientsError,
    MissingSenderError,
    MissingSubjectError,
    SendRequest,
)
from appengine.mail.service.composing import compose
from appengine.mail.service.rules import mime_type_of

MIMESource = str | bytes | MIMEMessage | IO[str] | IO[bytes]
MakeSyncCall = Callable[[str, str, SendRequest, None], object]

ENCODED = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode", "uue", "x-uue"})
RECIPIENTS = ("to", "cc", "bcc")


class _EmailMessageBase:
    """What messages to anybody and to the administrators share.

    Source: App Engine, `google.appengine.api.mail`, "Class EmailMessage".
    """

    PROPERTIES: ClassVar[set[str] | frozenset[str]] = {
        *("sender", "reply_to", "subject", "body", "html", "amp_html", "attachments"),
        *RECIPIENTS,
    }
    ALLOWED_EMPTY_PROPERTIES: ClassVar[set[str]] = {"subject", "body", "amp_html"}
    _API_CALL: ClassVar[str]

    sender: str
    reply_to: str
    subject: str
    body: Payload
    html: Payload
    amp_html: Payload
    attachments: Iterable[object]
    headers: Mapping[str, str]
    to: str | Iterable[str]
    cc: str | Iterable[str]
    bcc: str | Iterable[str]

    def __init__(self, mime_message: MIMESource | None = None, **kw: object) -> None:
        """Takes fields by name; those that a MIME message has come first."""
        if mime_message:
            parsed = parse_mime_message(mime_message)
            self.update_from_mime_message(parsed)
            self.__dict__["_original"] = parsed
        self.initialize(**kw)

    @property
    def original(self) -> MIMEMessage:
        """The MIME message of which this one was made."""
        original: MIMEMessage = self.__dict__["_original"]
        return original

    def initialize(self, **kw: object) -> None:
        """Sets fields by name."""
        for name, value in kw.items():
            setattr(self, name, value)

    def check_initialized(self) -> None:
        """Refuses a message that cannot be sent as it is.

        Raises:
            MissingSenderError, MissingSubjectError, MissingBodyError: so it is; a body is text or
                HTML.
            InvalidAttachmentTypeError: of a file that mail programs might execute.
            PayloadEncodingError: of a payload that is not encoded as it says.
        """
        if not hasattr(self, "sender"):
            raise MissingSenderError("the message has no sender")
        if not hasattr(self, "subject"):
            raise MissingSubjectError("the message has no subject")
        if not hasattr(self, "body") and not hasattr(self, "html"):
            raise MissingBodyError("the message has neither body nor html")
        for name in ("body", "html", "amp_html"):
            if isinstance(payload := getattr(self, name, None), EncodedPayload):
                payload.decode()
        for attachment in attachments_of(getattr(self, "attachments", ())):
            mime_type_of(attachment.filename)
            if isinstance(attachment.payload, EncodedPayload):
                attachment.payload.decode()

    def is_initialized(self) -> bool:
        """Returns whether the message can be sent as it is."""
        try:
            self.check_initialized()
        except Error:
            return False
        return True

    def ToProto(self) -> SendRequest:  # noqa: N802  # App Engine's name
        """Returns the message as the service takes it, once it is checked."""
        self.check_initialized()
        return make_request(self)

    def to_mime_message(self) -> MIMEMultipart:
        """Returns the message as MIME, once it is checked."""
        return compose(self.ToProto())

    def send(self, make_sync_call: MakeSyncCall | None = None) -> None:
        """Sends the message.

        Args:
            make_sync_call: called in the service's stead, with its name, the call's and the
                message, as old tests do.

        Raises:
            BadRequestError, InvalidSenderError, InvalidHeaderNameError: the service's refusals;
                others as `check_initialized`.
        """
        request = self.ToProto()
        if make_sync_call is not None:
            make_sync_call("mail", self._API_CALL, request, None)
        else:
            send_request(self._API_CALL, request)

    def bodies(self, content_type: str | None = None) -> Iterator[tuple[str, Payload]]:
        """Returns type and payload of HTML and text, in this order.

        Args:
            content_type: only of this type: `text/html`, or `text` for both.
        """
        for name, own_type in (("html", "text/html"), ("body", "text/plain")):
            if content_type in (None, "", "text", own_type) and hasattr(self, name):
                yield own_type, getattr(self, name)

    def update_from_mime_message(self, mime_message: MIMESource) -> None:
        """Sets the fields that a MIME message has."""
        parsed = parse_mime_message(mime_message)
        for name, header, separator in (
            ("sender", "from", " "),
            ("reply_to", "reply-to", " "),
            ("subject", "subject", ""),
        ):
            if value := decode_header(parsed[header], separator):
                setattr(self, name, value)
        self._update_payload(parsed)

    def _update_payload(self, part: MIMEMessage) -> None:
        """Takes bodies and attachments of a part, and of all below it."""
        content = part.get_payload()
        if isinstance(content, list):
            for inner in content:
                if isinstance(inner, MIMEMessage):
                    self._update_payload(inner)
            return
        if not content or not isinstance(content, str):
            return
        encoding = part["content-transfer-encoding"]
        charset = part.get_content_charset() or part.get_charset()
        payload = EncodedPayload(
            _bytes_of(part, content), str(charset) if charset else None, encoding
        )
        filename = part.get_filename()
        if filename:
            attachment = Attachment(filename, payload, part["content-id"])
            self.attachments = [*attachments_of(getattr(self, "attachments", ())), attachment]
        else:
            self._add_body(part.get_content_type(), payload)

    def _add_body(self, content_type: str, payload: EncodedPayload) -> None:
        if content_type == "text/plain":
            self.body = payload
        elif content_type == "text/html":
            self.html = payload

    def __setattr__(self, attr: str, value: object) -> None:
        if attr in ("sender", "reply_to"):
            check_email_valid(value, attr)
        if not value and attr not in self.ALLOWED_EMPTY_PROPERTIES:
            raise ValueError(f"May not set empty value for {attr!r}")
        if attr not in self.PROPERTIES:
            raise AttributeError(f"'EmailMessage' has no attribute {attr!r}")
        if attr == "attachments":
            _check_attachments(value)
        super().__setattr__(attr, value)

    CheckInitialized = check_initialized
    Initialize = initialize
    IsInitialized = is_initialized
    Send = send
    ToMIMEMessage = to_mime_message


class EmailMessage(_EmailMessageBase):
    """A message to anybody: `EmailMessage(sender=..., to=..., subject=..., body=...).send()`."""

    PROPERTIES: ClassVar[set[str] | frozenset[str]] = {*_EmailMessageBase.PROPERTIES, "headers"}
    ALLOW_BLANK_EMAIL: ClassVar[bool] = False
    _API_CALL = "Send"

    def check_initialized(self) -> None:
        """Refuses a message that cannot be sent as it is; see the errors of each case.

        Raises:
            MissingRecipientsError: nobody stands in `to`, `cc` and `bcc`; others come from the
                fields that all messages have.
        """
        if not any(hasattr(self, name) for name in RECIPIENTS):
            raise MissingRecipientsError("the message has no recipient in to, cc or bcc")
        super().check_initialized()

    CheckInitialized = check_initialized

    def update_from_mime_message(self, mime_message: MIMESource) -> None:
        """Sets the fields that a MIME message has, recipients too."""
        parsed = parse_mime_message(mime_message)
        super().update_from_mime_message(parsed)
        for name in RECIPIENTS:
            if value := decode_addresses(parsed.get_all(name)):
                setattr(self, name, value)

    def __setattr__(self, attr: str, value: object) -> None:
        if attr in RECIPIENTS:
            if value == "" and self.ALLOW_BLANK_EMAIL:
                return
            if isinstance(value, str) or not isinstance(value, Iterable):
                check_email_valid(value, attr)
            else:
                for address in value:
                    check_email_valid(address, attr)
        elif attr == "headers":
            check_headers_valid(value)
        super().__setattr__(attr, value)


class AdminEmailMessage(_EmailMessageBase):
    """A message to the administrators of the application; it names no recipients."""

    _API_CALL = "SendToAdmins"

    def ToProto(self) -> SendRequest:  # noqa: N802  # App Engine's name
        """Returns the message as the service takes it, without recipients."""
        return structs.replace(super().ToProto(), to=(), cc=(), bcc=())

    def __setattr__(self, attr: str, value: object) -> None:
        if attr in RECIPIENTS:
            logging.warning("%r is not used by AdminEmailMessage: administrators get it", attr)
        super().__setattr__(attr, value)


def _bytes_of(part: MIMEMessage, content: str) -> bytes:
    """Returns a part's payload as it came."""
    if (part["content-transfer-encoding"] or "").strip().lower() in ENCODED:
        return content.encode("utf-8", "surrogateescape")
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else content.encode("utf-8", "surrogateescape")


def _check_attachments(value: object) -> None:
    if not isinstance(value, Iterable):
        raise TypeError(f"attachments are pairs of name and data, not {value!r}")
    for attachment in attachments_of(value):
        if not isinstance(attachment.filename, str):
            raise TypeError(f"an attachment's name is text, not {attachment.filename!r}")
        if not isinstance(attachment.payload, str | bytes | EncodedPayload):
            kind = type(attachment.payload).__name__
            raise TypeError(f"attachment {attachment.filename!r}: str or bytes, not {kind}")
