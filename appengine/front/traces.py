"""What remains of a request: a line in the log, and a trace that the supervisor keeps."""

import logging
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

import msgspec

from appengine.front.answers import Answer
from appengine.front.dispatch import Work
from appengine.front.records import Trace
from appengine.rpc.control import Done, Record, ask

BATCH_SECONDS = 1.0
MAX_BATCH_BYTES = 2**20
"""Of one batch, which the supervisor takes up to 4 MiB; one trace of 200 calls has some 60 kB."""

MAX_WAITING = 10_000
"""Traces that wait to be sent; the oldest above it are dropped: the log has the lines."""

log = logging.getLogger("appengine.request")


class TraceLog:
    """Writes lines and sends traces; shared by the threads of a worker."""

    def __init__(self, control: Path) -> None:
        self._control = control
        self._waiting: deque[Trace] = deque(maxlen=MAX_WAITING)
        self._has_some = threading.Event()
        self._sender: threading.Thread | None = None
        self._lock = threading.Lock()

    def write(
        self,
        environ: dict[str, object],
        answer: Answer,
        request_id: str,
        seconds: float,
        work: Work | None,
    ) -> None:
        """Notes one request that has been answered."""
        length = next((v for n, v in answer.headers if n.lower() == "content-length"), "0")
        trace = Trace(
            request_id=request_id,
            application=work.route.application if work else "",
            module=work.route.module if work else "",
            method=str(environ["REQUEST_METHOD"]),
            path=_shown(environ),
            status=answer.status,
            response_bytes=int(length),
            started=time.time() - seconds,
            seconds=seconds,
            waited_seconds=work.waited_seconds if work else 0.0,
            cpu_seconds=work.cpu_seconds if work else 0.0,
            pid=work.pid if work else 0,
            user=work.caller.user_email if work else "",
            outcome=work.outcome if work else "",
            calls=work.calls if work else [],
            call_count=work.call_count if work else 0,
        )
        if log.isEnabledFor(logging.INFO):
            log.info("%s", describe(trace))
        self._keep(trace)

    def _keep(self, trace: Trace) -> None:
        if self._sender is None:
            with self._lock:
                if self._sender is None:
                    self._sender = threading.Thread(target=self._send_all, daemon=True)
                    self._sender.start()
        self._waiting.append(trace)
        if not self._has_some.is_set():
            self._has_some.set()

    def _send_all(self) -> None:
        """Sends what has come once a second; sleeps while there is nothing."""
        while True:
            self._has_some.wait()
            time.sleep(BATCH_SECONDS)
            self._has_some.clear()
            while batch := self._take_batch():
                with suppress(OSError):  # the supervisor is going; so are we
                    ask(self._control, Record(batch), Done)

    def _take_batch(self) -> list[msgspec.Raw]:
        batch: list[msgspec.Raw] = []
        size = 0
        while self._waiting and size < MAX_BATCH_BYTES:
            data = msgspec.msgpack.encode(self._waiting.popleft())
            batch.append(msgspec.Raw(data))
            size += len(data)
        return batch


def describe(trace: Trace) -> str:
    """Returns the log's line about a request."""
    line = f"{trace.method} {trace.path} {trace.status} {trace.seconds * 1000:.1f}ms"
    if trace.pid:
        line += f" cpu={trace.cpu_seconds * 1000:.1f}ms instance={trace.pid}"
    if trace.waited_seconds > 0.01:  # noqa: PLR2004  # a wait that a person would notice in sum
        line += f" queued={trace.waited_seconds * 1000:.0f}ms"
    if trace.call_count:
        line += f" calls={trace.call_count}"
    line += f" {trace.response_bytes}B"
    if trace.application:
        line += f" {trace.application}"
    if trace.outcome:
        line += f" ({trace.outcome})"
    return line


def _shown(environ: dict[str, object]) -> str:
    path = str(environ["PATH_INFO"]).encode("latin-1", "replace").decode("utf-8", "replace")
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    return "".join(c if c.isprintable() else "?" for c in path + query)[:500]
