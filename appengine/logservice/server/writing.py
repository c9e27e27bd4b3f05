"""Lines and requests on their way into the file: queued, written together, bounded."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import msgspec

from appengine.logservice.server import statements as sql
from appengine.logservice.service import (
    MAX_LINES,
    CallShown,
    Line,
    RequestShown,
)
from appengine.logservice.tables import logs_metadata
from appengine.rpc.callers import Caller
from appengine.rpc.records import CallRecord, Trace
from appengine.rpc.server import Resources
from appengine.storage.connection import Connection, Row
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError

FILE = "logs.db"
MICROSECONDS = 1_000_000
PAUSE_SECONDS = 0.2
"""Between two writings: what is read elsewhere may be so much behind."""

MAX_QUEUED_BYTES = 32 * 2**20
"""What waits to be written; above it lines are dropped: the version's own log has them."""

MAX_REQUESTS = 10_000
MAX_BYTES = 128 * 2**20
"""Of one application, of requests with their lines; the oldest go first."""

REMOVED = 200
"""Requests that go at once."""

SEARCHED = 1000
"""Characters of what a search looks at beside the lines."""

log = logging.getLogger("appengine.logservice")
_encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(RequestShown).decode


class _Lines(msgspec.Struct, frozen=True):
    caller: Caller
    lines: tuple[Line, ...]


