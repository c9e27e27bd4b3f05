"""Sockets of the sandbox: what libraries of HTTP write to them is fetched.

So `http.client`, `urllib.request`, `requests`, `httpx` and what else speaks HTTP/1.1 over TCP work
unchanged. No connection is made: the kernel would refuse it. A socket here is one end of a pair
within the process; at the other end a thread reads the request and makes a fetch of it. All else
that is written is refused as the kernel would. The certificates that are trusted are the
platform's own.

Source: App Engine, "Outbound requests": the standard libraries go through URL fetch.
"""

import errno
import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from appengine.urlfetch.client.relay import Relay, Secure
from appengine.urlfetch.client.tls import FetchTLS

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

    Address = tuple[Any, ...] | str | ReadableBuffer

PORTS = (range(80, 91), range(440, 451), range(1024, 65536))
"""Those that can be fetched from; a connection to any other port is refused at once."""

FAMILIES = (socket.AF_INET, socket.AF_INET6)
_initialize = socket.socket.__init__
_look_up = socket.getaddrinfo


class FetchSocket(socket.socket):
    """A TCP socket whose far end makes fetches."""

    refusal = "sockets are not available in the sandbox"

    def __init__(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,  # noqa: A002  # the standard library's name
        proto: int = 0,
        fileno: int | None = None,
    ) -> None:
        """Makes a pair; with `fileno`, a duplicate of one that is there."""
        self._far: socket.socket | None = None
        self._relay: Relay | None = None
        if fileno is None:
            near, self._far = socket.socketpair()
            fileno = near.detach()
        _initialize(self, socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno)

    @property
    def family(self) -> socket.AddressFamily:
        """The family of IPv4."""
        return socket.AF_INET

    def connect(self, address: "Address") -> None:
        """Takes host and port; whether the host can be reached is known when it is asked.

        Raises:
            PermissionError: nothing can be fetched from that port.
        """
        if not isinstance(address, tuple):
            raise TypeError(f"an address of TCP is a host and a port, not {address!r}")
        host, port = os.fsdecode(address[0]), int(address[1])
        if self._far is None:
            raise OSError(errno.EISCONN, os.strerror(errno.EISCONN))
        if not any(port in ports for ports in PORTS):
            raise self._refuse()
        self._relay = Relay(self._far, host, port, self._refuse())
        self._relay.timeout = self.gettimeout
        self._far = None
        self._host, self._port = host, port
        threading.Thread(target=self._relay.run, daemon=True, name="fetch").start()

    def connect_ex(self, address: "Address") -> int:
        """Does the same and returns 0, or the number of the error."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EPERM
        return 0

    def bind(self, address: "Address") -> None:
        """Refuses to be a server, as the kernel does."""
        raise self._refuse()

    def listen(self, backlog: int = 0) -> None:
        """Refuses as `bind` does."""
        raise self._refuse()

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Returns what the fetch has answered; raises what it ended in."""
        data = super().recv(bufsize, flags)
        if not data:
            self._raise_failure()
        return data

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        """Reads into a buffer; see `recv`."""
        count = super().recv_into(buffer, nbytes, flags)
        if not count:
            self._raise_failure()
        return count

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Writes a part of the request."""
        try:
            return super().send(data, flags)
        except (BrokenPipeError, ConnectionResetError):
            self._raise_failure()
            raise

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        """Writes a part of the request."""
        try:
            super().sendall(data, flags)
        except (BrokenPipeError, ConnectionResetError):
            self._raise_failure()
            raise

    def getpeername(self) -> tuple[str, int]:
        """Returns host and port as they were connected to."""
        if self._relay is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._host, self._port

    def getsockname(self) -> tuple[str, int]:
        """Returns an address that is nobody's."""
        return "0.0.0.0", 0  # noqa: S104  # told, not listened on

    def setsockopt(self, *arguments: object) -> None:
        """Changes nothing: there is no TCP."""

    def getsockopt(  # type: ignore[override]  # bytes are asked for by nobody
        self, level: int, optname: int, buflen: int = 0
    ) -> int:
        """Returns what a connected TCP socket says: its type, no error."""
        return socket.SOCK_STREAM if optname == socket.SO_TYPE else 0

    def start_tls(self, *, is_careful: bool) -> "FetchSocket":
        """Makes what is written from now on a request over TLS."""
        self.sendall(Secure(is_careful).preamble())
        return self

    def version(self) -> str:
        """Returns TLS's version as `ssl.SSLSocket` does."""
        return "TLSv1.3"

    def getpeercert(self, binary_form: bool = False) -> dict[str, str] | bytes:
        """Returns nothing: the platform has judged the certificate."""
        return b"" if binary_form else {}

    def cipher(self) -> tuple[str, str, int] | None:
        """Returns None: the cipher is the platform's."""
        return None

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """Returns None: the connection is the platform's."""
        return None

    def selected_alpn_protocol(self) -> str | None:
        """Returns None: HTTP/1.1 is spoken."""
        return None

    def unwrap(self) -> "FetchSocket":
        """Returns itself."""
        return self

    def close(self) -> None:
        """Closes both ends."""
        if self._far is not None:
            self._far.close()
        super().close()

    def _refuse(self) -> OSError:
        return PermissionError(errno.EPERM, self.refusal)

    def _raise_failure(self) -> None:
        if self._relay is not None and self._relay.failure is not None:
            raise self._relay.failure


