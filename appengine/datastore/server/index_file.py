"""An application's index.yaml while it is served: what it lists, and what queries add to it."""

import fcntl
import logging
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from appengine.config.errors import ConfigurationError
from appengine.config.loader import read_text
from appengine.datastore.config import CompositeIndex, add_index, load_indexes, stanza
from appengine.datastore.server.indexes import COMPOSITE, Indexes, Want
from appengine.storage.engine import Storage

ATTEMPTS = 5
"""Times that an addition begins anew because somebody has changed the file meanwhile."""

_logger = logging.getLogger(__name__)

State = tuple[int, int, int] | None
"""What tells that a file was changed or replaced; None: there is none."""


class IndexFile:
    """One file in one process; it is read again when it has changed.

    Attributes:
        path: where it is, or will be.
    """

    def __init__(self, _storage: Storage, path: str) -> None:
        self.path = Path(path)
        self._mutex = Lock()
        self._state: State | bool = False  # nobody has looked yet
        self._listed: dict[Want, None] = {}  # in the file's order
        self._kept: set[Want] = set()
        self._of: Indexes | None = None
        self._only = Indexes(-1, [])

    def listed(self) -> Collection[Want]:
        """Returns what it lists; where it has a mistake now, what it listed before."""
        if _state_of(self.path) != self._state:
            with self._mutex:
                self._read()
        return self._listed

    def _read(self) -> None:
        state = _state_of(self.path)  # of before: who changes it meanwhile is read again
        try:
            self._listed = dict.fromkeys(map(want_of, load_indexes(self.path)))
        except ConfigurationError as error:
            _logger.warning("%s; its indexes are not used", error)
        self._kept, self._of, self._state = set(), None, state

    def only(self, indexes: Indexes) -> Indexes:
        """Returns the indexes but for the composites that the file does not list."""
        listed = self.listed()
        with self._mutex:
            if self._of is not indexes:
                self._of, self._only = indexes, indexes.only(listed)
            return self._only

    def keep(self, wants: Iterable[Want]) -> None:
        """Adds the composites among the indexes that queries use, where they are not listed.

        What cannot be written is tried again when the file has changed.
        """
        listed = self.listed()
        absent = [w for w in wants if w[0] == COMPOSITE and w not in listed and w not in self._kept]
        for want in absent:
            self._kept.add(want)
            try:
                write_index(self.path, want)
            except ConfigurationError as error:
                _logger.warning("%s; the index serves, but is not written there", error)


def want_of(index: CompositeIndex) -> Want:
    """Returns the name of an index that a file lists."""
    return COMPOSITE, index.kind, index.properties, index.ancestor


def stanza_of(want: Want | None) -> str:
    """Returns a composite index as index.yaml has it; nothing for another one."""
    if want is None or want[0] != COMPOSITE:
        return ""
    _form, kind, properties, ancestor = want
    return stanza(CompositeIndex(kind, properties, ancestor))


def write_index(path: Path, want: Want) -> None:
    """Adds a composite index to the automatic section of an index.yaml.

    The file is replaced at once, with its mode; where it is a link, what that leads to. Threads
    and processes take turns, and what somebody else saves meanwhile is not lost.

    Raises:
        ConfigurationError: the file is not one, or cannot be read or written.
    """
    _form, kind, properties, ancestor = want
    index = CompositeIndex(kind, properties, ancestor)
    try:
        real = path.resolve()
        with _turn(real.parent):
            for _attempt in range(ATTEMPTS):
                if _add(real, index, str(path)):
                    return
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from error
    raise ConfigurationError(f"{path}: cannot be written: it is being changed all the time")


def _add(path: Path, index: CompositeIndex, source: str) -> bool:
    """Adds an index to a file; returns False if somebody has changed that meanwhile."""
    state = _state_of(path)
    old = "" if state is None else read_text(path)
    new = add_index(old, index, source)
    if new == old:
        return True
    found = None if state is None else path.stat()
    if found is not None and (not found.st_mode & 0o222 or not os.access(path, os.W_OK)):
        raise ConfigurationError(f"{source}: cannot be written: it is read-only")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(new, encoding="utf-8", newline="")
        if found is not None:
            temporary.chmod(stat.S_IMODE(found.st_mode))
            with suppress(PermissionError):
                os.chown(temporary, found.st_uid, found.st_gid)
        if _state_of(path) != state:
            return False
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


@contextmanager
def _turn(directory: Path) -> Iterator[None]:
    """Waits until no other thread or process of ours writes in a directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _state_of(path: Path) -> State:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
