"""The supervisor's own directory: sockets, the table of routes, the view; gone when it stops."""

import os
import shutil
import tempfile
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

PREFIX = "appengine-run-"
LOCK = "lock"


class Runtime:
    """A directory for one run of the server, mode 0700."""

    def __init__(self) -> None:
        while not self._make():
            continue

    def _make(self) -> bool:
        """Returns whether it is there; another server may just have taken it for a dead one's."""
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
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
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_stale() -> None:
    """Deletes what servers that were killed have left: directories of ours that nobody locks."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
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
