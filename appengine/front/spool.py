"""A body on its way through the front: in memory below 1 MiB, else in a file without a name."""

import os
import tempfile
from collections.abc import Iterator

MEMORY_BYTES = 2**20
"""Above this a body goes to a file, so that large bodies cost no memory."""

PIECE = 2**16


class NoRoomError(OSError):
    """A body cannot be kept: the disk is full, or no descriptor is left."""


class Spool:
    """Bytes, written once and read once from the start."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._memory = bytearray()
        self._file: int | None = None
        self.length = 0
        self._read = 0

    def write(self, piece: bytes) -> None:
        """Appends bytes.

        Raises:
            NoRoomError: there is no room for them.
        """
        try:
            self._keep(piece)
        except OSError as error:
            raise NoRoomError(error.errno, error.strerror) from error

    def _keep(self, piece: bytes) -> None:
        self.length += len(piece)
        if self._file is None and self.length > self._memory_bytes:
            self._file = _nameless_file()
            self._write_file(self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += piece
        else:
            self._write_file(piece)

    def _write_file(self, data: bytes | bytearray) -> None:
        view = memoryview(data)
        while view and self._file is not None:
            view = view[os.write(self._file, view) :]

    def read(self, limit: int = PIECE) -> bytes:
        """Returns up to `limit` of the bytes that have not been read, or none at the end."""
        if self._file is None:
            piece = bytes(memoryview(self._memory)[self._read : self._read + limit])
        else:
            piece = os.pread(self._file, limit, self._read)
        self._read += len(piece)
        return piece

    def rewind(self) -> None:
        """Makes the next read start from the beginning."""
        self._read = 0

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece

    def close(self) -> None:
        """Frees the memory or the file."""
        self._memory = bytearray()
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _nameless_file() -> int:
    descriptor, name = tempfile.mkstemp(prefix="appengine-body-")
    os.unlink(name)
    return descriptor
