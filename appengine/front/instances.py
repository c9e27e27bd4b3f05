"""Finds an instance for a request: one connect to the version's socket, then its Accepted."""

import errno
import select
import socket
import struct
import time

import msgspec

from appengine.rpc.frames import (
    PREFIX,
    WIRE_VERSION,
    Accepted,
    FrameBuffer,
    MalformedCallError,
    from_instance,
)

CREDENTIALS = struct.Struct("3i")


class NoInstanceError(Exception):
    """No instance took the request: the queue is full, or the wait was too long."""


class InstanceGoneError(Exception):
    """The instance closed the connection without a response: it has died."""


class Accepting(msgspec.Struct, frozen=True):
    """An instance that has accepted the request.

    Attributes:
        pid: its process number, by the kernel's word.
        waited_seconds: from connect to Accepted.
    """

    connection: socket.socket
    pid: int
    waited_seconds: float


class Waiting:
    """One request's connection to a version, until an instance accepts it.

    Attributes:
        pid: the process that answered, also where what it sent was malformed; 0: none yet.
    """

    def __init__(self, path: str) -> None:
        self.pid = 0
        self._started = time.monotonic()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.setblocking(False)
        # Before connect: the kernel attaches numbers only to what is sent after it.
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            self._connection.connect(path)
        except OSError as error:
            self._connection.close()
            if error.errno in (errno.EAGAIN, errno.ECONNREFUSED, errno.ENOENT):
                raise NoInstanceError("too many requests wait for an instance") from error
            raise

    def wait(self, seconds: float) -> Accepting | None:
        """Returns the instance that accepts within some seconds, or None.

        Raises:
            InstanceGoneError: it died at once; the request may be given to another.
            MalformedCallError: it sent something else.
        """
        poller = select.poll()
        poller.register(self._connection, select.POLLIN)
        if not poller.poll(max(0, int(seconds * 1000))):
            return None
        try:
            data, ancillary, _, _ = self._connection.recvmsg(
                PREFIX + 64, socket.CMSG_SPACE(CREDENTIALS.size)
            )
        except ConnectionError as error:
            raise InstanceGoneError(str(error)) from error
        if not data:
            raise InstanceGoneError("closed before it accepted")
        self.pid = _sender(ancillary)
        _check(data, self.pid)
        return Accepting(self._connection, self.pid, time.monotonic() - self._started)

    def close(self) -> None:
        """Gives up."""
        self._connection.close()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid: int = CREDENTIALS.unpack(data)[0]
            return pid
    raise MalformedCallError("the kernel did not say who accepted")


def _check(data: bytes, pid: int) -> None:
    buffer = FrameBuffer()
    buffer.feed(data)
    frame = buffer.take_frame()
    if frame is None or not isinstance(accepted := from_instance.decode(frame), Accepted):
        raise MalformedCallError(f"process {pid} sent no Accepted frame first")
    if accepted.wire_version != WIRE_VERSION:
        raise MalformedCallError(f"process {pid} speaks wire version {accepted.wire_version}")
    if len(buffer):
        raise MalformedCallError(f"process {pid} sent more than Accepted before the request")
