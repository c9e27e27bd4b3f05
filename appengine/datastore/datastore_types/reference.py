"""The text form of a key: App Engine's Reference message in URL-safe base64 without padding.

A Reference has three fields: 13 the application, 14 the path, 20 the namespace. The path repeats
a group, number 1, of 2 the kind, 3 the id and 4 the name: the wire format of protocol buffers.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Kind, id or name, kind, id or name, ...; the id 0 stands for an incomplete key's."""

VARINT, DELIMITED, START_GROUP, END_GROUP = 0, 2, 3, 4
FIXED = {1: 8, 5: 4}
APPLICATION, PATH, NAMESPACE = 13, 14, 20
ELEMENT, KIND, ID, NAME = 1, 2, 3, 4
MAX_VARINT_BYTES = 10
INT64_BITS = 64


def encode_reference(application: str, namespace: str, path: Path) -> str:
    """Returns the text of a complete key."""
    elements = b"".join(
        _tag(ELEMENT, START_GROUP) + _text(KIND, kind) + _identify(name) + _tag(ELEMENT, END_GROUP)
        for kind, name in zip(map(str, path[::2]), path[1::2], strict=True)
    )
    data = _text(APPLICATION, application) + _bytes(PATH, elements)
    if namespace:
        data += _text(NAMESPACE, namespace)
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_reference(text: bytes) -> tuple[str, str, Path]:
    """Returns application, namespace and path of a key's text.

    Raises:
        ValueError: the text is no key's; which of its rules is broken stands in the message.
    """
    data = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    application, namespace, path = "", "", b""
    for number, value in _fields(data):
        if number == APPLICATION:
            application = _decode_text(value)
        elif number == NAMESPACE:
            namespace = _decode_text(value)
        elif number == PATH and isinstance(value, bytes):
            path = value
    items = tuple(_elements(path))
    if not application or not items:
        raise ValueError("no application or no path")
    return application, namespace, items


def _identify(name: str | int) -> bytes:
    if isinstance(name, int):
        return _tag(ID, VARINT) + _varint(name)
    return _text(NAME, name)


def _elements(data: bytes) -> Iterator[str | int]:
    kind: str | None = None
    name: str | int = 0
    for number, value in _fields(data):
        if number == ELEMENT and value == START_GROUP:
            kind, name = None, 0
        elif number == KIND:
            kind = _decode_text(value)
        elif number == ID and isinstance(value, int):
            name = value - 2**INT64_BITS if value >= 2 ** (INT64_BITS - 1) else value
        elif number == NAME:
            name = _decode_text(value)
        elif number == ELEMENT and value == END_GROUP:
            if kind is None:
                raise ValueError("a path element without a kind")
            yield kind
            yield name


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yields number and value of each field; of a group's ends the value is the wire type."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _read_varint(data, at)
            yield number, value
        elif wire in (START_GROUP, END_GROUP):
            yield number, wire
        elif wire == DELIMITED or wire in FIXED:
            size, at = _read_varint(data, at) if wire == DELIMITED else (FIXED[wire], at)
            if at + size > len(data):
                raise ValueError("a field ends behind the text")
            yield number, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {wire} does not exist")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:  # noqa: PLR2004  # the high bit says that more bytes follow
            return value, at + shift + 1
    raise ValueError("a number without its end")


def _decode_text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise ValueError("a number where text belongs")
    return value.decode()


def _varint(value: int) -> bytes:
    value %= 2**INT64_BITS  # a negative id is ten bytes of two's complement
    data = bytearray()
    while value > 0x7F:  # noqa: PLR2004  # seven bits a byte
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _bytes(number: int, value: bytes) -> bytes:
    return _tag(number, DELIMITED) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())
