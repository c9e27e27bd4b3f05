"""The gate: takes a request from a slow client without a thread, until all of it is here.

It understands only where a request ends. What the request says is for the HTTP parser, which then
reads it from the gate's spool; a request that the gate finds malformed goes there as it is.
"""

import re
from enum import Enum, auto

from appengine.front.spool import Spool
from appengine.rpc.frames import MAX_BODY_BYTES

MAX_HEAD_BYTES = 2**16
"""Request line and headers."""

MAX_CHUNKED_BYTES = MAX_BODY_BYTES * 2
"""A chunked body with its framing; the body itself is limited as any other."""

MAX_DIGITS = 18
"""Of a length that is looked at; longer ones are too large in any case."""

MAX_LINE_BYTES = 2**13
"""One line of a chunked body's framing."""

GRACE_SECONDS = 10.0
BYTES_A_SECOND = 1000
"""A client has 10 s, and one more for each kB that it has sent."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d+)[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:[^\r\n]*chunked")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(;[\t\x20-\x7e]*)?\r\n")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n")
_EXPECT = re.compile(rb"(?im)^expect:[ \t]*100-continue")


class _Part(Enum):
    HEAD = auto()
    LENGTH = auto()  # a body whose length is known
    SIZE = auto()  # the line before a chunk
    CHUNK = auto()
    END = auto()  # the line end behind a chunk
    TRAILER = auto()  # lines behind the last chunk
    WHOLE = auto()


class Arriving:
    """One request that is arriving.

    Attributes:
        spool: all of its bytes.
        wants_continue: the client waits for "100 Continue" before it sends the body.
        must_close: where it ends is not known, or its body is not taken: no request follows.
        is_head_too_large: the parser would wait for more of it.
        is_polled: the worker's poller watches for more of it.
    """

    def __init__(self, now: float) -> None:
        self.spool = Spool(memory_bytes=MAX_HEAD_BYTES)
        self.wants_continue = self.must_close = self.is_head_too_large = self.is_polled = False
        self._started = now
        self._buffer = bytearray()
        self._part = _Part.HEAD
        self._left = 0

    @property
    def is_whole(self) -> bool:
        """Whether the parser may have it: it is complete, or cannot become a valid request."""
        return self._part is _Part.WHOLE

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it has arrived."""
        return self.spool.length == 0 and not self._buffer

    @property
    def deadline(self) -> float:
        """When the client is too slow, on the monotonic clock."""
        return self._started + GRACE_SECONDS + self.spool.length / BYTES_A_SECOND

    def feed(self, data: bytes) -> None:
        """Takes bytes of the connection."""
        self._buffer += data
        if self.spool.length == 0:  # empty lines before a request. Source: RFC 9112, section 2.2
            while self._buffer.startswith(b"\r\n"):
                del self._buffer[:2]
        while not self.is_whole and self._step():
            pass

    def rest(self) -> bytes:
        """Returns what came behind the request: the beginning of the next one."""
        return b"" if self.must_close else bytes(self._buffer)

    def _step(self) -> bool:
        """Goes one part further; returns False when that needs more bytes."""
        if self._part is _Part.HEAD:
            return self._take_head()
        if self._part in (_Part.LENGTH, _Part.CHUNK):
            return self._take_counted()
        return self._take_line()

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 and len(self._buffer) <= MAX_HEAD_BYTES:
            return False
        if end < 0 or end > MAX_HEAD_BYTES:  # the parser refuses it with the right status
            self.is_head_too_large = b"\r\n" in self._buffer[:MAX_LINE_BYTES]
            self._pass(min(len(self._buffer), MAX_HEAD_BYTES + 2))
            return self._refuse()
        head = bytes(self._buffer[: end + 4])
        self._pass(len(head))
        self._plan_body(head)
        return True

    def _plan_body(self, head: bytes) -> None:
        lengths = {length.lstrip(b"0") for length in _LENGTH.findall(head)}
        length = int(max(lengths, key=len, default=b"")[:MAX_DIGITS] or b"0")
        if _CHUNKED.search(head):
            self._part = _Part.SIZE
        elif len(lengths) == 1 and 0 < length <= MAX_BODY_BYTES:
            self._part, self._left = _Part.LENGTH, length
        else:  # no body, one that is refused unread, or two lengths: the parser's to say
            self._part = _Part.WHOLE
            self.must_close = bool(lengths - {b""})
        self.wants_continue = self._part is not _Part.WHOLE and bool(_EXPECT.search(head))

    def _take_counted(self) -> bool:
        """Takes bytes of a body or a chunk."""
        if not self._buffer:
            return False
        taken = min(self._left, len(self._buffer))
        self._pass(taken)
        self._left -= taken
        if self._left == 0:
            self._part = _Part.WHOLE if self._part is _Part.LENGTH else _Part.END
        return True

    def _take_line(self) -> bool:
        """Takes a line of a chunked body's framing, in the one form that nobody reads otherwise."""
        end = self._buffer.find(b"\n")
        if end < 0:
            return self._refuse() if len(self._buffer) > MAX_LINE_BYTES else False
        line = bytes(self._buffer[: end + 1])
        self._pass(end + 1)
        if self._part is _Part.SIZE:
            return self._take_size(line)
        if self._part is _Part.END:
            self._part = _Part.SIZE
            return line == b"\r\n" or self._refuse()
        self._left += len(line)
        if not line.endswith(b"\r\n") or self._left > MAX_HEAD_BYTES:
            return self._refuse()
        if line == b"\r\n":
            self._part = _Part.WHOLE
            return True
        return _FIELD.fullmatch(line) is not None or self._refuse()

    def _take_size(self, line: bytes) -> bool:
        if (found := _SIZE.fullmatch(line)) is None:
            return self._refuse()
        size = int(found[1], 16)
        if self.spool.length + size > MAX_CHUNKED_BYTES:
            return self._refuse()
        self._part, self._left = (_Part.CHUNK, size) if size else (_Part.TRAILER, 0)
        return True

    def _refuse(self) -> bool:
        """Gives the parser what cannot become a request; where it would end is unknown."""
        self._part, self.must_close = _Part.WHOLE, True
        return True

    def _pass(self, count: int) -> None:
        self.spool.write(bytes(memoryview(self._buffer)[:count]))
        del self._buffer[:count]
