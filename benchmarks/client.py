"""An HTTP client as small as one can be: what it costs itself is not measured with the server."""

import socket

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
PIECE = 2**16


class Client:
    """One connection, kept open."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=60.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, path: str) -> bytes:
        """Returns the body of the answer, whose status must be 200."""
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        self._socket.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n".encode()
        )
        data = self._receive(b"")
        while (end := data.find(END_OF_HEAD)) < 0:
            data = self._receive(data)
        head, body = data[:end].lower(), data[end + len(END_OF_HEAD) :]
        size = int(head.split(LENGTH, 1)[1].split(b"\r\n", 1)[0])
        while len(body) < size:
            body = self._receive(body)
        if b" 200 " not in head[:14]:
            raise AssertionError(f"{method} {path}: {head!r} {body[:2000]!r}")
        return body

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def _receive(self, before: bytes) -> bytes:
        piece = self._socket.recv(PIECE)
        if not piece:
            raise AssertionError("the server closed the connection")
        return before + piece
