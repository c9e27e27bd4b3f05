"""A rehearsal: the nursery serves requests that nobody has asked, before it forks anything.

Python fits its code to what it meets: it rewrites instructions, numbers types, and remembers which
attribute is found where. Each such note is written into a page; written here, all forks share it.
And it shows which functions an instance runs: their code is put into pages of its own.
"""

import array
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from types import CodeType, FrameType
from typing import Any, NoReturn

from msgspec import structs

from appengine.rpc.boot import Plan
from appengine.rpc.frames import Request, encode
from appengine.sandbox.cage.limits import close_all_but, die_with_parent
from appengine.sandbox.cage.lock import lock_instance
from appengine.sandbox.cage.plan import CageConfig
from appengine.sandbox.cage.seccomp import make_instance_filter
from appengine.sandbox.cage.syscalls import this_architecture
from appengine.sandbox.cage.system import PR_GET_DUMPABLE, prctl, syscall
from appengine.sandbox.deadlines import SoftDeadlines
from appengine.sandbox.instance import Instance
from appengine.sandbox.packing import move_code, settle_memory
from appengine.sandbox.scripts import Scripts

TIMES = 40
"""Python fits a function's code after eight calls, and what it meets there soon after."""

WATCHED = 2
"""Requests that a fork serves to show what it runs."""

FORK_SECONDS = 5.0

THREADS = 8
PIECE = 2**16
NAME = "rehearsal.application"
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost",
    "HTTP_USER_AGENT": "rehearsal",
    "HTTPS": "off",
}
REQUEST = encode(Request("rehearsal", NAME, ENVIRON, 0, 60.0))
PLAN = Plan(
    application="rehearsal",
    version="rehearsal",
    directory="",
    scripts=[],
    environ={},
    layers=[],
    uid=None,
    memory_bytes=None,
    threads=1,
    debug=False,
)


def rehearse() -> None:
    """Serves some requests as an instance does; the process keeps its one thread."""
    found = set(_find_code())
    settle_memory()  # so that the code's new places lie together
    move_code(found)
    for _ in range(TIMES):
        instance = Instance(PLAN, _make_scripts(_answer), {}, SoftDeadlines(watching=False))
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(REQUEST)
            copy_context().run(instance.serve, theirs)
            ours.recv(PIECE)
        _prepare_locks()


def _answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"rehearsed"]


def _make_scripts(application: Any) -> Scripts:
    scripts = Scripts("")
    scripts.add(NAME, application)
    return scripts


def _prepare_locks() -> None:
    """Does what the locks of an instance do, and changes nothing."""
    with suppress(OSError):  # no table for this machine: the layer is missing
        make_instance_filter(this_architecture(), os.getpid())
        syscall("getppid")
        prctl(PR_GET_DUMPABLE)
    with suppress(OSError, ValueError):  # likewise, where a container refuses it
        resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.getsignal(number))


def _lock_fork(*kept: int) -> None:
    """Locks a fork like an instance, as far as it lets itself be locked."""
    close_all_but(kept)
    for layer in ("limits", "seccomp"):
        with suppress(OSError, ValueError):  # no right to; no table for this machine
            lock_instance(CageConfig(layers=[layer], mounts=[]))


class _Listener:
    """In the place of a listening socket: a request at a time, and at last the end."""

    def __init__(self) -> None:
        self._kept: list[socket.socket] = []

    def _accept(self) -> tuple[int, None]:
        """Returns a connection on which a request waits."""
        ours, theirs = socket.socketpair()
        ours.sendall(REQUEST)
        self._kept.append(ours)
        return theirs.detach(), None


def _find_code() -> Iterator[int]:
    """Yields the addresses of the code that a fork runs until it has served two requests."""
    reader, writer = os.pipe()
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    child = os.fork()
    if child == 0:
        _serve_as_fork(writer, seen)
    sys.setprofile(None)
    threading.setprofile(None)
    os.close(writer)
    found = array.array("Q")
    with open(reader, "rb") as told:
        found.frombytes(told.read())
    yield from found


def _tell(writer: int, seen: set[CodeType]) -> NoReturn:
    """Tells which code has run, and ends the process."""
    try:
        sys.setprofile(None)
        with open(writer, "wb") as telling:
            telling.write(array.array("Q", map(id, list(seen))).tobytes())
    finally:
        os._exit(0)


def _serve_as_fork(writer: int, seen: set[CodeType]) -> NoReturn:
    """Serves two requests like an instance, tells which code has run, and ends.

    It ends in any case: with the nursery, or after 5 seconds.
    """
    try:
        die_with_parent()
        threading.excepthook = lambda _: None  # a thread that the end cuts off has nothing to say
        signal.setitimer(signal.ITIMER_REAL, FORK_SECONDS)  # the signal ends the process
        requests = []

        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            requests.append(environ)
            if len(requests) > WATCHED:
                _tell(writer, seen)
            return _answer(environ, start_response)

        boot, supervisor = socket.socketpair()
        supervisor.shutdown(socket.SHUT_WR)  # it knows the instance already
        _lock_fork(writer, boot.fileno(), supervisor.fileno())
        plan = structs.replace(PLAN, threads=THREADS)
        Instance(plan, _make_scripts(application), {}).run(_Listener(), boot)  # type: ignore[arg-type]  # as much of a socket as is asked of it
    finally:
        os._exit(1)
