"""Makes of a message what the service takes, and sends it."""

from collections.abc import Iterable
from typing import Any

from appengine.mail.client.payloads import EncodedPayload, Payload, attachments_of
from appengine.mail.service import (
    MAX_ADDRESS,
    MAX_ATTACHMENTS,
    MAX_LINE,
    MAX_MESSAGE,
    MAX_RECIPIENTS,
    BadRequestError,
    MailService,
    SendRequest,
    SentAttachment,
)
from appengine.rpc.client import stub
from appengine.rpc.errors import RequestTooLargeError
from appengine.users.service import User

_mail = stub(MailService)
_Message = Any  # a message of `messages.py`, whose fields may be missing


def make_request(message: _Message) -> SendRequest:
    """Returns a message as the service takes it.

    Raises:
        BadRequestError: a field is longer than the service takes.
        RequestTooLargeError: all texts and attachments are.
    """
    request = SendRequest(
        sender=_address(message.sender, "sender"),
        reply_to=_address(getattr(message, "reply_to", ""), "reply_to"),
        to=_addresses(getattr(message, "to", ()), "to"),
        cc=_addresses(getattr(message, "cc", ()), "cc"),
        bcc=_addresses(getattr(message, "bcc", ()), "bcc"),
        subject=_line(message.subject, "subject"),
        body=_text(getattr(message, "body", None)),
        html=_text(getattr(message, "html", None)),
        amp_html=_text(getattr(message, "amp_html", None)),
        attachments=_attachments(getattr(message, "attachments", ())),
        headers=tuple(
            (plain(name).strip(), _line(value, name))
            for name, value in getattr(message, "headers", {}).items()
        ),
    )
    if len(request.recipients) > MAX_RECIPIENTS:
        count = len(request.recipients)
        raise BadRequestError(f"{count} recipients; at most {MAX_RECIPIENTS}")
    if request.size > MAX_MESSAGE:
        raise RequestTooLargeError(f"a message of {request.size} bytes; at most {MAX_MESSAGE}")
    return request


def plain(value: object) -> str:
    """Returns a text as it goes over the wire: a template's or a property's own kind of it, too."""
    return str.__str__(value) if isinstance(value, str) else str(value)


def send_request(name: str, request: SendRequest) -> None:
    """Sends a message: `Send` to its recipients, `SendToAdmins` to the administrators."""
    if name == "SendToAdmins":
        _mail.send_to_admins(request)
    else:
        _mail.send(request)


def _addresses(value: object, field: str) -> tuple[str, ...]:
    """Returns the addresses of a field: a text may hold several, with commas."""
    if isinstance(value, User):
        value = value.email()
    if isinstance(value, str):
        value = _split(value)
    assert isinstance(value, Iterable)  # noqa: S101  # __setattr__ has seen to it
    return tuple(_address(address, field) for address in value)


def _split(text: str) -> list[str]:
    """Returns the addresses of a list; a comma in a quoted name separates none."""
    found, start, is_quoted = [], 0, False
    for place, character in enumerate(text):
        if character == '"' and text[place - 1 : place] != "\\":
            is_quoted = not is_quoted
        elif character == "," and not is_quoted:
            found.append(text[start:place].strip())
            start = place + 1
    found.append(text[start:].strip())
    return [address for address in found if address]


def _address(value: object, field: str) -> str:
    text = plain(value.email() if isinstance(value, User) else value)
    if len(text) > MAX_ADDRESS:
        raise BadRequestError(f"{field}: {len(text)} characters; at most {MAX_ADDRESS}")
    return text


def _line(value: object, field: str) -> str:
    text = plain(value)
    if len(text) > MAX_LINE:
        raise BadRequestError(f"{field}: {len(text)} characters; at most {MAX_LINE}")
    return text


def _text(payload: Payload | None) -> str | None:
    if payload is None:
        return None
    decoded = payload.decode() if isinstance(payload, EncodedPayload) else payload
    if not isinstance(decoded, str | bytes | bytearray | memoryview):
        raise TypeError(f"a body is text or bytes, not {decoded!r:.200}")
    return plain(decoded) if isinstance(decoded, str) else bytes(decoded).decode("utf-8", "replace")


def _attachments(value: Iterable[object]) -> tuple[SentAttachment, ...]:
    found = []
    for attachment in attachments_of(value):
        payload = attachment.payload
        data = payload.decode() if isinstance(payload, EncodedPayload) else payload
        found.append(
            SentAttachment(
                filename=_line(attachment.filename, "the name of an attachment"),
                data=data.encode() if isinstance(data, str) else bytes(data),
                content_id=_line(attachment.content_id or "", "content_id"),
            )
        )
    if len(found) > MAX_ATTACHMENTS:
        raise BadRequestError(f"{len(found)} attachments; at most {MAX_ATTACHMENTS}")
    return tuple(found)
