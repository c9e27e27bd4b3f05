"""The Python wall: refusals that name the service to use instead. No safety rests on it.

It comes before the kernel's refusal, with the same class and `errno`, and a sentence. An audit
hook hears what Python is about to do; the few things that it cannot hear are replaced.
"""

import contextlib
import errno
import importlib
import io
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import NoReturn

from appengine.urlfetch.client import sockets as fetching

FILES = "the sandbox's file system is read-only; use appengine.datastore or appengine.blobstore"
SOCKETS = "sockets are not available in the sandbox; use appengine.urlfetch"
SERVERS = "sockets are not available in the sandbox; requests come to the handlers of app.yaml"
MAIL = "mail servers cannot be reached from the sandbox; use appengine.mail"
NAMES = "host names cannot be resolved in the sandbox; use appengine.urlfetch"
PROCESSES = (
    "processes are not available in the sandbox; use threads, or appengine.taskqueue for later work"
)
SIGNALS = "an application can send signals to itself only"
SHARING = "multiprocessing is not available in the sandbox; use threads and their locks"
TEMPORARY = "the sandbox has no temporary files on disk; use tempfile.TemporaryFile or io.BytesIO"

REFUSALS = (
    (
        "os.mkdir os.remove os.rename os.rmdir os.link os.symlink os.truncate os.chmod os.chown"
        " os.chflags os.utime os.setxattr os.removexattr",
        errno.EROFS,
        FILES,
    ),
    ("tempfile.mkstemp tempfile.mkdtemp", errno.EROFS, TEMPORARY),
    (
        "socket.connect socket.sendto socket.sendmsg ftplib.connect",
        errno.EPERM,
        SOCKETS,
    ),
    ("socket.bind", errno.EPERM, SERVERS),
    ("smtplib.connect imaplib.open poplib.connect", errno.EPERM, MAIL),
    (
        "os.forkpty os.system os.exec os.posix_spawn os.spawn subprocess.Popen pty.spawn",
        errno.EPERM,
        PROCESSES,
    ),
    ("os.killpg", errno.EPERM, SIGNALS),
)
"""Audit events, and what they are answered with: `errno` and sentence."""

SENTENCES = {
    event: (number, sentence) for events, number, sentence in REFUSALS for event in events.split()
}

UNRESOLVED = ("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")

