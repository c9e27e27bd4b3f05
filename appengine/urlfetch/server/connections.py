"""Connections of fetches: to addresses that may be reached alone, and within the deadline.

The HTTP client makes and keeps connections through `Network`. There a name is resolved, the
address judged, and the connection made to that very address: nobody can change a name's address
between the judgement and the connection.
"""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore

from appengine.rpc.internal import Applications, Served
from appengine.urlfetch.server.names import Resolve
from appengine.urlfetch.server.networks import AddressRules, is_own_machine
from appengine.urlfetch.service import DownloadError

ENDS_OF_HEADERS = (b"\r\n\r\n", b"\n\n")

PIECE = 2**16
"""Bytes that one send offers, so that a deadline is looked at often."""

FALLBACK_SHARE = 0.5
"""Of the time left that one of several addresses may take before the next is tried."""

_current = threading.local()


class IsServedError(Exception):
    """The address is one at which this server itself answers; `served` says for which module."""

    def __init__(self, served: Served) -> None:
        """Takes the module."""
        super().__init__(served)
        self.served = served


@contextmanager
def within(deadline: float) -> Iterator[None]:
    """Ends all that this thread does on connections at a time of the monotonic clock."""
    before = getattr(_current, "deadline", None)
    _current.deadline = deadline
    try:
        yield
    finally:
        _current.deadline = before


def seconds_left() -> float:
    """Returns how long this thread's fetch may still take.

    Raises:
        httpcore.ReadTimeout: nothing is left of it.
    """
    left = float(_current.deadline - time.monotonic())
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline is over")
    return left


class Stream(httpcore.NetworkStream):
    """A connection, on which every step ends with the deadline of the fetch that makes it."""

    def __init__(self, connection: socket.socket) -> None:
        """Takes a connected socket."""
        self._socket = connection
        self._last = b""  # bytes that have been read

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns what has arrived, at most `max_bytes`; nothing at the end."""
        with _translated(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(seconds_left())
            data = self._socket.recv(max_bytes)
        self._last = (self._last + data[-4:])[-4:]
        return data

    def ends_with_headers(self) -> bool:
        """Returns whether nothing has been read behind the headers of an answer without content."""
        return self._last.endswith(ENDS_OF_HEADERS)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all of the bytes."""
        view = memoryview(buffer)
        with _translated(httpcore.WriteTimeout, httpcore.WriteError):
            while view:
                self._socket.settimeout(seconds_left())
                view = view[self._socket.send(view[:PIECE]) :]

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "Stream":
        """Returns the connection in TLS, with the server's certificate judged by the context."""
        try:
            with _translated(httpcore.ConnectTimeout, httpcore.ConnectError):
                self._socket.settimeout(seconds_left())
                return Stream(
                    ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
                )
        except BaseException:
            self.close()
            raise

    def get_extra_info(self, info: str) -> object:
        """Returns what the client asks for: TLS's object, or whether something has arrived."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":  # at rest: it has been closed, here or there
            if self._socket.fileno() < 0:
                return True
            poller = select.poll()
            poller.register(self._socket, select.POLLIN)
            return bool(poller.poll(0))
        return None


class Network(httpcore.NetworkBackend):
    """Makes connections to addresses that the rules let through."""

    def __init__(
        self, resolve: Resolve, rules: AddressRules | None, applications: Applications
    ) -> None:
        """Takes how names are resolved; without rules every address is open: a proxy's."""
        self._resolve = resolve
        self._rules = rules
        self._applications = applications

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """Returns a connection to a host, at the first of its addresses that answers.

        Raises:
            IsServedError: it is this server's own.
            DownloadError: no address of the host is open to fetches.
        """
        with _translated(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = self.find(host, port)
            for number, address in enumerate(addresses, 1):
                left = seconds_left()
                is_last = number == len(addresses)
                try:
                    connection = socket.create_connection(
                        (address, port), left if is_last else left * FALLBACK_SHARE
                    )
                except OSError:
                    if is_last:
                        raise
                    continue
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return Stream(connection)
        raise DownloadError(f"{host!r} has no address")

    def find(self, host: str, port: int) -> list[str]:
        """Returns the addresses of a host that may be reached; see `connect_tcp`."""
        addresses = self._resolve(host, port, seconds_left())
        if self._rules is None:
            return addresses
        for address in addresses:
            if is_own_machine(address):
                if (served := self._applications.find(address, port)) is not None:
                    raise IsServedError(served)
                if self._applications.is_own_port(port):
                    raise DownloadError(f"{host}:{port} is the Admin Console, closed to fetches")
        refusals = {address: self._rules.refusal(address) for address in addresses}
        if found := [address for address, refusal in refusals.items() if not refusal]:
            return found
        reasons = ", ".join(f"{address} is {reason}" for address, reason in refusals.items())
        raise DownloadError(f"{host!r} is closed to fetches: {reasons or 'it has no address'}")


@contextmanager
def _translated(timeout: type[Exception], failure: type[Exception]) -> Iterator[None]:
    """Raises what the HTTP client expects of a network where the system's errors come."""
    try:
        yield
    except ssl.SSLError:
        raise
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except OSError as error:
        raise failure(str(error)) from error
