"""The cursor: a place among a query's results, as opaque text.

Source: App Engine, `google.appengine.datastore.datastore_query`, class `Cursor`.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Protocol, Self

from appengine.datastore.datastore_errors import BadArgumentError, BadValueError
from appengine.datastore.service import MAX_CURSOR_BYTES


class Advancing(Protocol):
    """A query, which knows the places between its results: a `datastore_query.Query`."""

    def advance(self, cursor: "Cursor", offset: int) -> "Cursor":
        """Returns the place that is so many results behind another."""


class Cursor:
    """A place between two results; the empty one stands before the first."""

    __slots__ = ("_place",)

    def __init__(self, urlsafe: str | bytes | None = None, _cursor_bytes: bytes = b"") -> None:
        """Reads the text of a cursor.

        Raises:
            BadValueError: it is no cursor's text.
        """
        self._place = _cursor_bytes if urlsafe is None else _decode(urlsafe)
        if (size := len(self._place)) > MAX_CURSOR_BYTES:
            raise BadValueError(f"Invalid cursor: it has {size} bytes; at most {MAX_CURSOR_BYTES}")

    @classmethod
    def from_websafe_string(cls, cursor: str) -> Self:
        """Returns the cursor whose text is `cursor`."""
        return cls(urlsafe=cursor)

    @classmethod
    def from_bytes(cls, cursor: bytes) -> Self:
        """Returns the cursor whose bytes are `cursor`."""
        return cls(_cursor_bytes=cursor)

    def to_bytes(self) -> bytes:
        """Returns the cursor's bytes."""
        return self._place

    def to_websafe_string(self) -> str:
        """Returns the cursor's text, safe in URLs."""
        return urlsafe_b64encode(self._place).rstrip(b"=").decode()

    urlsafe = to_websafe_string

    def advance(self, offset: int, query: Advancing, conn: object = None) -> "Cursor":
        """Returns the place that is `offset` results of a query behind this one.

        Args:
            offset: how many results.
            query: a `datastore_query.Query`, as that which this place is of.
            conn: not needed: a request has one connection.

        Raises:
            BadArgumentError: the offset is no positive number, or `query` no query.
        """
        if not hasattr(query, "advance"):
            raise BadArgumentError(f"query argument should be datastore_query.Query ({query!r})")
        return query.advance(self, offset)

    def reversed(self) -> "Cursor":
        """Returns the same place, for the query with each order reversed."""
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cursor):
            return NotImplemented
        return self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def __repr__(self) -> str:
        return f"Cursor({self.to_websafe_string()!r})" if self._place else "Cursor()"


def _decode(text: object) -> bytes:
    if not isinstance(text, str | bytes):
        raise BadValueError(f"cursor argument should be str or bytes ({text!r})")
    data = text.encode() if isinstance(text, str) else text
    try:
        place = urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    except (ValueError, binascii.Error) as error:
        raise BadValueError(f"Invalid cursor {text!r}. Details: {error}") from error
    if urlsafe_b64encode(place).rstrip(b"=") != data.rstrip(b"="):
        raise BadValueError(f"Invalid cursor {text!r}. Details: not URL-safe base64")
    return place


def cursor_argument(name: str, value: object) -> bytes:
    """Returns the place of an argument that is a cursor, or None for the empty one.

    Raises:
        BadArgumentError: it is neither.
    """
    if value is None:
        return b""
    if not isinstance(value, Cursor):
        raise BadArgumentError(f"{name} argument should be datastore_query.Cursor ({value!r})")
    return value.to_bytes()