HEARD = frozenset((*SENTENCES, *UNRESOLVED, "os.fork", "os.kill", "socket.getaddrinfo"))
"""The events that may be refused, beside `open`."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class PythonWall:
    """The raised wall; it cannot be taken down."""

    def __init__(self) -> None:
        self._forks = 0

    @contextlib.contextmanager
    def permit_fork(self) -> Iterator[None]:
        """Lets `os.fork` pass meanwhile: the zygote's own."""
        self._forks += 1
        try:
            yield
        finally:
            self._forks -= 1

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuses what the kernel would.

        Raises:
            OSError: of the class and `errno` that the kernel would give.
        """
        if event == "open":
            _check_open(arguments[0])
        elif event in SENTENCES:
            number, sentence = SENTENCES[event]
            refuse(number, sentence, arguments[0] if number == errno.EROFS else None)
        elif event == "os.fork" and not self._forks:
            refuse(errno.EPERM, PROCESSES)
        elif event == "os.kill" and arguments[0] != os.getpid():
            refuse(errno.EPERM, SIGNALS)
        elif event in UNRESOLVED:
            raise socket.gaierror(socket.EAI_FAIL, NAMES)
        elif event == "socket.getaddrinfo" and not _is_address(arguments[0]):
            raise socket.gaierror(socket.EAI_FAIL, NAMES)


def refuse(number: int, sentence: str, path: object = None) -> NoReturn:
    """Raises the refusal; `OSError` makes its subclass of the number itself."""
    if path is None or isinstance(path, int):
        raise OSError(number, sentence)
    raise OSError(number, sentence, path)


def _check_open(path: object) -> None:
    if isinstance(path, str | bytes | os.PathLike):  # else it is an open file's number
        name = os.fsdecode(path)
        if name != os.devnull:
            refuse(errno.EROFS, TEMPORARY if name == tempfile.tempdir else FILES, path)


def _is_address(host: object) -> bool:
    """Tells whether a host is an address already, so that nobody has to be asked."""
    if host is None:
        return True
    text = os.fsdecode(host) if isinstance(host, str | bytes) else ""
    return ":" in text or text.replace(".", "").isdecimal()


def raise_python_wall() -> PythonWall:
    """Raises the wall in this process, for good, and returns it."""
    wall = PythonWall()
    _replace_sockets()
    _replace_processes()
    _replace_temporary_files()
    sys.addaudithook(_make_hook(wall))
    return wall


def _make_hook(wall: PythonWall) -> Callable[[str, tuple[object, ...]], None]:
    """The interpreter calls it for each audit event, so it lets most of them pass quickly."""

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            flags = arguments[2]
            if flags and isinstance(flags, int) and flags & WRITING:
                wall.hear(event, arguments)
        elif event in HEARD:
            wall.hear(event, arguments)

    return listen


def _replace_sockets() -> None:
    """The audit event of a new socket cannot be told from that of an accepted one."""
    original = socket.socket.__init__

    def initialize(
        self: socket.socket,
        family: int = -1,
        type: int = -1,  # noqa: A002  # the standard library's name
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        if fileno is None:
            refuse(errno.EPERM, SOCKETS)
        original(self, family, type, proto, fileno)

    socket.socket.__init__ = initialize  # type: ignore[method-assign]  # the only door
    fetching.install(SOCKETS)


def _replace_processes() -> None:
    """Answers for the C functions below multiprocessing, which make no audit event."""
    shared = _refusing(errno.EPERM, SHARING)
    semaphores = vars(importlib.import_module("_multiprocessing"))
    semaphores["SemLock"] = type("SemLock", (semaphores["SemLock"],), {"__new__": shared})
    vars(importlib.import_module("_posixshmem"))["shm_open"] = shared
    processes = _refusing(errno.EPERM, PROCESSES)
    vars(importlib.import_module("_posixsubprocess"))["fork_exec"] = processes


def _refusing(number: int, sentence: str) -> Callable[..., NoReturn]:
    def call(*arguments: object, **options: object) -> NoReturn:
        refuse(number, sentence)

    return call


def _replace_temporary_files() -> None:
    """A file without a name may as well be in memory; a spooled one then never needs the disk."""
    tempfile.tempdir = "/tmp"  # noqa: S108  # a name to show; nothing is or can be there
    tempfile.TemporaryFile = make_temporary_file  # type: ignore[assignment]  # overloaded there
    tempfile.NamedTemporaryFile = make_named_file  # type: ignore[assignment]  # overloaded there


def make_temporary_file(  # in the order of the standard library's
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: str | None = None,
    prefix: str | None = None,
    dir: str | None = None,  # noqa: A002  # the standard library's names
    *,
    errors: str | None = None,
) -> io.BytesIO | io.TextIOWrapper:
    """Returns a nameless temporary file, in memory: `tempfile.TemporaryFile` of the sandbox."""
    if "b" in mode:
        return io.BytesIO()
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline=newline, errors=errors)


def make_named_file(
    mode: str = "w+b",
    buffering: int = -1,
    encoding: str | None = None,
    newline: str | None = None,
    suffix: str | None = None,
    prefix: str | None = None,
    dir: str | None = None,  # noqa: A002  # the standard library's names
    delete: bool = True,
    *,
    errors: str | None = None,
    delete_on_close: bool = True,
) -> "tempfile._TemporaryFileWrapper[bytes] | tempfile._TemporaryFileWrapper[str]":
    """Returns a temporary file in memory with a name that only it knows: nobody can open it by it.

    Frameworks keep large uploads in such files, and read them through the object.
    """
    file = make_temporary_file(mode, encoding=encoding, newline=newline, errors=errors)
    unique = f"{prefix or tempfile.template}{os.urandom(4).hex()}{suffix or ''}"
    name = os.path.join(dir or tempfile.gettempdir(), unique)
    wrapper = tempfile._TemporaryFileWrapper
    if isinstance(file, io.TextIOWrapper):
        return wrapper(file, name, delete=False)
    return wrapper(file, name, delete=False)
