"""Contents on their way to a client, whose Content-Length stays true while files change."""

import errno
import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from msgspec import Struct

SMALL_BYTES = 64 * 1024
"""Up to this size a file is read before it is sent; larger ones go by sendfile."""

PIECE = 64 * 1024
"""Bytes of one read of a large file."""

LOOKS = 3
"""Reads of a small file that is being written, until one shows a single state of it."""

log = logging.getLogger("appengine.front")


class Content(Struct, frozen=True, kw_only=True):
    """One state of an open file.

    Attributes:
        data: all of a small file, else None.
    """

    descriptor: int
    status: os.stat_result
    size: int
    data: bytes | None

    def close(self) -> None:
        """Lets the file go; a small one is gone already."""
        if self.data is None:
            os.close(self.descriptor)


def read_content(descriptor: int) -> Content:
    """Returns an open file's content; the descriptor belongs to it from now on."""
    status = os.fstat(descriptor)
    if status.st_size > SMALL_BYTES:
        return Content(descriptor=descriptor, status=status, size=status.st_size, data=None)
    try:
        for _ in range(LOOKS):
            data = os.pread(descriptor, SMALL_BYTES, 0)
            before, status = status, os.fstat(descriptor)
            if (before.st_mtime_ns, before.st_size) == (status.st_mtime_ns, len(data)):
                break
    finally:
        os.close(descriptor)
    return Content(descriptor=descriptor, status=status, size=len(data), data=data)


def body_of(
    content: Content, first: int, end: int, environ: Mapping[str, object]
) -> Iterable[bytes]:
    """Returns the bytes from `first` to `end` as WSGI's body; none for HEAD.

    A large file's body has `close`, and goes through `wsgi.file_wrapper` where there is one.
    """
    if environ.get("REQUEST_METHOD") == "HEAD":
        content.close()
        return ()
    if content.data is not None:
        return (content.data[first:end],)
    file = SentFile(content.descriptor, first, end)
    wrapper = environ.get("wsgi.file_wrapper")
    if callable(wrapper):
        return cast(Iterable[bytes], wrapper(file, PIECE))
    return Pieces(file)


class SentFile(io.FileIO):
    """A part of a file that is being sent: it ends where its headers say, or it fails."""

    def __init__(self, descriptor: int, first: int, end: int) -> None:
        """Takes the descriptor over; reads begin at `first` and stop before `end`."""
        super().__init__(descriptor, "rb")
        self.seek(first)
        self._end = end

    def read(self, size: int | None = -1) -> bytes:
        """Returns the next bytes, at most `size`; nothing at the end.

        Raises:
            OSError: the file has become shorter.
        """
        left = self._end - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        data = super().read(wanted) or b""
        if not data and wanted:
            raise self._shortened()
        return data

    def close(self) -> None:
        """Lets the file go.

        Raises:
            OSError: the file has become shorter, so what sendfile sent was too: the connection
                must not be used again.
        """
        if self.closed:
            return
        is_short = os.fstat(self.fileno()).st_size < self._end
        super().close()
        if is_short:
            raise self._shortened()

    def _shortened(self) -> OSError:
        text = f"a file became shorter than {self._end} bytes while it was sent"
        log.warning("%s; the connection is closed", text)
        return OSError(errno.ECONNRESET, text)  # gunicorn closes without a traceback


class Pieces:
    """A file piece by piece, for servers without a file wrapper."""

    def __init__(self, file: SentFile) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if piece := self._file.read(PIECE):
            return piece
        raise StopIteration

    def close(self) -> None:
        """Lets the file go; as `SentFile.close`."""
        self._file.close()
