"""What the front does for memcache: finds the application's cache, and hides its loss."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from appengine.memcache.server.local import Limits, LocalStore
from appengine.memcache.server.memcached import MemcachedStore
from appengine.memcache.server.store import Store, UnavailableError
from appengine.memcache.service import (
    ERROR,
    DeleteRequest,
    DeleteResponse,
    FlushRequest,
    FlushResponse,
    Found,
    GetRequest,
    GetResponse,
    IncrementRequest,
    IncrementResponse,
    MemcacheService,
    SetRequest,
    SetResponse,
    StatsRequest,
    StatsResponse,
)
from appengine.rpc.server import Resources, Server

__all__ = ["MemcacheServer", "open_store"]

MIB = 2**20
MAX_SHOWN = 100
"""Bytes of a key that the trace shows."""

T = TypeVar("T")


class MemcacheServer(Server, MemcacheService):
    """Answers from the application's cache; where there is none, as if it were empty."""

    def get(self, request: GetRequest) -> GetResponse:
        """Returns items."""
        lost: list[Found | None] = [None] * len(request.keys)
        found = self._try(
            lambda store: store.get(request.namespace, request.keys, peek=request.peek), lost
        )
        self._note_keys(request.keys)
        self.note("hits", len(request.keys) - found.count(None))
        return GetResponse(items=tuple(found))

    def set(self, request: SetRequest) -> SetResponse:
        """Stores items."""
        self._note_keys([item.key for item in request.items])
        lost = [ERROR] * len(request.items)
        return SetResponse(statuses=tuple(self._try(lambda store: store.set(request), lost)))

    def delete(self, request: DeleteRequest) -> DeleteResponse:
        """Deletes items."""
        self._note_keys(request.keys)
        lost: list[bool | None] = [None] * len(request.keys)
        return DeleteResponse(deleted=tuple(self._try(lambda store: store.delete(request), lost)))

    def increment(self, request: IncrementRequest) -> IncrementResponse:
        """Changes counters."""
        self._note_keys([item.key for item in request.items])
        lost: list[int | None] = [None] * len(request.items)
        values = self._try(lambda store: store.increment(request), lost)
        return IncrementResponse(values=tuple(values))

    def flush(self, request: FlushRequest) -> FlushResponse:
        """Forgets all items."""

        def flush(store: Store) -> bool:
            store.flush()
            return True

        return FlushResponse(done=self._try(flush, False))

    def stats(self, request: StatsRequest) -> StatsResponse:
        """Returns what the cache holds and has done."""
        return self._try(lambda store: store.stats(), StatsResponse(is_available=False))

    def _note_keys(self, keys: Sequence[bytes]) -> None:
        """Writes the first key into the trace, and how many more there are."""
        if keys:
            first = keys[0][:MAX_SHOWN].decode("utf-8", "backslashreplace")
            self.note("key", first if len(keys) == 1 else f"{first} and {len(keys) - 1} more")

    def _try(self, work: Callable[[Store], T], lost: T) -> T:
        try:
            return work(open_store(self.resources, self.caller.application))
        except UnavailableError as error:
            self.note("lost", str(error)[:200])
            return lost


def open_store(resources: Resources, application: str) -> Store:
    """Returns an application's cache, one for each process.

    Raises:
        UnavailableError: it cannot be opened.
    """
    return resources.once(
        f"memcache.store:{application}", lambda: _make_store(resources, application)
    )


def _make_store(resources: Resources, application: str) -> Store:
    options, data = resources.options, resources.open_storage(application).path
    directory = Path(resources.settings.get("memcache.directory") or data.parent)
    limits = Limits(options.memcache_size * MIB, options.memcache_jitter / 100)
    local = LocalStore(
        directory / f"memcache-{data.name}", limits, resources.clock.now_microseconds
    )
    if options.memcache:
        return MemcachedStore(options.memcache, application, local, limits.jitter)
    return local