def install(refusal: str) -> None:
    """Replaces the sockets of TCP in this process.

    Args:
        refusal: the sentence with which all but HTTP is refused.
    """
    FetchSocket.refusal = refusal
    blank = super(socket.socket, socket.socket).__new__

    def make(cls: type[socket.socket], *arguments: Any, **options: Any) -> socket.socket:
        named = dict(zip(("family", "type", "proto", "fileno"), arguments, strict=False)) | options
        stream = int(named.get("type", -1)) == socket.SOCK_STREAM
        is_ours = stream and named.get("family") in FAMILIES and named.get("fileno") is None
        return blank(FetchSocket if cls is socket.socket and is_ours else cls)

    setattr(socket.socket, "__new__", staticmethod(make))  # noqa: B010  # it has none of its own
    socket.getaddrinfo = _find_addresses
    _replace_tls()


def _find_addresses(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002  # the standard library's names
    proto: int = 0,
    flags: int = 0,
) -> list[tuple[Any, ...]]:
    """Lets a name stand for its address where a connection is to follow: fetches take names."""
    is_name = isinstance(host, str | bytes) and not flags & socket.AI_NUMERICHOST
    text = os.fsdecode(host) if is_name else ""
    numeric = ":" in text or text.replace(".", "").isdecimal()
    if type == socket.SOCK_STREAM and text and not numeric and str(port).isdecimal():
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, int(port)))]
    return _look_up(host, port, family, type, proto, flags)


def _replace_tls() -> None:
    """Gives TLS over our sockets to the platform."""
    wrap = ssl.SSLContext.wrap_socket
    wrap_bio = ssl.SSLContext.wrap_bio

    def wrap_socket(context: "ssl.SSLContext", sock: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(sock, FetchSocket):
            return sock.start_tls(is_careful=context.verify_mode != ssl.CERT_NONE)
        return wrap(context, sock, *arguments, **options)

    def wrap_pair(
        context: "ssl.SSLContext",
        incoming: "ssl.MemoryBIO",
        outgoing: "ssl.MemoryBIO",
        server_side: bool = False,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        if server_side:
            return wrap_bio(context, incoming, outgoing, server_side, *arguments, **options)
        return FetchTLS(context, incoming, outgoing)

    ssl.SSLContext.wrap_socket = wrap_socket  # type: ignore[method-assign,assignment]  # the one door
    ssl.SSLContext.wrap_bio = wrap_pair  # type: ignore[method-assign,assignment]  # asyncio's door
