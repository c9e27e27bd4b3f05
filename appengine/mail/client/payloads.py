"""What a message carries: texts as they were encoded, and attached files."""

import codecs
from collections.abc import Iterable, Iterator
from email.message import Message as MIMEMessage
from typing import cast

from appengine.mail.service import (
    PayloadEncodingError,
    UnknownCharsetError,
    UnknownEncodingError,
)

PLAIN = frozenset({"7bit", "8bit", "binary"})
PAIR = 2


class EncodedPayload:
    """A text or a file as it came: bytes, how they are encoded, and in which character set.

    Source: App Engine, `google.appengine.api.mail`, class `EncodedPayload`.
    """

    def __init__(
        self, payload: bytes, charset: str | None = None, encoding: str | None = None
    ) -> None:
        """Takes the encoded bytes; None: no character set, no transfer encoding."""
        if not isinstance(payload, bytes):
            raise TypeError(f"a payload is bytes, not {type(payload).__name__}")
        self.payload = payload
        self.charset = charset
        self.encoding = encoding

    def decode(self) -> str | bytes:
        """Returns the text, or bytes where no character set is known.

        Raises:
            UnknownEncodingError, UnknownCharsetError: nobody knows it.
            PayloadEncodingError: the bytes are not encoded so.
        """
        payload = self.payload
        if self.encoding and self.encoding.lower() not in PLAIN:
            try:
                payload = cast(bytes, codecs.decode(payload, self.encoding))
            except LookupError:
                raise UnknownEncodingError(f"Unknown decoding {self.encoding}.") from None
            except Exception as error:
                raise PayloadEncodingError(f"Could not decode payload: {error}") from error
        if self.charset and str(self.charset).lower() != "7bit":
            try:
                return codecs.decode(payload, str(self.charset))
            except LookupError:
                raise UnknownCharsetError(f"Unknown charset {self.charset}.") from None
            except Exception as error:
                raise PayloadEncodingError(f"Could not read characters: {error}") from error
        return payload

    def copy_to(self, mime_message: MIMEMessage) -> None:
        """Makes this the payload of a MIME message, encoded as it is."""
        if self.encoding:
            mime_message["content-transfer-encoding"] = self.encoding
        mime_message.set_payload(self.payload, self.charset)

    def to_mime_message(self) -> MIMEMessage:
        """Returns a MIME message of this payload alone."""
        message = MIMEMessage()
        self.copy_to(message)
        return message

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EncodedPayload):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __str__(self) -> str:
        return str(self.to_mime_message())

    def __repr__(self) -> str:
        text = f"<EncodedPayload payload=#{hash(self.payload)}"
        text += f" charset={self.charset}" if self.charset else ""
        text += f" encoding={self.encoding}" if self.encoding else ""
        return f"{text}>"

    def _parts(self) -> tuple[bytes, str | None, str | None]:
        return self.payload, self.charset, self.encoding


Payload = str | bytes | EncodedPayload


class Attachment:
    """A file of a message; it unpacks to name and payload, and equals such a pair.

    Source: App Engine, `google.appengine.api.mail`, class `Attachment`.
    """

    def __init__(self, filename: str, payload: Payload, content_id: str | None = None) -> None:
        """Takes the name, the content, and an id by which HTML refers to it: `<logo>`."""
        self.filename = filename
        self.payload = payload
        self.content_id = content_id

    def __eq__(self, other: object) -> bool:
        own = (self.filename, self.payload, self.content_id)
        if isinstance(other, Attachment):
            return own == (other.filename, other.payload, other.content_id)
        if not isinstance(other, tuple | list) or len(other) not in (PAIR, PAIR + 1):
            return NotImplemented
        return own == tuple(other) if len(other) > PAIR else own == (*other, None)

    def __hash__(self) -> int:
        parts = (self.filename, self.payload)
        return hash((*parts, self.content_id) if self.content_id else parts)

    def __iter__(self) -> Iterator[str | Payload]:
        return iter((self.filename, self.payload))

    def __getitem__(self, index: int) -> str | Payload:
        return (self.filename, self.payload)[index]

    def __contains__(self, value: object) -> bool:
        return value in (self.filename, self.payload)

    def __len__(self) -> int:
        return PAIR


def attachments_of(value: Iterable[object]) -> Iterator[Attachment]:
    """Returns the attachments in what an application gives: one, or several, in any form."""
    items: list[object] = [value] if isinstance(value, Attachment) else list(value)
    if len(items) == PAIR and isinstance(items[0], str):
        items = [tuple(items)]
    for item in items:
        yield item if isinstance(item, Attachment) else Attachment(*item)  # type: ignore[misc]  # a pair or a triple, else TypeError
