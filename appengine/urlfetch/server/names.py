"""Addresses of names, within a time: the system's own search for them knows no deadline."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from appengine.urlfetch.service import DNSLookupFailedError

THREADS = 32
"""Searches that may hang at a time."""

Resolve = Callable[[str, int, float], list[str]]
"""Returns the addresses of a host for a port, found within some seconds, in order of preference."""


class Resolver:
    """Finds addresses on threads of its own, which outlive a deadline."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="names")

    def __call__(self, host: str, port: int, seconds: float) -> list[str]:
        """Returns the addresses of a host.

        Raises:
            DNSLookupFailedError: there are none.
            TimeoutError: they were not found in time.
        """
        search = self._pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = search.result(max(0.0, seconds))
        except (socket.gaierror, UnicodeError) as error:
            raise DNSLookupFailedError(f"no address of {host!r} is known: {error}") from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))
