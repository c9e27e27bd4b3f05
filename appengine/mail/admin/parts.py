"""The parts of a message as the outbox shows them."""

import email
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message as MIMEMessage

import msgspec

MAX_TEXT = 100_000
"""Characters of a text that are shown."""


class ShownPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a message.

    Attributes:
        number: within the message, counted over all parts.
        text: of a text part; "" of others.
        name: of an attachment.
    """

    number: int
    content_type: str
    size: int
    text: str = ""
    name: str = ""


def parts_of(raw: bytes) -> Iterator[tuple[ShownPart, bytes]]:
    """Returns the parts of a message that hold content, with it, decoded."""
    for number, part in enumerate(email.message_from_bytes(raw).walk()):
        if not part.is_multipart():
            data = part.get_payload(decode=True)
            content = data if isinstance(data, bytes) else b""
            yield _shown(number, part, content), content


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Returns the headers of a message, decoded for people."""
    return [(name, _readable(str(value))) for name, value in email.message_from_bytes(raw).items()]


def decode_text(part: MIMEMessage, content: bytes) -> str:
    """Returns the text of a part in whatever character set it is."""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _readable(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, HeaderParseError):
        return value


def _shown(number: int, part: MIMEMessage, content: bytes) -> ShownPart:
    name = part.get_filename() or ""
    is_text = part.get_content_maintype() == "text" and not name
    return ShownPart(
        number=number,
        content_type=part.get_content_type(),
        size=len(content),
        text=decode_text(part, content)[:MAX_TEXT] if is_text else "",
        name=name,
    )
