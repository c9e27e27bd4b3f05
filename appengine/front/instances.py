"""Finds an instance for a request: one connect to the version's socket, then its Accepted."""

import select
import socket
import struct
import time

import msgspec

from appengine.rpc.frames import (
    WIRE_VERSION,
    Accepted,
    FrameBuffer,
    MalformedCallError,
    from_instance,
)

PIECE = 2**16
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
        unsent: what the socket has not taken of the request's frame.
        received: what the instance has sent behind Accepted.
    """

    connection: socket.socket
    pid: int
    waited_seconds: float
    unsent: bytes
    received: bytes


class Waiting:
    """One request's connection to a version, until an instance accepts it.

    The request's frame is sent at once and waits with it: nobody has to be asked for it when an
    instance accepts.

    Attributes:
        pid: the process that answered, also where what it sent was malformed; 0: none yet.
    """

    def __init__(self, path: str, frame: bytes) -> None:
        self.pid = 0
        self._started = time.monotonic()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.setblocking(False)
        # Before connect: the kernel attaches numbers only to what is sent after it.
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            self._connection.connect(path)
            self._unsent = frame[self._connection.send(frame) :]
        except BlockingIOError as error:
            self._connection.close()
            raise NoInstanceError("too many requests wait for an instance") from error
        except (ConnectionError, FileNotFoundError) as error:
            self._connection.close()
            raise NoInstanceError("the version is being replaced") from error

    def wait(self, seconds: float) -> Accepting | None:
        """Returns the instance that accepts within some seconds, or None.

        Raises:
            InstanceGoneError: it died at once; the request may be given to another.
            MalformedCallError: it sent something else.
        """
        poller = select.poll()
        poller.register(self._connection, select.POLLIN)
        if not poller.poll(max(0, seconds * 1000)):
            return None
        try:
            data, ancillary, _, _ = self._connection.recvmsg(
                PIECE, socket.CMSG_SPACE(CREDENTIALS.size)
            )
        except ConnectionError as error:
            raise InstanceGoneError(str(error)) from error
        if not data:
            raise InstanceGoneError("closed before it accepted")
        self.pid = _sender(ancillary)
        received = _take_accepted(data, self.pid)
        waited = time.monotonic() - self._started
        return Accepting(self._connection, self.pid, waited, self._unsent, received)

    def close(self) -> None:
        """Gives up."""
        self._connection.close()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid: int = CREDENTIALS.unpack(data)[0]
            return pid
    raise MalformedCallError("the kernel did not say who accepted")


def _take_accepted(data: bytes, pid: int) -> bytes:
    """Returns what stands behind the first frame, which must be Accepted."""
    buffer = FrameBuffer()
    buffer.feed(data)
    frame = buffer.take_frame()
    if frame is None or not isinstance(accepted := from_instance.decode(frame), Accepted):
        raise MalformedCallError(f"process {pid} sent no Accepted frame first")
    if accepted.wire_version != WIRE_VERSION:
        raise MalformedCallError(f"process {pid} speaks wire version {accepted.wire_version}")
    return buffer.take_bytes(len(buffer))
