"""The storage directory: one server at a time, private, and never inside an application."""

import os
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from appengine.storage.errors import StorageError, StorageLockedError, StorageReadOnlyError

LOCK_NAME = "server.lock"
"""The file whose lock a server holds while it lives; it names the server for the others."""


class StorageDirectory:
    """A directory of data, locked until `close()` or the end of the process.

    Attributes:
        path: the directory, absolute.
    """

    def __init__(self, path: Path, application_folders: tuple[Path, ...] = ()) -> None:
        """Creates the directory if it is absent, private to its owner, and locks it.

        Args:
            path: the directory.
            application_folders: none of them may hold it: an application could be deployed with
                its data, and each write would reload it.

        Raises:
            StorageLockedError: another server uses it.
            StorageReadOnlyError: it cannot be created or written.
            StorageError: it lies in an application's folder, or is no directory.
        """
        self.path = path.resolve()
        for folder in application_folders:
            if self.path.is_relative_to(folder.resolve()):
                raise StorageError(f"{path} lies inside the application's folder {folder}")
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except FileExistsError as error:
            raise StorageError(f"{path} is not a directory") from error
        except OSError as error:
            raise StorageReadOnlyError(f"{path} cannot be written: {error.strerror}") from error
        self._lock()

    def _lock(self) -> None:
        try:
            flock(self._file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 1000, 0).decode(errors="replace").strip()
            os.close(self._file)
            who = holder or "another server"
            raise StorageLockedError(f"{self.path} is in use by {who}") from None
        except OSError as error:  # a network's file system without locks
            os.close(self._file)
            raise StorageError(f"{self.path} cannot be locked: {error.strerror}") from error
        text = f"process {os.getpid()}\n".encode()
        with suppress(OSError):  # a full disk: others are told less
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text, 0)

    def close(self) -> None:
        """Lets another server use the directory."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
