"""What holds an application's items: one interface for the host's own store and for memcached."""

from collections.abc import Sequence
from typing import Protocol

from appengine.memcache.service import DeleteRequest, Found, IncrementRequest, SetRequest
from appengine.memcache.service import StatsResponse as Stats

MONTH_SECONDS = 30 * 86400
"""A longer time is one since 1970. Source: App Engine, "Memcache", `set`, `time`."""


class UnavailableError(Exception):
    """The cache cannot be reached: its items are missing."""


class Store(Protocol):
    """One application's cache, shared by the threads of a process.

    Every method may raise UnavailableError.
    """

    def get(self, namespace: str, keys: Sequence[bytes], *, peek: bool) -> list[Found | None]:
        """Returns items; see `GetRequest`."""

    def set(self, request: SetRequest) -> list[int]:
        """Stores items; see `SetRequest`."""

    def delete(self, request: DeleteRequest) -> list[bool | None]:
        """Deletes items; see `DeleteRequest`."""

    def increment(self, request: IncrementRequest) -> list[int | None]:
        """Changes counters; see `IncrementRequest`."""

    def flush(self) -> None:
        """Forgets all items."""

    def stats(self) -> Stats:
        """Returns what it holds and has done."""

    def close(self) -> None:
        """Lets go of files and connections."""


def changed(value: bytes, delta: int, *, is_decrement: bool) -> bytes | None:
    """Returns a counter's new value as text; None: it was no number from 0 to 2**64 - 1.

    Source: App Engine, "Memcache", `incr` and `decr`: wraps at 64 bits, never falls below 0.
    """
    text = value.strip()
    if not text.isdigit() or (number := int(text[:21])) >= 2**64:
        return None
    number = max(0, number - delta) if is_decrement else (number + delta) % 2**64
    return b"%d" % number
