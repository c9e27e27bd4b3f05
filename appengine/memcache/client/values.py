"""Keys and values as they go over the wire: every type of Python, by its flag.

Pickles are made and read here alone, in the cage of the application that they belong to.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from appengine.memcache.service import MAX_KEY_SIZE, MAX_VALUE_SIZE

FLAG_TYPE_MASK, FLAG_COMPRESSED = 7, 8
TYPE_STR, TYPE_UNICODE, TYPE_PICKLED, TYPE_INT, TYPE_LONG, TYPE_BOOL = range(6)
"""What a value is. Source: `memcache.TYPE_STR` and its like."""

Items = Mapping[Any, object]
"""Values by key: a mapping's keys are of one type, whichever of `UserKey`."""

Offsets = Mapping[Any, int]
UserKey = str | bytes | tuple[object, str | bytes]
"""A key as an application states it, perhaps with a number by which servers once were chosen."""


def bare_key(key: UserKey) -> str | bytes:
    """Returns a key without the number before it."""
    if isinstance(key, tuple) and len(key) == 2:  # noqa: PLR2004  # (number, key)
        return key[1]
    return key


def wire_key(key: UserKey, prefix: str | bytes = "") -> bytes:
    """Returns a key's bytes with a prefix; of more than 250 bytes, their SHA-1 in hexadecimal.

    Raises:
        TypeError: key or prefix is no text.
    """
    bare = bare_key(key)
    if not isinstance(bare, (str, bytes)):
        raise TypeError(f"Key must be a string instance, received {bare!r}")
    if not isinstance(prefix, (str, bytes)):
        raise TypeError(f"key_prefix must be a string instance, received {prefix!r}")
    data = _bytes(prefix) + _bytes(bare)
    if len(data) > MAX_KEY_SIZE:
        return hashlib.sha1(data, usedforsecurity=False).hexdigest().encode()
    return data


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def encode_value(value: object, pickle: Callable[[object], bytes]) -> tuple[bytes, int]:
    """Returns a value's bytes and its flags.

    Raises:
        ValueError: it has more than 1,000,000 bytes.
    """
    if isinstance(value, bytes):
        data, flags = value, TYPE_STR
    elif isinstance(value, str):
        data, flags = value.encode(), TYPE_UNICODE
    elif isinstance(value, bool):
        data, flags = b"%d" % value, TYPE_BOOL
    elif isinstance(value, int):
        data, flags = str(value).encode(), TYPE_INT
    else:
        data, flags = pickle(value), TYPE_PICKLED
    if len(data) > MAX_VALUE_SIZE:
        raise ValueError(
            f"Values may not be more than {MAX_VALUE_SIZE} bytes in length; "
            f"received {len(data)} bytes"
        )
    return data, flags


def decode_value(data: bytes, flags: int, unpickle: Callable[[bytes], object]) -> object:
    """Returns the value that bytes and flags mean."""
    kind = flags & FLAG_TYPE_MASK
    if kind == TYPE_STR:
        return data
    if kind == TYPE_UNICODE:
        return data.decode()
    if kind == TYPE_PICKLED:
        return unpickle(data)
    if kind == TYPE_BOOL:
        return bool(int(data))
    if kind in (TYPE_INT, TYPE_LONG):
        return int(data)
    raise AssertionError(f"Unknown stored type {kind}")
