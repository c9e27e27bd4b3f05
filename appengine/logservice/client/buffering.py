"""The lines of the open request: gathered, and sent in a few calls.

`logging` writes here by a handler, beside the version's own log. A request's lines are sent when
there are 50 of them or 4096 bytes, when a minute has passed, with every error, and at its end.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar

from appengine.logservice.service import (
    CRITICAL,
    DEBUG,
    ERROR,
    INFO,
    MAX_LINE,
    MAX_LINES,
    WARNING,
    FlushRequest,
    Line,
    LogService,
)
from appengine.rpc.client import stub
from appengine.rpc.errors import Error

AUTOFLUSH_ENABLED = True
AUTOFLUSH_EVERY_SECONDS = 60
AUTOFLUSH_EVERY_BYTES = 4096
AUTOFLUSH_EVERY_LINES = 50
"""Source: `logservice.AUTOFLUSH_EVERY_LINES` and its like."""

MAX_SOURCE = 500
MICROSECONDS = 1_000_000

_logs = stub(LogService)


class LogsBuffer:
    """One request's lines that have not been sent, shared by its threads.

    Source: App Engine, `google.appengine.api.logservice`, class `LogsBuffer`.
    """

    def __init__(
        self, stream: object = None, stderr: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        """Begins without lines; `stream` and `stderr` are accepted for old callers."""
        self._now = now
        self._lines: list[Line] = []
        self._bytes = 0
        self._sent = 0
        self._flushed = now()

    def add(self, line: Line) -> None:
        """Takes a line, and sends what there is when it is time; the 1001st is dropped."""
        if self._sent + len(self._lines) >= MAX_LINES:
            return
        self._lines.append(line)
        self._bytes += len(line.message)
        if AUTOFLUSH_ENABLED and (line.level >= ERROR or self._is_full()):
            self.flush()

    def _is_full(self) -> bool:
        return (
            len(self._lines) >= AUTOFLUSH_EVERY_LINES
            or self._bytes >= AUTOFLUSH_EVERY_BYTES
            or self._now() - self._flushed >= AUTOFLUSH_EVERY_SECONDS
        )

    def write(self, line: str) -> None:
        """Takes a text as a line of the level INFO."""
        self.write_record(INFO, self._now(), line)

    def writelines(self, seq: list[str]) -> None:
        """Takes several texts."""
        for line in seq:
            self.write(line)

    def write_record(
        self,
        level: int,
        created: float,
        message: str,
        source_location: tuple[str, int, str] | None = None,
    ) -> None:
        """Takes a line: its level from 0 to 4, seconds since 1970, text, file, line, function."""
        file, number, function = source_location or ("", 0, "")
        self.add(
            Line(
                round(created * MICROSECONDS),
                min(max(level, DEBUG), CRITICAL),
                cleanup_message(message)[:MAX_LINE],
                cleanup_message(file)[-MAX_SOURCE:],
                max(0, number),
                cleanup_message(function)[:MAX_SOURCE],
            )
        )

    def flush(self) -> None:
        """Sends what there is; what cannot be sent is lost, and stands in the version's log."""
        lines, self._lines = self._lines, []
        self._bytes = 0
        self._flushed = self._now()
        self._sent += len(lines)
        if not lines:
            return
        try:
            _logs.flush(FlushRequest(lines=tuple(lines)))
        except Error:
            return

    def autoflush(self) -> None:
        """Sends what there is, if it is time."""
        if AUTOFLUSH_ENABLED and self._lines and self._is_full():
            self.flush()

    def clear(self) -> None:
        """Forgets what has not been sent."""
        self._lines, self._bytes = [], 0

    def contents(self) -> str:
        """Returns the texts that have not been sent, one a line."""
        return "".join(f"{line.message}\n" for line in self._lines)

    def lines(self) -> int:
        """Returns how many lines have not been sent."""
        return len(self._lines)

    def bytes(self) -> int:
        """Returns the size of what has not been sent."""
        return self._bytes

    def age(self) -> float:
        """Returns the seconds since lines were sent last."""
        return self._now() - self._flushed

    def flush_time(self) -> float:
        """Returns when lines were sent last, in seconds since 1970."""
        return self._flushed

    def parse_logs(self) -> list[tuple[int, int, str]]:
        """Returns what has not been sent: microseconds since 1970, level, text."""
        return [(line.time, line.level, line.message) for line in self._lines]

    def close(self) -> None:
        """Sends what there is."""
        self.flush()


_buffer: ContextVar[LogsBuffer | None] = ContextVar("log buffer", default=None)


def begin_request() -> LogsBuffer:
    """Gives the request that begins in this context a buffer of its own."""
    buffer = LogsBuffer()
    _buffer.set(buffer)
    return buffer


def logs_buffer() -> LogsBuffer:
    """Returns the open request's buffer; outside of requests, one that nobody reads."""
    return _buffer.get() or LogsBuffer()


def cleanup_message(message: str) -> str:
    """Returns a text without what UTF-8 cannot carry, and without a trailing line end."""
    return message.encode("utf-8", "backslashreplace").decode().rstrip("\n")


class RequestHandler(logging.Handler):
    """Hands what is logged during a request to its buffer."""

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record, with the traceback that it may have."""
        if (buffer := _buffer.get()) is None:
            return
        try:
            text = self.format(record)
            source = (record.pathname, record.lineno, record.funcName or "")
            buffer.write_record(level_of(record.levelno), record.created, text, source)
        except (TypeError, ValueError):  # a message that does not fit its arguments
            self.handleError(record)


def level_of(number: int) -> int:
    """Returns the level of `logging`'s number: DEBUG is below 20, CRITICAL from 50 on."""
    for level, least in ((CRITICAL, 50), (ERROR, 40), (WARNING, 30), (INFO, 20)):
        if number >= least:
            return level
    return DEBUG


def write(message: str) -> None:
    """Writes a line of the level INFO into the request's log."""
    logs_buffer().write(message)


def write_record(
    level: int,
    created: float,
    message: str,
    source_location: tuple[str, int, str] | None = None,
) -> None:
    """Writes a line into the request's log; see `LogsBuffer.write_record`."""
    logs_buffer().write_record(level, created, message, source_location)


def flush() -> None:
    """Sends the request's lines now."""
    logs_buffer().flush()


def autoflush() -> None:
    """Sends the request's lines, if it is time."""
    logs_buffer().autoflush()


def clear() -> None:
    """Forgets the request's lines that have not been sent."""
    logs_buffer().clear()


def flush_time() -> float:
    """Returns when lines were sent last, in seconds since 1970."""
    return logs_buffer().flush_time()


def log_buffer_age() -> float:
    """Returns the seconds since lines were sent last."""
    return logs_buffer().age()


def log_buffer_bytes() -> int:
    """Returns the size of the lines that have not been sent."""
    return logs_buffer().bytes()


def log_buffer_contents() -> str:
    """Returns the lines that have not been sent."""
    return logs_buffer().contents()


def log_buffer_lines() -> int:
    """Returns how many lines have not been sent."""
    return logs_buffer().lines()
