"""The host's own cache: a SQLite file in memory, which all workers of the front share.

Reading changes nothing in the file. What was used is noted, and written with the next change or
within a second, so the order in which items are pushed out may be that much behind.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec

from appengine.memcache.server import statements as sql
from appengine.memcache.server.near import NearCache
from appengine.memcache.server.store import MONTH_SECONDS, UnavailableError, changed
from appengine.memcache.service import (
    EXISTS,
    NOT_STORED,
    STORED,
    DeleteRequest,
    Found,
    IncrementRequest,
    Item,
    SetRequest,
    StatsResponse,
)
from appengine.memcache.tables import memcache_metadata
from appengine.storage.connection import Connection, Row
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError

MICROSECONDS = 1_000_000

ITEM_OVERHEAD = 73
"""Bytes that each item counts beside key and value. Source: App Engine, "Memcache", limits."""

NOTED = 500
"""Reads after which they are written."""

NOTED_SECONDS = 1.0
EVICTED = 100
"""Items that are pushed out at once, and then more if that does not do."""


class Limits(msgspec.Struct, frozen=True):
    """What the operator allows.

    Attributes:
        size_bytes: of all items of an application, each with 73 bytes for itself.
        jitter: the most of an item's time, as a share, that it expires earlier by chance.
    """

    size_bytes: int
    jitter: float = 0.0


class Reads(msgspec.Struct):
    """What was read and is not yet written: which items, by id, and counts."""

    used: dict[int, int] = msgspec.field(default_factory=dict)
    hits: int = 0
    misses: int = 0
    byte_hits: int = 0


class LocalStore:
    """One application's cache."""

    def __init__(
        self,
        path: Path,
        limits: Limits,
        now_microseconds: Callable[[], int],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Opens or makes the file; it is the application's alone."""
        with _available():
            self._storage = Storage(path, memcache_metadata, synchronous="OFF")
            self._near = NearCache(path.with_suffix(".marks"))
        self._limits = limits
        self._now = now_microseconds
        self._chance = chance
        self._reads = Reads()
        self._lock = threading.Lock()
        self._has_reads = threading.Event()
        self._writer: threading.Thread | None = None
        self._is_closed = False
        self._get_text = sql.get.text

    def get(self, namespace: str, keys: Sequence[bytes], *, peek: bool) -> list[Found | None]:
        """Returns items, and notes that they were used, unless one only peeks."""
        now = self._now()
        near = [self._near.find(namespace, key, now) for key in keys] if not peek else []
        if near and None not in near:
            found: list[Found | None] = [each[4] for each in near if each is not None]
            used = [each[2] for each in near if each is not None]
        else:
            found, used = self._read(namespace, keys, now, peek=peek)
        size = sum(
            len(key) + len(item.value) for key, item in zip(keys, found, strict=True) if item
        )
        self.note(() if peek else used, now, len(used), len(keys) - len(used), size)
        return found

    def _read(
        self, namespace: str, keys: Sequence[bytes], now: int, *, peek: bool
    ) -> tuple[list[Found | None], list[int]]:
        """Returns items from the file, and the ids of those that there are."""
        found: list[Found | None] = []
        used: list[int] = []
        with _available(), self._storage.look() as connection:
            execute, text = connection.driver.execute, self._get_text
            for key in keys:
                marks = self._near.read_marks(key)
                row = execute(text, (namespace, key)).fetchone()
                if row is None or 0 < row[4] <= now or (row[6] and not peek):
                    found.append(None)
                    continue
                expires = row[4] // MICROSECONDS
                locked_until = expires if row[6] else 0
                item = Found(row[1], row[2], row[3], expires, row[5] // MICROSECONDS, locked_until)
                found.append(item)
                used.append(row[0])
                if not peek:
                    self._near.remember(namespace, key, marks, (row[0], row[4], item))
        return found, used

    def note(self, used: Sequence[int], now: int, hits: int, misses: int, size: int) -> None:
        """Notes a read: the ids of the items that it makes younger, and what to count."""
        with self._lock:
            reads = self._reads
            for each in used:
                reads.used[each] = now
            reads.hits += hits
            reads.misses += misses
            reads.byte_hits += size
            is_full = len(reads.used) >= NOTED
        if is_full:
            with self._change():
                pass
        elif not self._has_reads.is_set():
            self._wake()

    def _wake(self) -> None:
        """Lets the reads be written soon, by a thread that sleeps while there are none."""
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_reads, daemon=True)
                self._writer.start()
        self._has_reads.set()

    def _write_reads(self) -> None:
        pause = threading.Event()
        while True:
            self._has_reads.wait()
            pause.wait(NOTED_SECONDS)
            if self._is_closed:
                return
            self._has_reads.clear()
            try:
                with self._change():
                    pass
            except UnavailableError:
                continue

    def set(self, request: SetRequest) -> list[int]:
        """Stores items; when they are too many, those go that were not used the longest."""
        with self._change() as change:
            expires = self._end(request.time, change.now)
            statuses = [self._set(change, request, item, expires) for item in request.items]
        return statuses

    def _set(self, change: "Change", request: SetRequest, item: Item, expires: int) -> int:
        old = change.find(request.namespace, item.key)
        is_locked = old is not None and bool(old[6])
        if request.policy == "add":
            if old is not None:
                return NOT_STORED
        elif request.policy == "replace":
            if old is None or is_locked:
                return NOT_STORED
        elif request.policy == "cas":
            if old is None or is_locked or item.cas_id is None:
                return NOT_STORED
            if old[3] != item.cas_id:
                return EXISTS
        change.put(request.namespace, item.key, item.value, item.flags, expires, old)
        return STORED

    def _end(self, time: int, now: int) -> int:
        """Returns when what is stored now for a time expires, in microseconds; 0: never."""
        if not time:
            return 0
        if time > MONTH_SECONDS:
            return time * MICROSECONDS
        early = self._limits.jitter * self._chance()
        return now + max(1, round(time * MICROSECONDS * (1 - early)))

    def delete(self, request: DeleteRequest) -> list[bool | None]:
        """Deletes items; locks their keys where a time is given."""
        with self._change() as change:
            deleted: list[bool | None] = []
            until = request.time if request.time > MONTH_SECONDS else 0
            until = (until or request.time + change.now // MICROSECONDS) * MICROSECONDS
            for key in request.keys:
                old = change.find(request.namespace, key)
                deleted.append(old is not None)
                if old is not None and request.time:
                    change.put(request.namespace, key, b"", 0, until, old, is_locked=True)
                elif old is not None:
                    change.remove(old)
        return deleted

    def increment(self, request: IncrementRequest) -> list[int | None]:
        """Changes counters."""
        with self._change() as change:
            values: list[int | None] = []
            for offset in request.items:
                old = change.find(request.namespace, offset.key)
                if old is not None and not old[6]:
                    value, flags, expires = cast(bytes, old[1]), cast(int, old[2]), old[4]
                elif offset.initial_value is not None:
                    value, flags, expires = b"%d" % offset.initial_value, offset.initial_flags, 0
                else:
                    values.append(None)
                    continue
                new = changed(value, offset.delta, is_decrement=offset.is_decrement)
                if new is not None:
                    change.put(request.namespace, offset.key, new, flags, cast(int, expires), old)
                values.append(None if new is None else int(new))
        return values

    def flush(self) -> None:
        """Forgets all items and counts."""
        with self._lock:
            self._reads = Reads()
        with self._change() as change:
            change.clear()
        self._near.change_all()

    def stats(self) -> StatsResponse:
        """Returns what the cache holds and has done."""
        with self._change() as change:
            change.drop_expired()
            oldest = change.oldest()
            return StatsResponse(
                hits=change.hits,
                misses=change.misses,
                byte_hits=change.byte_hits,
                items=change.items,
                bytes=change.bytes,
                oldest_item_age=0 if oldest is None else (change.now - oldest) // MICROSECONDS,
            )

    @contextmanager
    def _change(self) -> Iterator["Change"]:
        """Gives the file to write, with the reads that were noted; bounds it afterwards."""
        with _available(), self._storage.transaction() as connection:
            with self._lock:
                reads, self._reads = self._reads, Reads()
            change = Change(connection, self._now())
            change.take_reads(reads)
            yield change
            change.shrink(self._limits.size_bytes)
            change.save()
        for key in change.changed:  # now that others find the change
            self._near.change(key)

    def close(self) -> None:
        """Closes the file, and ends the thread."""
        self._is_closed = True
        self._has_reads.set()
        self._storage.close()
        self._near.close()


class Change:
    """One transaction on a cache's file, with its totals, and the keys that it has changed."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.now = now
        self.changed: list[bytes] = []
        self._connection = connection
        row = sql.sums.one(connection)
        if row is None:  # ids start where no file before has been
            row = (0, 0, 0, 0, 0, now << 8)
        self.items, self.bytes, self.hits, self.misses, self.byte_hits, self._cas_id = cast(
            tuple[int, int, int, int, int, int], row
        )

    def take_reads(self, reads: Reads) -> None:
        """Writes when items were used, and counts."""
        if reads.used:
            sql.use.change_many(self._connection, [(at, item) for item, at in reads.used.items()])
        self.hits += reads.hits
        self.misses += reads.misses
        self.byte_hits += reads.byte_hits

    def find(self, namespace: str, key: bytes) -> Row | None:
        """Returns an item's row, locked or not; an expired one is removed."""
        row = sql.get.one(self._connection, namespace, key)
        if row is not None and row[4] and cast(int, row[4]) <= self.now:
            self.remove(row)
            return None
        return row

    def put(
        self,
        namespace: str,
        key: bytes,
        value: bytes,
        flags: int,
        expires: int,
        old: Row | None,
        *,
        is_locked: bool = False,
    ) -> None:
        """Stores an item in the place of an old one."""
        if old is not None:
            self.remove(old)
        size = len(key) + len(value)
        self.changed.append(key)
        self._cas_id += 1
        sql.put.change(
            self._connection,
            namespace,
            key,
            value,
            flags,
            self._cas_id,
            expires,
            self.now,
            self.now,
            is_locked,
            size,
        )
        if not is_locked:
            self.items += 1
            self.bytes += size

    def remove(self, row: Row) -> None:
        """Removes an item."""
        sql.remove.change(self._connection, row[0])
        self.changed.append(cast(bytes, row[-1]))
        if not row[6]:
            self.items -= 1
            self.bytes -= cast(int, row[7])

    def drop_expired(self) -> None:
        """Removes items whose time is over."""
        for row in sql.expired.all(self._connection, self.now):
            self.remove(row)

    def oldest(self) -> int | None:
        """Returns when the item was made that was not used for the longest time."""
        rows = sql.unused.all(self._connection, EVICTED)
        return next((cast(int, row[8]) for row in rows if not row[6]), None)

    def shrink(self, size_bytes: int) -> None:
        """Pushes out what was not used for the longest time, until the rest has room."""
        if self._is_within(size_bytes):
            return
        self.drop_expired()
        while not self._is_within(size_bytes):
            for row in sql.unused.all(self._connection, EVICTED):
                self.remove(row)
                if self._is_within(size_bytes):
                    break

    def _is_within(self, size_bytes: int) -> bool:
        return self.bytes + self.items * ITEM_OVERHEAD <= size_bytes

    def clear(self) -> None:
        """Removes all items and counts."""
        sql.clear.change(self._connection)
        self.items = self.bytes = self.hits = self.misses = self.byte_hits = 0

    def save(self) -> None:
        """Writes the totals."""
        sql.save.change(
            self._connection,
            self.items,
            self.bytes,
            self.hits,
            self.misses,
            self.byte_hits,
            self._cas_id,
        )


@contextmanager
def _available() -> Iterator[None]:
    """Turns a failure of the file into the loss of the cache."""
    try:
        yield
    except (StorageError, OSError) as error:
        raise UnavailableError(str(error)) from error
