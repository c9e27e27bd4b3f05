"""A response on its way to a slow client: no thread waits until it has been read.

What the client's socket does not take at once waits here, bytes in a spool and files as they are,
and the worker's poll loop sends it on.
"""

import os
import socket
import ssl
import time
from collections import deque
from typing import IO, Protocol

from appengine.front.gate import BYTES_A_SECOND, GRACE_SECONDS
from appengine.front.spool import Spool
from appengine.front.tls import HANDSHAKE, Secured

MEMORY_BYTES = 2**16
"""Of what waits for one client; more goes to a file."""

PIECE = 2**18


Client = socket.socket | Secured


class Part(Protocol):
    """A piece of a response that waits."""

    def send(self, client: Client) -> int:
        """Sends what the socket takes now; returns how many bytes, 0 if all is sent.

        Raises:
            BlockingIOError: it takes nothing. OSError: the client has gone.
        """

    def close(self) -> None:
        """Frees what it holds."""


class Bytes:
    """Bytes that wait."""

    def __init__(self) -> None:
        self.spool = Spool(MEMORY_BYTES)
        self._piece = memoryview(b"")

    def send(self, client: Client) -> int:
        """Sends the next piece; see `Part`."""
        if not self._piece:
            self._piece = memoryview(self.spool.read(PIECE))
        sent = client.send(self._piece) if self._piece else 0
        self._piece = self._piece[sent:]
        return sent

    def close(self) -> None:
        """Frees the spool."""
        self.spool.close()


class File:
    """A part of a file, sent by the kernel where it is not encrypted; the descriptor is ours."""

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor = descriptor
        self._next = start
        self._end = end

    def send(self, client: Client) -> int:
        """Sends the next piece; see `Part`. A file that became shorter is an OSError."""
        left = self._end - self._next
        if not left:
            return 0
        length = min(left, PIECE)
        if isinstance(client, Secured):
            data = os.pread(self._descriptor, length, self._next)
            sent = client.send(data) if data else 0
        else:
            sent = os.sendfile(client.fileno(), self._descriptor, self._next, length)
        if not sent:
            raise OSError(f"a file ended {left} bytes before its length")
        self._next += sent
        return sent

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)


class Outgoing:
    """Stands in the place of a connection's socket, which never blocks.

    Attributes:
        deadline: when a client that reads too slowly is given up, on the monotonic clock.
        is_secure: the client speaks TLS.
    """

    def __init__(self, client: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Takes a client's socket, and what answers one that begins with a handshake."""
        client.setblocking(False)
        self._client: Client = client
        self._tls = tls
        self.is_secure = False
        self._waiting: deque[Part] = deque()
        self.deadline = float("inf")

    def fileno(self) -> int:
        """Returns the socket's descriptor."""
        return self._client.fileno()

    def recv(self, limit: int) -> bytes:
        """Receives what is there; the first byte tells what the client speaks.

        Raises:
            BlockingIOError: there is nothing. OSError: the client has gone, or speaks neither.
        """
        if self._tls is not None and isinstance(self._client, socket.socket):
            if self._client.recv(1, socket.MSG_PEEK) == HANDSHAKE:
                self._client, self.is_secure = Secured(self._client, self._tls), True
            self._tls = None
        return self._client.recv(limit)

    def send(self, data: bytes) -> int:
        """Sends what the socket takes of a short line of our own."""
        return self._client.send(data)

    def getsockname(self) -> tuple[str, int] | str:
        """Returns the address at which the client has reached us, or the path."""
        address: tuple[str, int] | str = self._client.getsockname()
        return address

    def shutdown(self, how: int) -> None:
        """Ends one direction."""
        self._client.shutdown(how)

    def setblocking(self, _flag: bool) -> None:
        """Changes nothing: the socket never blocks."""

    def settimeout(self, _seconds: float | None) -> None:
        """Changes nothing: the poll loop has the time."""

    def gettimeout(self) -> float | None:
        """Returns 0.0: the socket never blocks."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Takes all of the bytes, and sends what the socket takes at once.

        Raises:
            OSError: the client has gone, or there is no room for what waits.
        """
        view = memoryview(data)
        if not self._waiting:
            try:
                view = view[self._client.send(view) :]
            except BlockingIOError:
                pass
        if not view:
            return
        last = self._waiting[-1] if self._waiting else None
        if not isinstance(last, Bytes):
            last = Bytes()
            self._wait_with(last)
        last.spool.write(bytes(view))

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Takes a part of a file, and sends what the socket takes at once; returns its length."""
        length = os.fstat(file.fileno()).st_size - offset if count is None else count
        self._wait_with(File(os.dup(file.fileno()), offset, offset + length))
        self.flush()
        return length

    def flush(self) -> bool:
        """Sends what the socket takes; returns whether all has been sent.

        Raises:
            OSError: the client has gone.
        """
        try:
            while self._waiting:
                while sent := self._waiting[0].send(self._client):
                    self.deadline += sent / BYTES_A_SECOND
                self._waiting.popleft().close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Closes the socket; what waits is dropped."""
        while self._waiting:
            self._waiting.popleft().close()
        self._client.close()

    def _wait_with(self, part: Part) -> None:
        if not self._waiting:
            self.deadline = time.monotonic() + GRACE_SECONDS
        self._waiting.append(part)
