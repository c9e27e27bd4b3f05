"""What remains of a request: a line in the log, and a trace for the supervisor and the services."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from appengine.config.hosts import is_local
from appengine.front.answers import Answer
from appengine.front.dispatch import Work
from appengine.front.routes import VersionRoute
from appengine.rpc.callers import Caller
from appengine.rpc.control import Done, Record, ask
from appengine.rpc.records import Trace

BATCH_SECONDS = 1.0
MAX_BATCH_BYTES = 2**20
"""Of one batch, which the supervisor takes up to 4 MiB; one trace of 200 calls has some 60 kB."""

MAX_WAITING = 10_000
"""Traces that wait to be sent; the oldest above it are dropped: the log has the lines."""

ROUTE, HANDLER = "appengine.route", "appengine.handler"
"""Where a request's environment holds the version's route, and the pattern of the handler."""

TRACE_HEADER = "X-AppEngine-Trace"
"""Asked for in a request, it tells in the response what the request has cost."""

MAX_TEXT = 500
"""Characters of what a client says of itself that are kept."""

MAX_HEADER = 4000
"""Characters of the header that are sent."""

TakeRequests = Callable[[Sequence[Trace]], None]
log = logging.getLogger("appengine.request")


def ignore_requests(traces: Sequence[Trace]) -> None:
    """Keeps nothing of requests that have ended."""


class TraceLog:
    """Writes lines and sends traces; shared by the threads of a worker."""

    def __init__(self, control: Path, take_requests: TakeRequests = ignore_requests) -> None:
        """Takes the supervisor's socket, and who else is told of requests that have ended."""
        self._control = control
        self._take_requests = take_requests
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
    ) -> Trace:
        """Notes one request that has been answered; returns what is kept of it."""
        length = next((v for n, v in answer.headers if n.lower() == "content-length"), "0")
        route = environ.get(ROUTE)
        version = route if isinstance(route, VersionRoute) else None
        variables = work.environ if work else {}
        trace = Trace(
            request_id=request_id,
            application=version.application if version else "",
            module=version.module if version else "",
            version=version.version if version else "",
            host=_text(environ, "HTTP_HOST"),
            ip=_text(environ, "REMOTE_ADDR"),
            http_version=_text(environ, "SERVER_PROTOCOL"),
            referrer=_text(environ, "HTTP_REFERER"),
            user_agent=_text(environ, "HTTP_USER_AGENT"),
            handler=_text(environ, HANDLER),
            queue=variables.get("HTTP_X_APPENGINE_QUEUENAME", ""),
            task=variables.get("HTTP_X_APPENGINE_TASKNAME", ""),
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
        return trace

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
                raw = [msgspec.Raw(msgspec.msgpack.encode(trace)) for trace in batch]
                with suppress(OSError):  # the supervisor is going; so are we
                    ask(self._control, Record(raw), Done)
                self._take_requests(batch)

    def _take_batch(self) -> list[Trace]:
        batch: list[Trace] = []
        size = 0
        while self._waiting and size < MAX_BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += len(msgspec.msgpack.encode(batch[-1]))
        return batch


def may_see_trace(environ: Mapping[str, object], caller: Caller) -> bool:
    """Returns whether a request asks for its own trace, and may: on this machine, or signed in."""
    if "HTTP_X_APPENGINE_TRACE" not in environ:
        return False
    here = is_local(_text(environ, "HTTP_HOST"), _text(environ, "REMOTE_ADDR"))
    return here or caller.user_is_admin


def summarize(trace: Trace) -> str:
    """Returns a trace as a header: the id, milliseconds, and each service call with its own."""
    parts = [
        trace.request_id,
        f"ms={trace.seconds * 1000:.1f}",
        f"cpu={trace.cpu_seconds * 1000:.1f}",
        f"calls={trace.call_count}",
    ]
    for call in trace.calls:
        failed = f" {call.error}" if call.error else ""
        parts.append(f"{call.service}.{call.method} {call.milliseconds:.1f}{failed}")
    return "; ".join(parts)[:MAX_HEADER]


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


def _text(environ: Mapping[str, object], name: str) -> str:
    text = str(environ.get(name) or "")
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_TEXT])


def _shown(environ: dict[str, object]) -> str:
    path = str(environ["PATH_INFO"]).encode("latin-1", "replace").decode("utf-8", "replace")
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    return "".join(c if c.isprintable() else "?" for c in path + query)[:500]
