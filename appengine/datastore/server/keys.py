"""Keys as bytes that sort as keys do: a root is a prefix of its group, a parent of its children."""

from functools import lru_cache
from zlib import crc32

from appengine.datastore.service import MAX_NAME_BYTES, BadRequestError, Key
from appengine.datastore.tables import BUCKETS

MAX_KEY_BYTES = 1300
"""Longest encoded key, so that each index row fits into any database's index."""

END = b"\x00\x01"
"""Ends a text. A zero byte inside is escaped, so it sorts after the end of a shorter text."""

ESCAPE = b"\x00\xff"
"""Stands for a zero byte inside a text."""

ID, NAME = b"\x01", b"\x02"
"""Stand before an id and a name: ids sort first."""

AFTER = b"\xff"
"""Follows a prefix to make the first bytes behind all that start with it."""

ID_BYTES = 8
"""Bytes of an encoded id."""


def encode_text(text: str) -> bytes:
    """Returns a text as bytes that sort as its UTF-8, and end themselves."""
    return escape(text.encode())


_encode_name = lru_cache(maxsize=1024)(encode_text)
"""For kinds and namespaces, of which there are few."""


def escape(data: bytes) -> bytes:
    """Returns bytes that sort as `data` does, and end themselves."""
    return (data.replace(b"\0", ESCAPE) if 0 in data else data) + END


def end_of_text(data: bytes, start: int) -> int:
    """Returns where the text that begins at `start` ends, its mark included."""
    at = data.index(0, start)
    while data[at + 1] != END[1]:
        at = data.index(0, at + 2)
    return at + 2


def unescape(data: bytes) -> bytes:
    """Returns what `escape` was given."""
    return data[: -len(END)].replace(ESCAPE, b"\0")


def encode_key(key: Key) -> bytes:
    """Returns a complete key as bytes; `check_key` has found it valid."""
    path = key.path
    parts = [_encode_name(key.namespace)]
    for kind, place in zip(path[::2], path[1::2], strict=True):
        parts.append(_encode_name(str(kind)))
        if isinstance(place, int):
            parts += ID, place.to_bytes(ID_BYTES, "big")
        else:
            parts += NAME, encode_text(str(place))
    return b"".join(parts)


def decode_key(data: bytes, start: int = 0, end: int | None = None) -> Key:
    """Returns the key that `encode_key` was given."""
    stop = len(data) if end is None else end
    at = end_of_text(data, start)
    namespace = unescape(data[start:at]).decode()
    path: list[int | str] = []
    while at < stop:
        kind_end = end_of_text(data, at)
        path.append(unescape(data[at:kind_end]).decode())
        at = kind_end + 1
        if data[kind_end : kind_end + 1] == ID:
            path.append(int.from_bytes(data[at : at + ID_BYTES], "big"))
            at += ID_BYTES
        else:
            path.append(unescape(data[at : (at := end_of_text(data, at))]).decode())
    return Key(namespace, tuple(path))


def root_of(encoded: bytes) -> bytes:
    """Returns the encoded root of an encoded key: what all keys of its entity group start with."""
    kind_end = end_of_text(encoded, end_of_text(encoded, 0))
    if encoded[kind_end : kind_end + 1] == ID:
        return encoded[: kind_end + 1 + ID_BYTES]
    return encoded[: end_of_text(encoded, kind_end + 1)]


def ancestors_of(encoded: bytes) -> list[bytes]:
    """Returns the encoded keys from the root down to the key itself."""
    found = []
    at = end_of_text(encoded, 0)
    while at < len(encoded):
        at = end_of_text(encoded, at)
        is_id = encoded[at : at + 1] == ID
        at = at + 1 + ID_BYTES if is_id else end_of_text(encoded, at + 1)
        found.append(encoded[:at])
    return found


def bucket_of(root: bytes) -> int:
    """Returns the bucket of an entity group by its encoded root."""
    return crc32(root) % BUCKETS


def check_key(key: Key, *, complete: bool = True) -> None:
    """Refuses a key that cannot exist.

    Args:
        key: as it came over the wire.
        complete: refuse one without an id or a name at its end.

    Raises:
        BadRequestError: says what is wrong with it.
    """
    path = key.path
    if len(path) % 2:
        raise BadRequestError(f"the path {path!r} is no list of pairs")
    for number, item in enumerate(path):
        if isinstance(item, str):
            _check_name(item)
        elif item is None:
            if complete or number != len(path) - 1:
                raise BadRequestError(f"the key {path!r} is incomplete")
        elif number % 2 == 0:
            raise BadRequestError(f"the kind {item!r} is no text")


def _check_name(name: str) -> None:
    if not name:
        raise BadRequestError("a kind or a name is empty")
    if len(name) * 4 > MAX_NAME_BYTES and len(name.encode()) > MAX_NAME_BYTES:
        raise BadRequestError(
            f"the name {name[:20]!r}... has {len(name.encode())} bytes; at most {MAX_NAME_BYTES}"
        )


def checked_key(key: Key) -> bytes:
    """Returns a key as bytes.

    Raises:
        BadRequestError: it is incomplete, not valid, or too long.
    """
    check_key(key)
    encoded = encode_key(key)
    if len(encoded) > MAX_KEY_BYTES:
        raise BadRequestError(f"a key of {len(encoded)} encoded bytes; at most {MAX_KEY_BYTES}")
    return encoded
