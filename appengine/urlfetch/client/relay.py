"""Reads the HTTP request that a library writes to a socket, and answers it by a fetch.

The library writes into one end of a pair of sockets, as if the other one were a server. There, on
a thread, stands a `Relay`.
"""

import errno
import json
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from appengine.rpc.errors import Error as CallError
from appengine.urlfetch.client import METHODS, fetch
from appengine.urlfetch.client.results import URLFetchResult
from appengine.urlfetch.service import (
    MAX_HEADERS_BYTES,
    MAX_PAYLOAD,
    DeadlineExceededError,
    DNSLookupFailedError,
    InvalidMethodError,
    PayloadTooLargeError,
    SSLCertificateError,
)

PREAMBLE = b"\0TLS "
"""What stands before a request that a library believes to send over TLS; then a line of JSON."""

METHODS_OF_HTTP = (*METHODS.values(), "OPTIONS", "TRACE", "CONNECT")
STARTS = (PREAMBLE, *(f"{method} ".encode() for method in METHODS_OF_HTTP))

PATIENCE_SECONDS = 10.0
"""Who has sent nothing by then waits for the other side: that is no HTTP."""

PIECE = 2**16
DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Secure(msgspec.Struct, frozen=True):
    """What the library has said of TLS: whether it asks for a valid certificate."""

    is_careful: bool

    def preamble(self) -> bytes:
        """Returns the bytes that tell the relay."""
        return PREAMBLE + json.dumps({"is_careful": self.is_careful}).encode() + b"\n"


class Asked(NamedTuple):
    """One request as it was written."""

    method: str
    target: str
    headers: dict[str, str]
    payload: bytes


class NoHTTPError(Exception):
    """What was written is no HTTP request."""


class Relay:
    """The far end of one connection.

    Attributes:
        failure: what the near end's next `recv` raises, once everything is read.
    """

    def __init__(self, connection: socket.socket, host: str, port: int, refusal: OSError) -> None:
        """Takes the far end, what was connected to, and how all but HTTP is refused."""
        self._connection = connection
        self._host = f"[{host}]" if ":" in host else host
        self._port = port
        self._refusal = refusal
        self._buffer = bytearray()
        self.failure: OSError | None = None
        self.timeout: Callable[[], float | None] = lambda: None

    def run(self) -> None:
        """Answers one request, then closes."""
        try:
            self._serve()
        except (NoHTTPError, TimeoutError):
            self.failure = self._refusal
        except OSError as error:
            self.failure = error
        finally:
            self._connection.close()

    def _serve(self) -> None:
        self._connection.settimeout(PATIENCE_SECONDS)
        if not self._fill(1):
            return
        self._connection.settimeout(None)
        self._check_start()
        secure = self._take_preamble()
        asked = self._take_request()
        default_port = 443 if secure else 80
        place = self._host if self._port == default_port else f"{self._host}:{self._port}"
        url = f"{'https' if secure else 'http'}://{place}{asked.target}"
        if asked.target.startswith(("http://", "https://")):  # a library that believes in a proxy
            url = asked.target
        try:
            result = fetch(
                url,
                payload=asked.payload or None,
                method=asked.method,
                headers=asked.headers,
                follow_redirects=False,
                deadline=self.timeout() or None,
                validate_certificate=secure.is_careful if secure else True,
            )
        except (CallError, ValueError) as error:
            self.failure = translate(error)
            return
        self._connection.sendall(_head(asked.method, result) + result.content)

    def _check_start(self) -> None:
        """Refuses at once what does not begin as HTTP: its sender would wait for an answer."""
        while not any(bytes(self._buffer).startswith(start) for start in STARTS):
            if not any(start.startswith(self._buffer) for start in STARTS):
                raise NoHTTPError
            if not self._fill(len(self._buffer) + 1):
                raise NoHTTPError

    def _take_preamble(self) -> Secure | None:
        if self._buffer[:1] != PREAMBLE[:1]:
            return None
        line = self._take_until(b"\n")
        return Secure(**json.loads(line.removeprefix(PREAMBLE)))

    def _take_request(self) -> Asked:
        parts = self._take_until(b"\r\n").decode("latin-1").split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004  # method, target, version
            raise NoHTTPError
        headers: dict[str, str] = {}
        while line := self._take_until(b"\r\n").decode("latin-1"):
            name, colon, value = line.partition(":")
            if not colon:
                raise NoHTTPError
            known = headers.get(name.strip())
            headers[name.strip()] = f"{known}, {value.strip()}" if known else value.strip()
        if parts[0] not in METHODS.values():
            raise OSError(errno.EOPNOTSUPP, f"{parts[0][:20]!r} cannot be fetched with")
        return Asked(parts[0], parts[1], headers, self._take_payload(headers))

    def _take_payload(self, headers: dict[str, str]) -> bytes:
        named = {name.lower(): value for name, value in headers.items()}
        if named.get("expect", "").lower() == "100-continue":
            self._connection.sendall(CONTINUE)
        if "chunked" in named.get("transfer-encoding", "").lower():
            return self._take_chunks()
        length = named.get("content-length", "0")
        if not length.isdecimal():
            raise NoHTTPError
        return self._take(int(length))

    def _take_chunks(self) -> bytes:
        payload = bytearray()
        while True:
            line = self._take_until(b"\r\n").partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError as error:
                raise NoHTTPError from error
            if not size:
                while self._take_until(b"\r\n"):  # trailers, then an empty line
                    pass
                return bytes(payload)
            payload += self._take(size)
            self._take_until(b"\r\n")
            if len(payload) > MAX_PAYLOAD:
                return bytes(payload)  # too large: the fetch says so

    def _take(self, length: int) -> bytes:
        if length > MAX_PAYLOAD:
            length = MAX_PAYLOAD + 1
        if not self._fill(length):
            raise NoHTTPError
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def _take_until(self, end: bytes) -> bytes:
        while (place := self._buffer.find(end)) < 0:
            if len(self._buffer) > 2 * MAX_HEADERS_BYTES or not self._fill(len(self._buffer) + 1):
                raise NoHTTPError
        data = bytes(self._buffer[:place])
        del self._buffer[: place + len(end)]
        return data

    def _fill(self, length: int) -> bool:
        """Reads until so many bytes are here; returns False where they end before."""
        while len(self._buffer) < length:
            if not (piece := self._connection.recv(PIECE)):
                return False
            self._buffer += piece
        return True


def _head(method: str, result: URLFetchResult) -> bytes:
    lines = [f"HTTP/1.1 {result.status_code} {_reason(result.status_code)}"]
    lines += [
        f"{name}: {value}"
        for name, value in result.header_msg.items()
        if name.lower() not in DROPPED
    ]
    length = str(len(result.content))
    if method == "HEAD":
        length = result.headers.get("Content-Length", "0")
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def translate(error: Exception) -> OSError:
    """Returns what a socket would have raised for what a fetch ended in."""
    text = str(error)
    if isinstance(error, DeadlineExceededError):
        return TimeoutError(errno.ETIMEDOUT, text)
    if isinstance(error, DNSLookupFailedError):
        return socket.gaierror(socket.EAI_NONAME, text)
    if isinstance(error, SSLCertificateError):
        return ssl.SSLCertVerificationError(1, text)
    if isinstance(error, PayloadTooLargeError | InvalidMethodError):
        return OSError(errno.EMSGSIZE, text)
    return ConnectionError(errno.ECONNREFUSED, text)
