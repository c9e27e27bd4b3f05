"""One instance: accepts requests, one a thread, and answers each through its own pipe."""

import os
import signal
import socket
import sys
import threading
import time
import traceback
from contextlib import nullcontext, suppress
from contextvars import copy_context
from importlib import import_module
from typing import NoReturn

from msgspec import structs

from appengine.logservice.client.buffering import begin_request, write_record
from appengine.logservice.service import ERROR
from appengine.rpc.boot import READY, Plan
from appengine.rpc.client import transport
from appengine.rpc.errors import CancelledError
from appengine.rpc.failures import HEADER, Failure, encode_failure
from appengine.rpc.frames import Request, Response
from appengine.rpc.pipe import Pipe
from appengine.sandbox import environment
from appengine.sandbox.deadlines import SoftDeadlines
from appengine.sandbox.failures import describe, without_variables
from appengine.sandbox.scripts import CGIScript, Scripts, file_of
from appengine.sandbox.wsgi import run_cgi, run_wsgi

STACK_BYTES = 2**20
"""Of each thread: the default of 8 MiB counts against the address space."""


LINGER_SECONDS = 1.0
"""A process of one request stays so long at the most when it has answered."""


PASSED_OVER = "breakpoint() is passed over: dev_appserver.py --debugger stops there"


def pass_over(*_: object, **__: object) -> None:
    """Says that nobody is there to ask: what `breakpoint()` does without a terminal."""
    print(PASSED_OVER, file=sys.stderr, flush=True)


