"""An application's cache on memcached servers, by consistent hashing.

Items of several applications lie side by side there, so a key is a hash of application, generation,
namespace and key. To forget all items of one application, its generation is changed.
"""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b

from pymemcache import HashClient
from pymemcache.exceptions import MemcacheClientError, MemcacheError

from appengine.memcache.server.local import LocalStore
from appengine.memcache.server.store import MONTH_SECONDS, UnavailableError, changed
from appengine.memcache.service import (
    ERROR,
    EXISTS,
    NOT_STORED,
    STORED,
    DeleteRequest,
    Found,
    IncrementRequest,
    Item,
    Offset,
    SetRequest,
    StatsResponse,
)

LOCKED = 2**16
"""The flag of an item that was deleted and may not be added again while it is there."""

PORT = 11211
TIMEOUT_SECONDS = 1.0
"""For a connection, and for an answer: a cache that is slower is none."""

DEAD_SECONDS = 10
"""For which a server that has failed is left alone."""

KNOWN_SECONDS = 10.0
"""For which a process knows the generation whose server is gone: the others' items stay."""

POOLED = 16
"""Connections of a process to one server."""

TRIES = 20
"""Of a change that others keep coming before."""

Stored = tuple[bytes, int]


class _Serde:
    """Takes values as they are, with their flags."""

    def serialize(self, key: str, value: Stored) -> Stored:
        """Returns value and flags."""
        return value

    def deserialize(self, key: str, value: bytes, flags: int) -> Stored:
        """Returns value and flags."""
        return value, flags


