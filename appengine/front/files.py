"""Opens an application's files for the front: never one that lies outside of its directory."""

import ctypes
import errno
import os
import stat
import weakref
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from appengine.config.patterns import Regex

OPENAT2 = 437
"""The system call's number, on every architecture. Source: Linux, `unistd.h`."""

RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_BENEATH = 0x08
"""Source: Linux, `openat2.h`."""

MAX_LINKS = 40
"""Symbolic links that one path may follow. Source: Linux, path_resolution(7)."""

RACES = 10
"""Attempts while directories are being renamed below our feet."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_ABSENT = frozenset(
    (
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EACCES,
        errno.EPERM,
        errno.ELOOP,
        errno.EXDEV,
        errno.ENAMETOOLONG,
        errno.ENXIO,
        errno.ENODEV,
    )
)
"""Errors that mean, to the client, that there is no such file."""

Open = Callable[[int, str], int]


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def open_beneath(directory: int, path: str) -> int:
    """Returns a descriptor of a file below a directory, opened by openat2.

    Symbolic links are followed as long as they stay below the directory.

    Raises:
        OSError: there is none such; EXDEV: the path leads out.
    """
    how = _How(_FLAGS, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
    for attempt in range(RACES):
        descriptor: int = _libc.syscall(
            ctypes.c_long(OPENAT2),
            ctypes.c_int(directory),
            ctypes.c_char_p(os.fsencode(path)),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if descriptor >= 0:
            return descriptor
        code = ctypes.get_errno()
        if code not in (errno.EAGAIN, errno.EINTR) or attempt == RACES - 1:
            break
    raise OSError(code, os.strerror(code), path)


def open_by_walk(directory: int, path: str) -> int:
    """Returns what `open_beneath` does, step by step, for kernels without openat2.

    Every step is opened without following links, so nobody can swap one in between.
    """
    walk = _Walk(directory, path)
    try:
        return walk.run()
    finally:
        walk.close()


class _Walk:
    def __init__(self, directory: int, path: str) -> None:
        self._path = path
        self._parents = [os.dup(directory)]
        self._names = _steps(path)
        self._links = 0

    def run(self) -> int:
        while self._names:
            name = self._names.pop()
            if name == "..":
                self._leave()
            elif (target := _link_target(self._parents[-1], name)) is not None:
                self._follow(target)
            elif self._names:
                flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                self._parents.append(os.open(name, flags, dir_fd=self._parents[-1]))
            else:
                return os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=self._parents[-1])
        return os.open(".", _FLAGS, dir_fd=self._parents[-1])

    def _leave(self) -> None:
        if len(self._parents) == 1:
            raise self._error(errno.EXDEV)
        os.close(self._parents.pop())

    def _follow(self, target: str) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise self._error(errno.ELOOP)
        if target.startswith("/"):
            raise self._error(errno.EXDEV)
        self._names += _steps(target)

    def _error(self, code: int) -> OSError:
        return OSError(code, os.strerror(code), self._path)

    def close(self) -> None:
        for parent in self._parents:
            os.close(parent)


def _steps(path: str) -> list[str]:
    """Returns the names of a path, the last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _link_target(parent: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=parent)
    except OSError as error:
        if error.errno != errno.EINVAL:  # EINVAL: it is no link
            raise
        return None


def best_open(directory: int) -> Open:
    """Returns the openat2 way where the kernel has it and lets us, else the walk."""
    try:
        os.close(open_beneath(directory, "."))
    except OSError:
        return open_by_walk
    return open_beneath


class Root(Protocol):
    """Where static files are looked for."""

    def open(self, path: str) -> int | None:
        """Returns a descriptor of a regular file, or None if there is none."""


class NoFiles:
    """In the place of a directory that is not there now."""

    def open(self, path: str) -> int | None:
        """Returns None."""
        return None


class StaticRoot:
    """An application's directory, held open: files are found from it and nowhere else."""

    def __init__(self, directory: Path, skip_files: str = "") -> None:
        """Opens the directory.

        Args:
            directory: the application's own.
            skip_files: the expression for paths that are no part of the application.

        Raises:
            OSError: there is no such directory.
        """
        self._descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._closing = weakref.finalize(self, os.close, self._descriptor)
        self._open = best_open(self._descriptor)
        self._skip_files = skip_files

    def open(self, path: str) -> int | None:
        """Returns a descriptor of a regular file, or None if there is none that may be served.

        Args:
            path: below the directory; any text.

        Raises:
            OSError: the machine fails: no descriptors, an input error.
        """
        if not _is_clean(path) or _is_skipped(path, self._skip_files):
            return None
        try:
            descriptor = self._open(self._descriptor, path)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        return None

    def close(self) -> None:
        """Lets the directory go; so does the end of the last reference."""
        self._closing()


def _is_clean(path: str) -> bool:
    """Whether a path is plainly one of a file below a directory."""
    if "\0" in path or "\\" in path or path.startswith("/"):
        return False
    try:
        path.encode()
    except UnicodeEncodeError:  # lone surrogates: no URL has them
        return False
    return path != "" and not path.endswith("/") and ".." not in path.split("/")


@lru_cache(maxsize=4096)
def _is_skipped(path: str, skip_files: str) -> bool:
    """Whether a path, or a directory on the way to it, is no part of the application."""
    if not skip_files:
        return False
    regex, names = _regex(skip_files), list(reversed(_steps(path)))
    return any(regex.is_match("/".join(names[: end + 1])) for end in range(len(names)))


@lru_cache(maxsize=256)
def _regex(text: str) -> Regex:
    return Regex(text)
