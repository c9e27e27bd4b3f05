"""The supervisor's own directory: sockets, the table of routes, the view; gone when it stops."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

PREFIX = "appengine-run-"
LOCK = "lock"

MAX_PLACE = 107 - len("/appengine-run-12345678/") - len("v1234567.sock")
"""Bytes of the directory's own path: a socket's has 107. Source: Linux, unix(7)."""

SHORT_PLACE = "/tmp"  # noqa: S108  # the directory in it is private, and its name is random

MEMORY = Path("/dev/shm")  # noqa: S108  # where Linux keeps shared memory
"""A file system in memory, if it is one of ours to write."""


class Runtime:
    """A directory for one run of the server, mode 0700.

    Attributes:
        path: the directory.
        memory: another one, in memory where there is room, for what may be lost with the run.
    """

    def __init__(self, memory_bytes: int = 0) -> None:
        """Makes it; `memory_bytes` is what its files in memory may come to."""
        while not self._make():
            continue
        self.memory = _make_memory(self.path, memory_bytes)

    def _make(self) -> bool:
        """Returns whether it is there; another server may just have taken it for a dead one's."""
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        flock(self._lock, LOCK_EX)
        if (self.path / LOCK).exists():
            return True
        os.close(self._lock)
        return False

    @property
    def control(self) -> Path:
        """The socket on which the front and the console ask."""
        return self.path / "control"

    @property
    def door(self) -> Path:
        """The front's socket for what the platform itself asks of applications."""
        return self.path / "door"

    @property
    def routes(self) -> Path:
        """The published table of routes."""
        return self.path / "routes"

    @property
    def table(self) -> Path:
        """The counts that the workers share."""
        return self.path / "table"

    def remove(self) -> None:
        """Deletes the directory."""
        shutil.rmtree(self.memory, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _make_memory(path: Path, memory_bytes: int) -> Path:
    """Returns a directory in memory, or else in `path`: named like it, and locked by its lock."""
    try:
        room = os.statvfs(MEMORY)
        if room.f_bavail * room.f_frsize > 2 * memory_bytes:
            draft = MEMORY / f".{path.name}"  # others find it when its lock is there
            draft.mkdir(mode=0o700)
            (draft / LOCK).symlink_to(path / LOCK)
            return draft.rename(MEMORY / path.name)
    except OSError:  # there is none, or it is not ours to write
        pass
    memory = path / "memory"
    memory.mkdir(mode=0o700)
    return memory


def check_place(application_folders: Sequence[Path]) -> None:
    """Refuses to keep a run's files in an application: it would be shown its own copies.

    Raises:
        OSError: there is no directory for temporary files, or it lies in one of these folders.
    """
    place = Path(_place()).resolve()
    for folder in application_folders:
        if place.is_relative_to(folder):
            text = f"{place} lies inside the application's folder {folder}; set TMPDIR"
            raise NotADirectoryError(text)


def _place() -> str:
    """Returns the directory for temporary files, or a shorter one where no socket's name fits."""
    place = tempfile.gettempdir()
    return place if len(os.fsencode(place)) <= MAX_PLACE else SHORT_PLACE


def remove_stale() -> None:
    """Deletes what servers that were killed have left: directories of ours that nobody locks."""
    for path in MEMORY.glob(PREFIX + "*"):
        try:
            if path.lstat().st_uid == os.getuid() and not _is_in_use(path):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:  # it has just gone
            continue
    for path in Path(_place()).glob(PREFIX + "*"):
        try:
            if path.stat().st_uid != os.getuid() or path.is_symlink():
                continue
            descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # somebody else's, or just being made
            continue
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue  # in use
        finally:
            os.close(descriptor)


def _is_in_use(memory: Path) -> bool:
    """Returns whether the run is under way that a directory in memory belongs to."""
    try:
        descriptor = os.open(memory / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # the run's own directory is gone
        return False
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