class LogWriter:
    """What one process has to write, shared by its threads."""

    def __init__(
        self,
        path: Path,
        *,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Opens or makes the file.

        Raises:
            StorageError: that is not possible.
        """
        self.storage = Storage(path, logs_metadata, synchronous="OFF")
        self._max_requests, self._max_bytes = max_requests, max_bytes
        self._now = now
        self._queue: deque[_Lines | Trace] = deque()
        self._queued_bytes = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._has_some = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def add_lines(self, caller: Caller, lines: tuple[Line, ...]) -> int:
        """Takes lines of an open request; returns how many."""
        size = sum(len(line.message) for line in lines)
        with self._lock:
            if self._queued_bytes + size > MAX_QUEUED_BYTES:
                return 0
            self._queued_bytes += size
            self._queue.append(_Lines(msgspec.structs.replace(caller, calls=[]), lines))
        self._wake()
        return len(lines)

    def add_requests(self, traces: Sequence[Trace]) -> None:
        """Takes records of requests that have ended."""
        if traces:
            with self._lock:
                self._queue.extend(traces)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._write_all, daemon=True)
                    self._thread.start()
        self._has_some.set()

    def _write_all(self) -> None:
        pause = threading.Event()
        while not self._is_closed:
            self._has_some.wait()
            self._has_some.clear()
            self.write()
            pause.wait(PAUSE_SECONDS)

    def write(self) -> None:
        """Writes what waits; what cannot be written is lost, and the server's log says so."""
        with self._writing:
            with self._lock:
                queue, self._queue = self._queue, deque()
                self._queued_bytes = 0
            if not queue:
                return
            try:
                with self.storage.transaction() as connection:
                    self._write(connection, queue)
            except StorageError as error:
                log.warning("%d log records are lost: %s", len(queue), error)

    def _write(self, connection: Connection, queue: Sequence[_Lines | Trace]) -> None:
        applications = set()
        for entry in queue:
            if isinstance(entry, _Lines):
                applications.add(entry.caller.application)
                self._write_lines(connection, entry)
            else:
                applications.add(entry.application)
                _write_request(connection, entry)
        for application in applications:
            self._shrink(connection, application)

    def _write_lines(self, connection: Connection, entry: _Lines) -> None:
        caller = entry.caller
        key = (caller.application, caller.request_id)
        found = sql.find.one(connection, *key)
        level, count, size = _sums_of(found)
        for number, line in enumerate(entry.lines[: MAX_LINES - count], count):
            data = _encode(line)
            sql.add_line.change(connection, *key, number, line.level, line.message, data)
            level, size = max(level, line.level), size + len(data)
        count = min(MAX_LINES, count + len(entry.lines))
        if found is not None:
            sql.update_lines.change(connection, level, count, size, *key)
            return
        now = round(self._now() * MICROSECONDS)
        started = round(caller.started * MICROSECONDS) or now
        record = RequestShown(
            position=0,
            request_id=caller.request_id,
            module=caller.module,
            version=caller.version,
            started=started / MICROSECONDS,
            ended=now / MICROSECONDS,
            is_finished=False,
            host=caller.host,
            user=caller.user_email,
        )
        _insert(connection, caller.application, record, level, count, size)

    def _shrink(self, connection: Connection, application: str) -> None:
        """Removes the oldest requests with their lines, while there are too many."""
        while True:
            row = sql.sums.one(connection, application)
            count, size = cast("tuple[int, int | None]", row or (0, 0))
            size = size or 0
            if count <= self._max_requests and size <= self._max_bytes:
                return
            most = min(REMOVED, max(count - self._max_requests, count // 20, 1))
            for (request_id,) in sql.oldest.all(connection, application, most):
                sql.remove_lines.change(connection, application, request_id)
                sql.remove.change(connection, application, request_id)

    def close(self) -> None:
        """Writes what waits, and closes the file."""
        self._is_closed = True
        self._has_some.set()
        self.write()
        self.storage.close()


def _sums_of(found: Row | None) -> tuple[int, int, int]:
    """Returns a request's level, how many lines it has, and its size, before what comes now."""
    return (-1, 0, 0) if found is None else cast("tuple[int, int, int]", found[1:4])


def _write_request(connection: Connection, trace: Trace) -> None:
    """Writes a request that has ended; its place is behind all others that have."""
    found = sql.find.one(connection, trace.application, trace.request_id)
    level, count, size = _sums_of(found)
    if found is not None:
        sql.remove.change(connection, trace.application, trace.request_id)
    _insert(connection, trace.application, show_request(trace), level, count, size)


def _insert(
    connection: Connection,
    application: str,
    record: RequestShown,
    level: int,
    count: int,
    size: int,
) -> None:
    row = sql.last.one(connection, application)
    position = (row[0] if row and isinstance(row[0], int) else 0) + 1
    record = msgspec.structs.replace(record, position=position)
    data = _encode(record)
    text = f"{record.method} {record.resource} {record.user} {record.ip} {record.request_id}"
    sql.insert.change(
        connection,
        application,
        position,
        record.request_id,
        record.is_finished,
        round(record.started * MICROSECONDS),
        round(record.ended * MICROSECONDS),
        record.module,
        record.version,
        level,
        count,
        size + len(data),
        text[:SEARCHED],
        record.status,
        data,
    )


def show_call(record: CallRecord) -> CallShown:
    """Returns a call as applications and the console see it."""
    return CallShown(
        record.service,
        record.method,
        record.started,
        record.milliseconds,
        record.request_bytes,
        record.response_bytes,
        record.quota,
        record.units,
        record.error,
        record.notes,
    )


def show_request(trace: Trace) -> RequestShown:
    """Returns a request that has ended, as applications and the console see it."""
    return RequestShown(
        position=0,
        request_id=trace.request_id,
        module=trace.module,
        version=trace.version,
        started=trace.started,
        ended=trace.started + trace.seconds,
        is_finished=True,
        method=trace.method,
        resource=trace.path,
        status=trace.status,
        response_bytes=trace.response_bytes,
        waited_seconds=trace.waited_seconds,
        cpu_seconds=trace.cpu_seconds,
        host=trace.host,
        ip=trace.ip,
        http_version=trace.http_version,
        referrer=trace.referrer,
        user_agent=trace.user_agent,
        user=trace.user,
        handler=trace.handler,
        instance=str(trace.pid or ""),
        queue=trace.queue,
        task=trace.task,
        outcome=trace.outcome,
        call_count=trace.call_count,
        calls=tuple(show_call(record) for record in trace.calls),
    )


def open_log(resources: Resources) -> LogWriter:
    """Returns this process's writer of the file of logs, which lies beside the platform's data."""
    return resources.once(
        "logservice.writer", lambda: LogWriter(resources.platform.path.parent / FILE)
    )
