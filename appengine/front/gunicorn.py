"""The one door to gunicorn: how a WSGI application of ours is served by it.

`GateWorker` is gunicorn's threaded worker with a gate before it: a connection takes a thread only
when its whole request is here, so half-sent requests, however many, take none.
"""

import errno
import gc
import os
import resource
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, ClassVar
from wsgiref.types import WSGIApplication

import msgspec
from gunicorn import http
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from appengine.front.fields import settle
from appengine.front.gate import CONTINUE, Arriving
from appengine.front.outgoing import Outgoing
from appengine.front.parents import die_with_parent
from appengine.front.refusals import HEAD_TOO_LARGE, NO_ROOM, TOO_SLOW, refusal
from appengine.front.spool import NoRoomError
from appengine.rpc.records import one_line

KEEPALIVE_SECONDS = 15
GRACEFUL_SECONDS = 1
"""Of a stop: open requests may end for so long."""


LINGER_SECONDS = 2.0
"""A client may finish sending for so long after its last answer: to close at once would take the
answer from it, too. Source: RFC 9112, section 9.6."""

CONNECTIONS = 2000
"""The most of one worker; fewer where the system does not lend it enough descriptors."""

DESCRIPTORS = 3
"""That one connection may need: its socket, its body and its response in files."""

DESCRIPTORS_OF_A_THREAD = 4
"""The instance's connection, the bell of parallel calls, a static file."""

OWN_DESCRIPTORS = 64
"""Listeners, databases, modules that are being imported."""

PAUSE_SECONDS = 0.5
"""Nobody is accepted for so long when the system had no descriptor for a connection."""

_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

MALFORMED_BODY = (errors.ParseException, errors.NoMoreData)
"""What reading `wsgi.input` raises where a chunked body is none, or ends too early."""

NEWEST = (1, 1)
"""The version of HTTP that a response is in. Source: RFC 9110, section 6.2."""

wsgi.SERVER = "appengine"  # what the Server header says


