"""Conditional requests and ranges: what a client already has, and which part it wants.

Source: RFC 9110, sections 13 and 14.
"""

from collections.abc import Mapping

from msgspec import Struct
from werkzeug.http import parse_date, parse_etags, parse_if_range_header, parse_range_header


class State(Struct, frozen=True):
    """One state of a file, as caches tell it from others.

    Attributes:
        etag: its strong validator, with its quotes.
        modified: when it was changed, in whole seconds since 1970.
    """

    etag: str
    modified: int


class Preconditions:
    """The conditions of a WSGI request against one state of a file."""

    def __init__(self, environ: Mapping[str, object], state: State) -> None:
        self._environ = environ
        self._etag = state.etag.strip('"')
        self._modified = state.modified

    def _header(self, name: str) -> str | None:
        value = self._environ.get(name)
        return value if isinstance(value, str) else None

    def have_failed(self) -> bool:
        """Whether the client wants nothing of a file that is in this state: 412."""
        if (header := self._header("HTTP_IF_MATCH")) is not None:
            return not parse_etags(header).contains(self._etag)
        date = parse_date(self._header("HTTP_IF_UNMODIFIED_SINCE"))
        return date is not None and self._modified > date.timestamp()

    def is_unchanged(self) -> bool:
        """Whether the client has this state already: 304."""
        if (header := self._header("HTTP_IF_NONE_MATCH")) is not None:
            return parse_etags(header).contains_weak(self._etag)
        date = parse_date(self._header("HTTP_IF_MODIFIED_SINCE"))
        return date is not None and self._modified <= date.timestamp()

    def may_be_range(self) -> bool:
        """Whether a part may be sent: the client has the other parts of this very state."""
        if self._environ.get("REQUEST_METHOD") != "GET":
            return False
        header = self._header("HTTP_IF_RANGE")
        if header is None:
            return True
        if header.strip().startswith("W/"):
            return False
        condition = parse_if_range_header(header)
        if condition.date is not None:
            return condition.date.timestamp() == self._modified
        return condition.etag == self._etag


class ByteRange(Struct, frozen=True):
    """A part of a file: bytes from `first` up to `end`, which is the first one left out."""

    first: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether the file has no byte of what the client wants: 416."""
        return self.first >= self.end


def wanted_range(environ: Mapping[str, object], size: int) -> ByteRange | None:
    """Returns the one part that a request wants, or None: the whole file is to be sent.

    Several parts at once are answered with the whole, as are ranges that are not well-formed.
    """
    header = environ.get("HTTP_RANGE")
    parsed = parse_range_header(header) if isinstance(header, str) else None
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    first, end = parsed.ranges[0]
    if first is None:
        return None
    if first < 0:
        return ByteRange(max(size + first, 0), size)
    return ByteRange(first, size if end is None else min(end, size))
