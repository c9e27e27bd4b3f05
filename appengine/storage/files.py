"""The files of a storage directory: their names, their format, and whether they may be written.

It reads headers itself, so that the supervisor can ask without SQLAlchemy in its memory.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from appengine.storage.errors import (
    StorageCorruptError,
    StorageFullError,
    StorageReadOnlyError,
    StorageVersionError,
)

FORMAT_VERSION = 1
"""Format of the tables, kept as the file's `user_version`."""

HEADER_BYTES = 100
"""Bytes of a file's header. Source: SQLite, "Database File Format", section 1.3."""

MAGIC = b"SQLite format 3\0"
"""What a header starts with. Source: as above."""

PLATFORM_FILE = "_platform.db"
"""No application's: an id begins with a letter or a digit."""

ROOM_BYTES = 2**17
"""That a start needs: for the memory which SQLite's processes share, and some pages of data."""

CLOCK_FILE = "clock"

COMPANIONS = ("-wal", "-shm", "-journal", "-turn", "-queue")
"""What SQLite and our writers' queue keep beside a file of data, by the end of the name."""


def data_file(directory: Path, application: str) -> Path:
    """Returns the file that holds an application's data; ids may have a domain before a colon."""
    return directory / f"{application.replace(':', '_')}.db"


def companions(path: Path) -> Iterator[Path]:
    """Returns the files that belong to a file of data, whether or not they are there."""
    return (path.with_name(path.name + ending) for ending in COMPANIONS)


def check_format(path: Path) -> None:
    """Reads the header of a file, which may be absent, and changes nothing.

    Raises:
        StorageVersionError: a newer version of the platform has written it.
        StorageCorruptError: it is another kind of file.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    if not header.startswith(MAGIC):
        raise StorageCorruptError(f"{path} is not a SQLite database; nothing was changed")
    version = int.from_bytes(header[60:64], "big")
    if version > FORMAT_VERSION:
        raise StorageVersionError(
            f"{path} has format {version}, this version reads up to {FORMAT_VERSION}; "
            "use a newer version of the platform; nothing was changed"
        )
    _check_length(path, header)


def _check_length(path: Path, header: bytes) -> None:
    """Refuses a file that has lost its end, where no write-ahead log may still hold that."""
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        return
    size = path.stat().st_size
    page, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    whole = (page if page > 1 else 2**16) * pages  # 1 stands for 65,536
    if header[24:28] != header[92:96] and len(header) == HEADER_BYTES:
        return  # what wrote it last did not keep the number of pages
    if size < max(whole, HEADER_BYTES):
        raise StorageCorruptError(
            f"{path} has {size} bytes and its header says {whole}: it was cut off; "
            "nothing was changed"
        )


def check_file(path: Path) -> None:
    """Refuses a file of data, which may be absent, that could not be used; changes nothing.

    Raises:
        StorageError: it or a file that belongs to it may not be written, or as `check_format`.
    """
    for each in (path, *companions(path)):
        check_writable(each)
    try:
        check_format(path)
    except OSError as error:
        raise StorageReadOnlyError(f"{path}: {error.strerror}") from error


def check_writable(path: Path) -> None:
    """Refuses a file that is there and may not be read and written, or a directory likewise.

    Raises:
        StorageReadOnlyError: so it is.
    """
    wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
    if os.path.lexists(path) and not os.access(path, wanted):
        raise StorageReadOnlyError(f"{path} may not be read and written; nothing was changed")


def check_room(directory: Path) -> None:
    """Refuses a directory on a disk so full that no file of data could be opened.

    Raises:
        StorageFullError: so it is.
    """
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            if file.write(bytes(ROOM_BYTES)) < ROOM_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFullError(f"{directory} has no room for data: {error.strerror}") from error


def remove_data(path: Path) -> bool:
    """Removes a file of data with all that belongs to it; returns whether there was one.

    The file itself goes first: that is the moment at which its data is gone. What a sudden end
    leaves beside it then, SQLite removes before it makes a new one.

    Raises:
        StorageReadOnlyError: it cannot be removed.
    """
    found = path.exists()
    try:
        for each in (path, *companions(path)):
            each.unlink(missing_ok=True)
    except OSError as error:
        raise StorageReadOnlyError(f"{error.filename}: {error.strerror}") from error
    return found