STATUSES = (
    (errors.LimitRequestLine, "", "414 URI Too Long"),
    (errors.LimitRequestHeaders, "", "431 Request Header Fields Too Large"),
    (errors.InvalidHTTPVersion, ": (", "505 HTTP Version Not Supported"),
    (errors.UnsupportedTransferCoding, "", "501 Not Implemented"),
    (errors.ExpectationFailed, "", "417 Expectation Failed"),
)
"""What is not simply a bad request: the error, a word in its text, the status.

Source: RFC 9110, section 15, and RFC 6585.
"""


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve: inherited listening sockets, processes, threads of each."""

    descriptors: list[int]
    workers: int
    threads: int
    log_level: str = "warning"


class GateWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A threaded worker whose threads see whole requests only.

    Attributes:
        tls: what answers clients that begin with a handshake; None: nothing does.
    """

    tls: ClassVar[ssl.SSLContext | None] = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arriving: dict[TConn, Arriving] = {}
        self._taken: dict[TConn, Arriving] = {}
        self._leaving: dict[TConn, float] = {}
        self._sending: set[TConn] = set()
        self._accepts_again = 0.0

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accepts connections or leaves them in the kernel's queue."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._accepts_again)

    def accept(self, listener: socket.socket) -> None:
        """Takes a connection to the gate."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self.log.error("no connection can be accepted for a moment: %s", error.strerror)
            self._accepts_again = time.monotonic() + PAUSE_SECONDS
            self.set_accept_enabled(False)
            return
        self.nr_conns += 1
        outgoing = Outgoing(client, self.tls)
        connection = TConn(self.cfg, outgoing, address, listener.getsockname())
        connection.initialized = connection.data_ready = True
        self._admit(connection)

    def on_client_socket_readable(self, connection: TConn, client: socket.socket) -> None:
        """Takes a kept-alive connection to the gate: its next request begins."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(connection)
        self._admit(connection)

    def finish_request(self, connection: TConn, future: "Future[bool]") -> None:
        """Goes on with a connection when its client has read the response."""
        self._taken[connection].spool.close()
        try:
            is_sent = connection.sock.flush()
        except OSError:
            del self._taken[connection]
            self._close(connection)
            return
        if is_sent:
            self._go_on(connection, future)
        else:
            self._sending.add(connection)
            send = partial(self._send_on, connection, future)
            self.poller.register(connection.sock, EVENT_WRITE, send)

    def _send_on(
        self, connection: TConn, future: "Future[bool]", _client: socket.socket | None
    ) -> None:
        """Sends more of a response to a slow client."""
        try:
            is_sent = connection.sock.flush()
        except OSError:
            self._give_up(connection)
            return
        if is_sent:
            self._sending.discard(connection)
            self.poller.unregister(connection.sock)
            self._go_on(connection, future)

    def _give_up(self, connection: TConn) -> None:
        """Drops what a client has not read."""
        self._sending.discard(connection)
        self.poller.unregister(connection.sock)
        del self._taken[connection]
        self._close(connection)

    def _go_on(self, connection: TConn, future: "Future[bool]") -> None:
        """Keeps a connection, or takes it to the gate where its next request is already here."""
        arriving = self._taken.pop(connection)
        has_ended = future.cancelled() or future.exception() is not None or not future.result()
        if has_ended:
            self._let_go(connection)
        elif self.alive and (rest := arriving.rest()):
            self._admit(connection, rest)
        else:
            super().finish_request(connection, future)

    def murder_pending(self) -> None:
        """Ends the connections of clients that are too slow; on a stop, of all in the gate."""
        now = time.monotonic()
        for connection, arriving in list(self._arriving.items()):
            if not self.alive or now > arriving.deadline:
                self._drop(connection, b"" if arriving.is_empty else TOO_SLOW)
        for connection in list(self._sending):
            if not self.alive or now > connection.sock.deadline:
                self._give_up(connection)
        for connection, deadline in list(self._leaving.items()):
            if not self.alive or now > deadline:
                self._end(connection)

    def handle_request(self, request: http.Request, connection: TConn) -> bool:
        """Answers a request; what the client does not read at once waits without the thread."""
        if self._taken[connection].must_close:
            request.force_close()
        request._expected_100_continue = False  # the gate has told the client to go on
        if connection.sock.is_secure:
            request.scheme = "https"
        request.headers = settle(request.headers, request.uri)
        request.version = min(request.version, NEWEST)  # which the response states, too
        return bool(super().handle_request(request, connection))

    def handle_error(
        self,
        request: http.Request | None,
        client: Outgoing,
        address: Sequence[object],
        error: Exception,
    ) -> None:
        """Answers what is no request with a sentence; anything else is gunicorn's to tell."""
        if not isinstance(error, errors.ParseException):
            super().handle_error(request, client, address, error)
            return
        found = (
            status
            for kind, word, status in STATUSES
            if isinstance(error, kind) and word in str(error)
        )
        sentence = f"The request is refused: {one_line(str(error))}."
        client.sendall(refusal(next(found, "400 Bad Request"), sentence))

    def _admit(self, connection: TConn, rest: bytes = b"") -> None:
        """Takes what is here of a request; the poller is asked only if that is not all of it."""
        arriving = self._arriving[connection] = Arriving(time.monotonic())
        connection.sock.setblocking(False)
        if rest:
            arriving.feed(rest)
            self._submit_if_whole(connection, arriving)
        else:
            self._arrive(connection, connection.sock)
        if self._arriving.get(connection) is arriving:
            arriving.is_polled = True
            self.poller.register(connection.sock, EVENT_READ, partial(self._arrive, connection))

    def _arrive(self, connection: TConn, client: socket.socket) -> None:
        arriving = self._arriving[connection]
        try:
            data = client.recv(2**16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        try:
            arriving.feed(data)
        except NoRoomError as error:
            self.log.error("a request's body cannot be kept: %s", error.strerror)
            self._drop(connection, NO_ROOM)
            return
        self._submit_if_whole(connection, arriving)

    def _submit_if_whole(self, connection: TConn, arriving: Arriving) -> None:
        if arriving.is_head_too_large:
            self._drop(connection, HEAD_TOO_LARGE)
        elif arriving.is_whole:
            self._leave(connection)
            self._taken[connection] = arriving
            connection.parser = http.get_parser(self.cfg, iter(arriving.spool), connection.client)
            self.enqueue_req(connection)
        elif arriving.wants_continue:
            arriving.wants_continue = False
            self._try_send(connection, CONTINUE)

    def _drop(self, connection: TConn, answer: bytes = b"") -> None:
        self._leave(connection).spool.close()
        if answer:
            self._try_send(connection, answer)
            self._let_go(connection)
        else:
            self._close(connection)

    def _let_go(self, connection: TConn) -> None:
        """Closes a connection when its client has; gunicorn's own way would stop the whole loop."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.setblocking(False)
        except OSError:  # the client has gone
            self._close(connection)
            return
        self._leaving[connection] = time.monotonic() + LINGER_SECONDS
        self.poller.register(connection.sock, EVENT_READ, partial(self._drain, connection))

    def _drain(self, connection: TConn, client: socket.socket) -> None:
        try:
            if client.recv(2**16):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(connection)

    def _end(self, connection: TConn) -> None:
        del self._leaving[connection]
        self.poller.unregister(connection.sock)
        self._close(connection)

    def _close(self, connection: TConn) -> None:
        self.nr_conns -= 1
        connection.close()

    def _leave(self, connection: TConn) -> Arriving:
        arriving = self._arriving.pop(connection)
        if arriving.is_polled:
            self.poller.unregister(connection.sock)
        return arriving

    @staticmethod
    def _try_send(connection: TConn, data: bytes) -> None:
        try:
            connection.sock.send(data)
        except OSError:
            return  # the client is gone, or reads nothing


class GunicornServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """A WSGI application of ours under gunicorn's arbiter."""

    def __init__(
        self,
        application: WSGIApplication,
        options: ServerOptions,
        on_fork: Callable[[int], None],
        on_exit: Callable[[int], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._wsgi = application
        self._options = options
        self._on_fork = on_fork
        self._on_exit = on_exit
        super().__init__()

    def load_config(self) -> None:
        """Gives gunicorn its settings."""
        for name, value in self._settings().items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Returns the application, which was made before the workers are forked."""
        return self._wsgi

    def _settings(self) -> dict[str, Any]:
        return {
            "bind": [f"fd://{number}" for number in self._options.descriptors],
            "worker_class": type("Worker", (GateWorker,), {"tls": self._tls}),
            "workers": self._options.workers,
            "threads": self._options.threads,
            "worker_connections": most_connections(self._options.threads),
            "keepalive": KEEPALIVE_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "timeout": 30,
            "loglevel": self._options.log_level,
            "limit_request_line": 8190,  # gunicorn's own highest
            "limit_request_fields": 200,
            "limit_request_field_size": 2**14,
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "proc_name": "appengine",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108  # gunicorn's heartbeat file has no name
            "pre_fork": self._give_row,
            "post_fork": self._after_fork,
            "child_exit": lambda _, worker: self._on_exit(worker.row),
        }

    def _give_row(self, arbiter: Any, worker: Any) -> None:
        gc.collect()
        gc.freeze()  # what is there now stays shared with the worker
        taken = {other.row for other in arbiter.WORKERS.values()}
        worker.row = next(row for row in range(len(taken) + 1) if row not in taken)

    def _after_fork(self, _arbiter: Any, worker: Any) -> None:
        die_with_parent(worker.ppid)
        self._on_fork(worker.row)


def most_connections(threads: int) -> int:
    """Returns how many connections a worker takes, so that open requests find descriptors."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return CONNECTIONS
    left = limit - OWN_DESCRIPTORS - threads * DESCRIPTORS_OF_A_THREAD
    return min(CONNECTIONS, max(limit // 4, left // DESCRIPTORS))
