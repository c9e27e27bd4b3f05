"""Property values as bytes that sort as the datastore sorts them, whatever their types.

Each encoding ends itself, so that several in a row sort by the first, then the second ...
"""

import math
import struct
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from appengine.datastore.server.keys import (
    END,
    decode_key,
    encode_key,
    encode_text,
    end_of_text,
    escape,
    unescape,
)
from appengine.datastore.service import (
    AnyValue,
    Binary,
    Meaning,
    Meant,
    Point,
    Reference,
    User,
)

NONE, INTEGER, BOOLEAN, STRING, FLOAT, POINT, USER, REFERENCE = (
    bytes([number]) for number in range(0x10, 0x90, 0x10)
)
"""The first byte of each type's encoding. Source: observed order of a mixed property."""

CUT_BYTES = 984
"""Bytes that an index keeps of a value too long for it; a digest follows."""

DIGEST_BYTES = 16
"""Bytes of that digest."""

STORED_BYTES = CUT_BYTES + DIGEST_BYTES
"""Length of a cut value, and of no other: whole ones are shorter."""

UNINDEXED = frozenset({Meaning.TEXT, Meaning.BLOB, Meaning.ENTITY})
"""Meanings whose values enter no index."""

NUMBER_BYTES = 8
"""Bytes of an integer or a float."""

SIGN = 1 << 63
"""Moves integers so that the negative ones sort first; a float's sign bit."""

_INVERSE = bytes(range(255, -1, -1))


def is_indexable(value: AnyValue) -> bool:
    """Whether a value enters indexes at all: Text, Blob and embedded entities do not."""
    return not (isinstance(value, Meant | Binary) and value.meaning in UNINDEXED)


def encode_value(value: AnyValue) -> bytes:
    """Returns a value as bytes that sort among those of all types."""
    return _ENCODERS[type(value)](value)


def encode_reference(encoded_key: bytes) -> bytes:
    """Returns the encoding of a key's value by the key's own encoding."""
    return REFERENCE + encoded_key + END


def _encode_float(value: float) -> bytes:
    """Returns a float's bits so that they sort: not-a-number, then from minus infinity on."""
    if math.isnan(value):
        return bytes(NUMBER_BYTES)
    (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))  # minus zero becomes zero
    bits = bits ^ (2**64 - 1) if bits & SIGN else bits | SIGN
    return int(bits).to_bytes(NUMBER_BYTES, "big")


def _decode_float(data: bytes) -> float:
    bits = int.from_bytes(data, "big")
    if not bits:
        return math.nan
    bits = bits ^ SIGN if bits & SIGN else bits ^ (2**64 - 1)
    value: float = struct.unpack(">d", struct.pack(">Q", bits))[0]
    return value


def decode_value(data: bytes, start: int = 0) -> tuple[AnyValue, int]:
    """Returns the value that is encoded at `start`, without its meaning, and where it ends.

    A string that is no UTF-8 comes back as a byte string.
    """
    end = end_of_value(data, start)
    tag, body = data[start : start + 1], data[start + 1 : end]
    value: AnyValue = None
    if tag == INTEGER:
        value = int.from_bytes(body, "big") - SIGN
    elif tag == BOOLEAN:
        value = body != b"\x00"
    elif tag == STRING:
        value = _decode_text(unescape(body))
    elif tag == FLOAT:
        value = _decode_float(body)
    elif tag == POINT:
        value = Point(_decode_float(body[:NUMBER_BYTES]), _decode_float(body[NUMBER_BYTES:]))
    elif tag == USER:
        middle = end_of_text(body, 0)
        value = User(unescape(body[:middle]).decode(), unescape(body[middle:]).decode())
    elif tag == REFERENCE:
        value = Reference(decode_key(body, 0, len(body) - len(END)))
    return value, end


def _decode_text(data: bytes) -> AnyValue:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return Binary(Meaning.BYTES, data)


def end_of_value(data: bytes, start: int) -> int:
    """Returns where the value that begins at `start` ends."""
    tag, body = data[start : start + 1], start + 1
    fixed = {NONE: 0, BOOLEAN: 1, INTEGER: 8, FLOAT: 8, POINT: 16}.get(tag)
    if fixed is not None:
        return body + fixed
    if tag == STRING:
        return end_of_text(data, body)
    if tag == USER:
        return end_of_text(data, end_of_text(data, body))
    return _end_of_reference(data, body)


def _end_of_reference(data: bytes, start: int) -> int:
    at = end_of_text(data, start)
    while data[at : at + len(END)] != END:  # where a kind would begin: a kind is never empty
        at = end_of_text(data, at)
        at = at + 9 if data[at] == 1 else end_of_text(data, at + 1)
    return at + len(END)


def invert(data: bytes) -> bytes:
    """Returns bytes that sort the other way round; it is its own inverse."""
    return data.translate(_INVERSE)


def split(data: bytes, descending: tuple[bool, ...]) -> list[bytes]:
    """Returns the values of which `data` is made, each encoded as ascending.

    Args:
        data: encoded values in a row.
        descending: for each of them, whether it is inverted.
    """
    parts, at, inverted = [], 0, invert(data)
    for is_inverted in descending:
        source = inverted if is_inverted else data
        end = end_of_value(source, at)
        parts.append(source[at:end])
        at = end
    return parts


def cut(value: bytes) -> bytes:
    """Returns encoded values as an index stores them: whole, or the start and a digest."""
    if len(value) < STORED_BYTES:
        return value
    return value[:CUT_BYTES] + blake2b(value, digest_size=DIGEST_BYTES).digest()


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _none: NONE,
    int: lambda value: INTEGER + (value + SIGN).to_bytes(NUMBER_BYTES, "big"),
    bool: lambda value: BOOLEAN + (b"\x01" if value else b"\x00"),
    str: lambda value: STRING + encode_text(value),
    float: lambda value: FLOAT + _encode_float(value),
    Meant: lambda value: encode_value(value.value),
    Binary: lambda value: STRING + escape(value.value),
    Point: lambda value: POINT + _encode_float(value.latitude) + _encode_float(value.longitude),
    User: lambda value: USER + encode_text(value.email) + encode_text(value.auth_domain),
    Reference: lambda value: REFERENCE + encode_key(value.key) + END,
}

PLAIN: dict[type, Callable[[Any], bytes]] = {
    kind: _ENCODERS[kind] for kind in (type(None), int, bool, str, float)
}
"""The encoders of values that have neither a meaning nor a key in them: most are."""