class Instance:
    """What serves requests, after the walls are up."""

    def __init__(
        self,
        plan: Plan,
        scripts: Scripts,
        environ: dict[str, str],
        deadlines: SoftDeadlines | None = None,
    ) -> None:
        """Takes what it serves; `environ` is what only the instance knows of each request's."""
        self._plan = plan
        self._environ = environ
        self._scripts = scripts
        self._deadlines = deadlines or SoftDeadlines()
        self._busy: set[int] = set()
        self._is_leaving = False
        self._threads = 1
        self._starting = threading.Lock()
        self._turn = threading.Lock() if plan.threads == 1 else nullcontext()

    def run(
        self, listener: socket.socket, boot: socket.socket, own: socket.socket | None = None
    ) -> NoReturn:
        """Tells the supervisor that it is ready, then serves for ever.

        Args:
            listener: of the version.
            boot: to the supervisor.
            own: what comes there is for this instance alone; before it takes other requests it
                waits there for a connection without one.
        """
        threading.stack_size(STACK_BYTES)
        signal.signal(signal.SIGTERM, lambda *_: self._leave())
        self._prepare_debugger()
        boot.send(READY)
        boot.recv(1)  # until the supervisor closes it: then it knows whose end to tell of
        boot.close()
        if own is not None:
            self._serve_own(own)
            threading.Thread(target=self._await_stop, args=(own,), daemon=True).start()
        self._accept(listener)
        while True:  # others serve; the last one ends the process
            signal.pause()

    def _prepare_debugger(self) -> None:
        if self._plan.has_terminal:
            import_module("appengine.sandbox.debugger").install(self._deadlines)
        else:
            sys.breakpointhook = pass_over

    def _serve_own(self, own: socket.socket) -> None:
        """Serves what this instance is asked before it takes requests."""
        while True:
            connection, _ = own.accept()
            if not connection.recv(1, socket.MSG_PEEK):
                connection.close()
                return
            copy_context().run(self.serve, connection)

    def _await_stop(self, own: socket.socket) -> None:
        """Serves what it is asked at its end, beside open requests; it takes no further ones."""
        connection, _ = own.accept()
        self._is_leaving = True
        self._busy.add(threading.get_ident())
        with self._turn:
            copy_context().run(self.serve, connection)
        self._busy.discard(threading.get_ident())
        self._leave()

    def _leave(self) -> None:
        """Ends the process when its open requests have ended: at once, or by the last of them."""
        self._is_leaving = True
        if not self._busy:
            os._exit(0)

    def serve_one(self, connection: socket.socket) -> None:
        """Serves one request, the only one of this process, until the front has taken it all."""
        threading.stack_size(STACK_BYTES)
        self._prepare_debugger()
        lingering = _open(os.dup(connection.fileno()))
        self.serve(connection)
        sys.stdout.flush()
        # The front reads the process's clock before it closes, so it must still be there.
        lingering.settimeout(LINGER_SECONDS)
        with suppress(OSError):
            lingering.recv(1)

    def _start_thread(self, listener: socket.socket) -> None:
        """Starts a thread that accepts, where all serve: most instances never need them all."""
        with self._starting:
            if len(self._busy) < self._threads or self._threads >= self._plan.threads:
                return
            try:
                threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            except RuntimeError:  # the application's own threads leave no room for one more
                return
            self._threads += 1

    def _accept(self, listener: socket.socket) -> None:
        own = threading.get_ident()
        while not self._is_leaving:
            connection = take(listener)
            self._busy.add(own)
            self._start_thread(listener)
            with self._turn:
                copy_context().run(self.serve, connection)
            self._busy.discard(own)
        self._leave()

    def serve(self, connection: socket.socket) -> None:
        """Serves the request that comes on a connection."""
        pipe = Pipe(connection)
        try:
            request = self._complete(pipe.receive_request())
            environment.enter(request.environ)
            transport.set(pipe)
            lines = begin_request()
            answer = self._answer(request, pipe)
            lines.flush()
            pipe.respond(*answer)
        except CancelledError:  # the front has given up on the request, and says why in its log
            pipe.close("the front has given up on the request")
        except BaseException:  # whatever one request has broken, the thread serves the next
            pipe.close("the request has failed")
            tell(traceback.format_exc())

    def _complete(self, request: Request) -> Request:
        """Returns the request with the variables that only the instance knows."""
        own = {**request.environ, **self._environ}
        own["PATH_TRANSLATED"] = f"{self._scripts.directory}/{file_of(request.script)}"
        return structs.replace(request, environ=own)

    def _answer(self, request: Request, pipe: Pipe) -> tuple[Response, list[bytes]]:
        try:
            if failure := self._scripts.failures.get(request.script):
                return self._failed(request, failure)
            with self._deadlines.watching(request.deadline_seconds, pipe.interruption):
                return self._run(request, pipe)
        except CancelledError:
            raise
        except BaseException as error:  # the application's code may raise anything
            return self._failed(request, describe(error, self._scripts.directory))

    def _run(self, request: Request, pipe: Pipe) -> tuple[Response, list[bytes]]:
        script = self._scripts.load(request.script)
        if isinstance(script, CGIScript):
            return run_cgi(script, request, pipe)
        return run_wsgi(script, request, pipe, self._plan.threads)

    def _failed(self, request: Request, failure: Failure) -> tuple[Response, list[bytes]]:
        """Tells the log, and the front, which knows who may see it."""
        tell(f"request {request.request_id} failed\n{failure.text}\n")
        write_record(ERROR, time.time(), failure.text)
        body = encode_failure(failure if self._plan.debug else without_variables(failure))
        headers = [(HEADER, "1"), ("Content-Type", "application/msgpack")]
        return Response(500, "Internal Server Error", headers, len(body)), [body]


def take(listener: socket.socket) -> socket.socket:
    """Returns the next connection.

    As `accept` does, which asks the listener for its kind and finds names for the answers: that
    would cost each instance fifteen pages of memory, and each request time.
    """
    descriptor, _ = listener._accept()  # type: ignore[attr-defined]  # what `accept` itself calls
    return _open(descriptor)


def _open(descriptor: int) -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, descriptor)


def tell(text: str) -> None:
    """Writes to the log, whatever the application has made of the standard streams."""
    rest = text.encode("utf-8", "backslashreplace")
    while rest:
        rest = rest[os.write(2, rest) :]
