"""Statistics of what is stored: entities of the kinds `__Stat_...__`, made anew once a day.

They are made when somebody asks for them and the last ones are a day old: at once where there is
little to count, else by a thread, and the old ones are given meanwhile. What is counted are the
bytes of entities and index rows as they are stored here.

Source: App Engine, "Datastore Statistics".
"""

import logging
from collections.abc import Iterator
from threading import Lock, Thread
from typing import cast

import sqlalchemy as sql

from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.commit import Write
from appengine.datastore.server.entities import Record, decode, encoder, place_of, values_of
from appengine.datastore.server.keys import decode_key
from appengine.datastore.server.tallies import PREFIX, Tallies
from appengine.datastore.server.writes import Writer
from appengine.datastore.service import MAX_BATCH, Entity, Key
from appengine.datastore.tables import counters, entities
from appengine.storage.clock import Clock
from appengine.storage.connection import Prepared, upsert
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError

DAY_MICROSECONDS = 24 * 3600 * 1_000_000
"""Age at which statistics are made anew."""

AT_ONCE = 5000
"""Entities that are counted while who asks waits: about a second."""

CHUNK = 500
"""Entities that are read at once."""

MADE_AT = b"statistics made at"
"""Name of the counter that holds the time of the last statistics, in microseconds."""

_logger = logging.getLogger(__name__)
_mine = entities.c.application == sql.bindparam("application")
_next_entities = Prepared(
    sql.select(entities.c.key, entities.c.body)
    .where(_mine, entities.c.key > sql.bindparam("after"))
    .order_by(entities.c.key)
    .limit(sql.bindparam("count")),
    "application",
    "after",
    "count",
)
_made_at = sql.select(counters.c.value).where(counters.c.name == MADE_AT)


def is_statistic(kind: object) -> bool:
    """Whether entities of a kind are statistics."""
    return str(kind).startswith(PREFIX)


class Statistics:
    """The statistics of one application."""

    def __init__(self, storage: Storage, application: str) -> None:
        self._storage = storage
        self._application = application
        self._catalog = storage.companion(Catalog, application)
        self._mutex = Lock()
        self._thread: Thread | None = None

    def refresh(self, clock: Clock) -> None:
        """Makes the statistics anew if the last ones are a day old."""
        if not self._is_old(clock):
            return
        if not self._is_large():
            with self._mutex:
                if self._is_old(clock):
                    self.make(clock)
            return
        self._start(clock)

    def begin(self, clock: Clock) -> None:
        """Makes the statistics anew, whatever their age: at once where there is little to count."""
        self._start(clock)
        if not self._is_large():
            self.wait()

    @property
    def is_counting(self) -> bool:
        """Whether a thread of this process makes the statistics now."""
        return self._thread is not None and self._thread.is_alive()

    def _start(self, clock: Clock) -> None:
        with self._mutex:
            if not self.is_counting:
                self._thread = Thread(target=self._work, args=(clock,), daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Waits for the thread that makes them, if there is one."""
        if self._thread is not None:
            self._thread.join()

    def make(self, clock: Clock) -> None:
        """Counts everything that is stored now and writes the statistics, in place of the old."""
        now = clock.now_microseconds()
        found = self._count()
        old = set(self._old_keys())
        made = [self._write(entity) for entity in found.entities(now)]
        gone = old - {write.key for write in made}
        writes = [*made, *(Write(key, place_of(key), None) for key in gone)]
        writer = Writer(self._storage, self._application, clock)
        for at in range(0, len(writes), MAX_BATCH):
            writer.write(writes[at : at + MAX_BATCH], {})
        self._note(now)

    def _work(self, clock: Clock) -> None:
        try:
            self.make(clock)
        except StorageError as error:
            _logger.error("the statistics are not made: %s", error)

    def _is_old(self, clock: Clock) -> bool:
        with self._storage.read() as connection:
            made = connection.scalar(_made_at.where(counters.c.application == self._application))
        return abs(clock.now_microseconds() - cast(int, made or 0)) >= DAY_MICROSECONDS

    def _is_large(self) -> bool:
        mine = (
            sql.select(entities.c.key)
            .where(entities.c.application == self._application)
            .limit(AT_ONCE + 1)
            .subquery()
        )
        with self._storage.read() as connection:
            count = connection.scalar(sql.select(sql.func.count()).select_from(mine))
        return cast(int, count) > AT_ONCE

    def _count(self) -> Tallies:
        tallies = Tallies()
        for key, body in self._stored():
            with self._storage.read() as connection:
                indexes = self._catalog.at(connection)
            entity = decode(body)
            if not str(entity.key.path[-2]).startswith("__"):
                rows = indexes.rows_of(entity.key, key, values_of(entity))
                tallies.add(entity, len(body), len(key), rows, indexes)
        return tallies

    def _stored(self) -> Iterator[tuple[bytes, bytes]]:
        """Yields all entities by key; no SQL transaction stays open meanwhile."""
        last = b""
        while True:
            with self._storage.read() as connection:
                rows = _next_entities.all(connection, self._application, last, CHUNK)
            for key, body in rows:
                yield cast(bytes, key), cast(bytes, body)
            if len(rows) < CHUNK:
                return
            last = cast(bytes, rows[-1][0])

    def _old_keys(self) -> Iterator[Key]:
        for encoded, _body in self._stored():
            key = decode_key(encoded)
            if is_statistic(key.path[-2]):
                yield key

    def _write(self, entity: Entity) -> Write:
        place = place_of(entity.key)
        record = Record(place, entity, encoder.encode(entity), values_of(entity))
        return Write(entity.key, place, record)

    def _note(self, now: int) -> None:
        row = {"application": self._application, "name": MADE_AT, "value": now}
        insert = upsert(counters).values(row)
        with self._storage.transaction() as connection:
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[counters.c.application, counters.c.name],
                    set_={"value": insert.excluded.value},
                )
            )
