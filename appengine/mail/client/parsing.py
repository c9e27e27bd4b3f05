"""Reads MIME messages and their encoded headers, whatever they come as."""

import email
import email.header
from collections.abc import Sequence
from email.message import Message as MIMEMessage
from typing import IO


def parse_mime_message(source: str | bytes | MIMEMessage | IO[str] | IO[bytes]) -> MIMEMessage:
    """Returns a MIME message of its text, its bytes, an open file, or of itself."""
    if isinstance(source, MIMEMessage):
        return source
    content = source if isinstance(source, str | bytes) else source.read()
    if isinstance(content, bytes):
        return email.message_from_bytes(content)
    return email.message_from_string(content)


def decode_header(header: object, separator: str = " ") -> str:
    """Returns a header's text, decoded by RFC 2047; "" if there is none."""
    if not header:
        return ""
    pieces = []
    for piece, charset in email.header.decode_header(str(header)):
        pieces.append(piece if isinstance(piece, str) else _decode(piece, charset or "us-ascii"))
    return separator.join(piece.strip() if separator else piece for piece in pieces)


def decode_addresses(headers: Sequence[object] | None) -> str | list[str]:
    """Returns the text of a header of addresses, or a list where it is repeated."""
    found = [decode_header(header) for header in headers or ()]
    return found[0] if len(found) == 1 else found


def _decode(piece: bytes, charset: str) -> str:
    try:
        return piece.decode(charset, "replace")
    except LookupError:
        return piece.decode("utf-8", "replace")
