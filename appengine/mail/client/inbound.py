"""Messages that applications receive: mail, and notes that mail did not arrive."""

from collections.abc import Iterator, Mapping
from email.message import Message as MIMEMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import ClassVar, cast
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

from appengine.mail.client.messages import EmailMessage, MIMESource, _EmailMessageBase
from appengine.mail.client.parsing import parse_mime_message
from appengine.mail.client.payloads import EncodedPayload

HEADER_PROPERTIES = {"date": "date", "message_id": "message-id"}
FIELDS = ("to", "cc", "bcc", "from", "subject", "text")


class InboundEmailMessage(EmailMessage):
    """A message that has arrived: also its date, and any number of further bodies.

    Source: App Engine, "Receiving Email", class `InboundEmailMessage`.
    """

    PROPERTIES: ClassVar[set[str] | frozenset[str]] = frozenset(
        {*_EmailMessageBase.PROPERTIES, "alternate_bodies", *HEADER_PROPERTIES}
    )
    ALLOW_BLANK_EMAIL: ClassVar[bool] = True

    alternate_bodies: list[tuple[str, EncodedPayload]]
    date: str
    message_id: str

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment) -> "InboundEmailMessage":
        """Returns the message in the body of a request to `/_ah/mail/ADDRESS`."""
        return cls(_read_body(environ))

    def update_from_mime_message(self, mime_message: MIMESource) -> None:
        """Sets the fields that a MIME message has, date and id too."""
        parsed = parse_mime_message(mime_message)
        super().update_from_mime_message(parsed)
        for name, header in HEADER_PROPERTIES.items():
            if value := parsed[header]:
                setattr(self, name, str(value))

    def _add_body(self, content_type: str, payload: EncodedPayload) -> None:
        """Keeps the first text and the first HTML as such, all others beside them."""
        is_first = (content_type == "text/plain" and not hasattr(self, "body")) or (
            content_type == "text/html" and not hasattr(self, "html")
        )
        if is_first:
            super()._add_body(content_type, payload)
        else:
            further = getattr(self, "alternate_bodies", [])
            self.alternate_bodies = [*further, (content_type, payload)]

    def bodies(self, content_type: str | None = None) -> Iterator[tuple[str, EncodedPayload]]:
        """Returns type and payload of all bodies: HTML, text, then the others as they came."""
        for own_type, body in super().bodies(content_type):
            yield own_type, cast(EncodedPayload, body)  # as every body of a parsed message is
        for own_type, payload in getattr(self, "alternate_bodies", ()):
            if not content_type or content_type in (own_type, own_type.partition("/")[0]):
                yield own_type, payload

    def to_mime_message(self) -> MIMEMessage:  # type: ignore[override]  # what it was made of
        """Returns the message as MIME, with its date and id."""
        message = super().to_mime_message()
        for name, header in HEADER_PROPERTIES.items():
            if hasattr(self, name):
                message[header] = getattr(self, name)
        return message


class BounceNotification:
    """The news that a message did not arrive, with the message itself.

    Source: App Engine, "Receiving Bounce Notification", class `BounceNotification`.
    """

    def __init__(self, post_vars: Mapping[str, object]) -> None:
        """Takes the fields of the form that comes to `/_ah/bounce`."""
        self._original = {name: _one(post_vars, f"original-{name}") for name in FIELDS}
        self._notification = {name: _one(post_vars, f"notification-{name}") for name in FIELDS}
        raw = post_vars.get("raw-message", "")
        if isinstance(raw, list):
            if len(raw) > 1:
                raise ValueError(f"{len(raw)} values of 'raw-message'; one was expected")
            raw = raw[0] if raw else ""
        if not isinstance(raw, str | bytes):
            raise TypeError(f"'raw-message' is a message's text, not {raw!r}")
        self._original_raw_message = InboundEmailMessage(raw)

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment) -> "BounceNotification":
        """Returns the notification in the body of a request to `/_ah/bounce`."""
        return cls(read_form(environ))

    @property
    def original(self) -> dict[str, object]:
        """The message that did not arrive: to, cc, bcc, from, subject, text."""
        return self._original

    @property
    def notification(self) -> dict[str, object]:
        """The news itself, in the same fields."""
        return self._notification

    @property
    def original_raw_message(self) -> InboundEmailMessage:
        """The message that did not arrive, as it was sent."""
        return self._original_raw_message


def read_form(environ: WSGIEnvironment) -> dict[str, str]:
    """Returns the fields of a form in a request's body, in either encoding of HTML."""
    body = _read_body(environ)
    content_type = environ.get("CONTENT_TYPE", "")
    if not content_type.lower().startswith("multipart/form-data"):
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    parts = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode(part.get_content_charset() or "utf-8", "replace")
    return fields


def _read_body(environ: WSGIEnvironment) -> bytes:
    length = str(environ.get("CONTENT_LENGTH") or "0")
    body: bytes = environ["wsgi.input"].read(int(length) if length.isdecimal() else 0)
    return body


def _one(post_vars: Mapping[str, object], name: str) -> object:
    return post_vars.get(name, "")