class MemcachedStore:
    """One application's cache on memcached servers; what it has done is counted on this host."""

    def __init__(
        self,
        servers: Sequence[str],
        application: str,
        counts: LocalStore,
        jitter: float = 0.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Takes the servers as `host:port`; `jitter` is as in `Limits`."""
        addresses = [_address(server) for server in servers]
        # What cannot be read is missing, but what cannot be written has to be told apart.
        self._readers = _connect(addresses, ignore_errors=True)
        self._client = _connect(addresses, ignore_errors=False)
        self._application = application
        self._counts = counts
        self._jitter = jitter
        self._now = now
        self._known = (b"", -KNOWN_SECONDS)

    def get(self, namespace: str, keys: Sequence[bytes], *, peek: bool) -> list[Found | None]:
        """Returns items; memcached does not tell when they expire or were used."""
        with _available():
            names = self._names(namespace, keys)
            answers = self._readers.gets_many(list(dict.fromkeys(names)))
        found = [_found(answers.get(name), peek=peek) for name in names]
        hits = [(key, item) for key, item in zip(keys, found, strict=True) if item is not None]
        size = sum(len(key) + len(item.value) for key, item in hits)
        self._counts.note((), 0, len(hits), len(found) - len(hits), size)
        return found

    def set(self, request: SetRequest) -> list[int]:
        """Stores items; ERROR for those whose server does not answer."""
        with _available():
            names = self._names(request.namespace, [item.key for item in request.items])
        expires = self._expiry(request.time, self._jitter)
        statuses = []
        for name, item in zip(names, request.items, strict=True):
            try:
                statuses.append(self._set(request.policy, name, item, expires))
            except (MemcacheError, OSError):
                statuses.append(ERROR)
        return statuses

    def _set(self, policy: str, name: str, item: Item, expires: int) -> int:
        value = (item.value, item.flags)
        if policy == "cas":
            if item.cas_id is None:
                return NOT_STORED
            done = self._client.cas(name, value, str(item.cas_id).encode(), expires, noreply=False)
            return {True: STORED, False: EXISTS}.get(done, NOT_STORED)
        if policy == "replace" and self._read(name)[0] is None:
            return NOT_STORED
        done = getattr(self._client, policy)(name, value, expires, noreply=False)
        return STORED if done else NOT_STORED

    def delete(self, request: DeleteRequest) -> list[bool | None]:
        """Deletes items; None for those whose server does not answer."""
        with _available():
            names = self._names(request.namespace, request.keys)
        deleted: list[bool | None] = []
        for name in names:
            try:
                deleted.append(self._delete(name, request.time))
            except (MemcacheError, OSError):
                deleted.append(None)
        return deleted

    def _delete(self, name: str, lock_seconds: int) -> bool:
        if not lock_seconds:
            return bool(self._client.delete(name, noreply=False))
        if self._client.get(name) is None:
            return False
        expires = self._expiry(lock_seconds, 0.0)
        return bool(self._client.set(name, (b"", LOCKED), expires, noreply=False))

    def increment(self, request: IncrementRequest) -> list[int | None]:
        """Changes counters."""
        with _available():
            names = self._names(request.namespace, [offset.key for offset in request.items])
        values: list[int | None] = []
        for name, offset in zip(names, request.items, strict=True):
            try:
                values.append(self._increment(name, offset))
            except (MemcacheError, OSError):
                values.append(None)
        return values

    def _increment(self, name: str, offset: Offset) -> int | None:
        """Changes one counter.

        Growing ones need one command; memcached leaves blanks behind those that fall, so they are
        read and exchanged, like those that are not there yet.
        """
        if not offset.is_decrement:
            try:
                if (value := self._client.incr(name, offset.delta, noreply=False)) is not None:
                    return int(value)
            except MemcacheClientError:  # no number: it may be a lock
                pass
        for _ in range(TRIES):
            old, cas_id = self._read(name)
            if old is None and offset.initial_value is None:
                return None
            value, flags = old or (b"%d" % (offset.initial_value or 0), offset.initial_flags)
            new = changed(value, offset.delta, is_decrement=offset.is_decrement)
            if new is None:
                return None
            if cas_id is None:
                done = self._client.add(name, (new, flags), 0, noreply=False)
            else:
                done = self._client.cas(name, (new, flags), cas_id, 0, noreply=False)
            if done:
                return int(new)
        return None

    def _read(self, name: str) -> tuple[Stored | None, bytes | None]:
        """Returns an item and its cas id; a locked one is none, but has an id."""
        value, cas_id = self._client.gets(name)
        return (None if value is None or value[1] & LOCKED else value), cas_id

    def flush(self) -> None:
        """Changes the generation: no item of before is found any more."""
        with _available():
            generation = secrets.token_bytes(8)
            self._client.set(self._generation_name(), (generation, 0), noreply=False)
        self._known = (generation, time.monotonic())
        self._counts.flush()

    def stats(self) -> StatsResponse:
        """Returns this host's counts; items and bytes are the servers', of all applications."""
        items = size = 0
        for client in self._client.clients.values():
            try:
                answer = client.stats()
            except (MemcacheError, OSError):
                continue
            items += int(answer.get(b"curr_items", 0))
            size += int(answer.get(b"bytes", 0))
        counted = self._counts.stats()
        return StatsResponse(
            hits=counted.hits,
            misses=counted.misses,
            byte_hits=counted.byte_hits,
            items=items,
            bytes=size,
        )

    def close(self) -> None:
        """Closes the connections."""
        self._readers.close()
        self._client.close()
        self._counts.close()

    def _names(self, namespace: str, keys: Sequence[bytes]) -> list[str]:
        """Returns what keys are called on the servers."""
        prefix = b"\0".join(
            (self._application.encode(), self._generation(), namespace.encode(), b"")
        )
        return [blake2b(prefix + key, digest_size=24).hexdigest() for key in keys]

    def _generation(self) -> bytes:
        """Returns the application's generation; where nobody knows it any more, all items are lost.

        It lies on one of the servers. When that is gone, the one that has its place gets the
        generation that was known a moment ago.
        """
        name = self._generation_name()
        for _ in range(TRIES):
            if (found := self._client.get(name)) is not None:
                self._known = (bytes(found[0]), time.monotonic())
                return self._known[0]
            known, at = self._known
            is_fresh = time.monotonic() - at < KNOWN_SECONDS
            generation = known if is_fresh else secrets.token_bytes(8)
            self._client.add(name, (generation, 0), noreply=False)
        raise UnavailableError("the servers keep nothing")

    def _generation_name(self) -> str:
        return blake2b(self._application.encode(), digest_size=24, person=b"generation").hexdigest()

    def _expiry(self, seconds: int, jitter: float) -> int:
        """Returns a time as memcached takes it; -1 is over already."""
        if seconds > MONTH_SECONDS:
            return seconds if seconds > self._now() else -1
        return max(1, round(seconds * (1 - jitter * random.random()))) if seconds else 0  # noqa: S311  # no secret


def _found(answer: tuple[Stored, bytes] | None, *, peek: bool) -> Found | None:
    if answer is None:
        return None
    (value, flags), cas_id = answer
    is_locked = bool(flags & LOCKED)
    if is_locked and not peek:
        return None
    return Found(value, flags & ~LOCKED, int(cas_id), locked_until=int(is_locked))


def _address(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if colon and port.isdigit():
        return host.strip("[]"), int(port)
    return server.strip("[]"), PORT


def _connect(addresses: Sequence[tuple[str, int]], *, ignore_errors: bool) -> HashClient:
    return HashClient(
        addresses,
        serde=_Serde(),
        connect_timeout=TIMEOUT_SECONDS,
        timeout=TIMEOUT_SECONDS,
        no_delay=True,
        use_pooling=True,
        max_pool_size=POOLED,
        retry_attempts=1,
        retry_timeout=1,
        dead_timeout=DEAD_SECONDS,
        ignore_exc=ignore_errors,
    )


@contextmanager
def _available() -> Iterator[None]:
    """Turns a failure of the servers into the loss of the cache."""
    try:
        yield
    except (MemcacheError, OSError) as error:
        raise UnavailableError(f"{type(error).__name__}: {error}") from error
