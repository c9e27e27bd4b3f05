"""Builds and removes composite indexes, a few rows at a time, while everybody reads and writes."""

import logging
from itertools import islice
from threading import Lock, Thread
from typing import cast

import sqlalchemy as sql

from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.commit import add_entries
from appengine.datastore.server.entities import decode, values_of
from appengine.datastore.server.indexes import (
    BUILDING,
    ERROR,
    SERVING,
    Definition,
    composite_values,
    kind_index,
)
from appengine.datastore.server.values import cut
from appengine.datastore.service import MAX_COMPOSITE_BYTES, MAX_INDEX_ROWS, Index
from appengine.datastore.tables import counters, entities, index_entries
from appengine.storage.connection import Connection, Prepared, Row, upsert
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError

CHUNK = 200
"""Entities of one transaction of a build: some milliseconds, so that no writer waits long."""

MOST_ROWS = 10_000
"""Rows behind which a transaction of a build ends, however few entities they are of."""

REMOVED_ROWS = 2000
"""Rows of one transaction of a removal."""

_logger = logging.getLogger(__name__)
_entries = index_entries.c
_stored = entities.c
_of_kind = (
    _entries.application == sql.bindparam("application"),
    _entries.index_id == sql.bindparam("index"),
)
_last = sql.tuple_(
    sql.bindparam("space"), sql.bindparam("value", type_=sql.LargeBinary), sql.bindparam("last")
)
_next_of_kind = Prepared(
    sql.select(_entries.namespace, _entries.key, _entries.bucket, _stored.body)
    .select_from(
        index_entries.join(
            entities,
            sql.and_(
                _stored.application == _entries.application,
                _stored.key == _entries.key,
                _stored.bucket == _entries.bucket,
            ),
        )
    )
    .where(*_of_kind, sql.tuple_(_entries.namespace, _entries.value, _entries.key) > _last)
    .order_by(_entries.namespace, _entries.value, _entries.key)
    .limit(sql.bindparam("count")),
    "application",
    "index",
    "space",
    "value",
    "last",
    "count",
)
"""A kind's entities behind a place: as one range of its index, however far into it that is."""

_progress = upsert(counters).values(
    application=sql.bindparam("application"),
    name=sql.bindparam("name"),
    value=sql.bindparam("number"),
)
_note_progress = Prepared(
    _progress.on_conflict_do_update(
        index_elements=[counters.c.application, counters.c.name],
        set_={"value": _progress.excluded.value},
    ),
    "application",
    "name",
    "number",
)


Stored = tuple[str, bytes, int, bytes]
"""An entity: its namespace, key, bucket and body."""


class Builds:
    """The builds of one application in one process; in other processes the same may go on.

    A row that is there already is left alone, so several may build one index at once, and one may
    take over from another that has died.
    """

    def __init__(self, storage: Storage, application: str) -> None:
        self._catalog = storage.companion(Catalog, application)
        self._mutex = Lock()
        self._locks: dict[int, Lock] = {}
        self._threads: dict[int, Thread] = {}

    def finish(self, definition: Definition) -> None:
        """Builds an index to the end, or waits until another thread has done so."""
        with self._mutex:
            lock = self._locks.setdefault(definition.id, Lock())
        with lock:
            found = self._catalog.known.find(definition.name)
            if found is not None and found.id == definition.id and found.state == BUILDING:
                build(self._catalog, definition)

    def start(self, definition: Definition) -> None:
        """Has an index built by a thread of its own, if none does so."""
        with self._mutex:
            thread = self._threads.get(definition.id)
            if thread is None or not thread.is_alive():
                thread = Thread(target=self._work, args=(definition,), daemon=True)
                self._threads[definition.id] = thread
                thread.start()

    def wait(self, definition: Definition, seconds: float | None = None) -> bool:
        """Waits for the thread that `start` has started; returns whether it has ended."""
        with self._mutex:
            thread = self._threads.get(definition.id)
        if thread is None:
            return True
        thread.join(seconds if seconds is None else max(0.0, seconds))
        return not thread.is_alive()

    def _work(self, definition: Definition) -> None:
        _logger.info("building an index of %s in the background", definition.kind)
        try:
            self.finish(definition)
        except StorageError as error:
            _logger.error("an index of %s is not built: %s", definition.kind, error)
        else:
            _logger.info("built an index of %s", definition.kind)


def build(catalog: Catalog, definition: Definition) -> None:
    """Adds the rows of all entities to an index, then lets queries use it.

    Commits keep the index's rows from its definition on, so only older entities are missing. If
    an entity would have too many rows, the index is in error, and serves nothing.
    """
    kind = catalog.known.find(kind_index(definition.kind))
    place: Stored | None = ("", b"", 0, b"")
    done = 0
    while kind is not None and place is not None:
        with catalog.storage.transaction() as connection:
            piece = _Piece(connection, catalog.application, definition)
            place = piece.add_behind(place, kind.id)
            done += piece.count
            _note_progress.change(
                connection, catalog.application, progress_name(definition.id), done
            )
        if not piece.fits:
            catalog.set_state(definition, ERROR)
            _logger.error("an entity has too many rows in an index of %s", definition.kind)
            return
    catalog.set_state(definition, SERVING)


class _Piece:
    """The entities of one transaction of a build.

    Attributes:
        count: how many they are.
        fits: False if one has too many rows; then none is added.
    """

    def __init__(self, connection: Connection, application: str, definition: Definition) -> None:
        self._connection = connection
        self._application = application
        self._definition = definition
        self._rows: list[Row] = []
        self.count = 0
        self.fits = True

    def add_behind(self, place: Stored, kind_id: int) -> Stored | None:
        """Adds the rows of some entities behind a place; returns the last one if there are more."""
        start = (place[0], b"", place[1])
        found = _next_of_kind.rows(self._connection, self._application, kind_id, *start, CHUNK)
        last = None
        for row in found:
            last = cast(Stored, row)
            self.count += 1
            self._prepare(*last)
            if not self.fits:
                return None
            if len(self._rows) > MOST_ROWS:
                break
        else:
            if self.count < CHUNK:
                last = None
        self._rows.sort()  # neighbours share pages
        add_entries(self._connection, self._rows)
        return last

    def _prepare(self, namespace: str, key: bytes, bucket: int, body: bytes) -> None:
        values = composite_values(self._definition, key, values_of(decode(body)))
        sizes = {cut(value): len(value) for value in islice(values, MAX_INDEX_ROWS + 1)}
        size_bytes = sum(sizes.values()) + len(sizes) * len(key)
        self.fits = len(sizes) <= MAX_INDEX_ROWS and size_bytes <= MAX_COMPOSITE_BYTES
        place = (self._application, self._definition.id, namespace)
        self._rows += [(*place, value, key, bucket) for value in sizes]


def progress_name(index_id: int) -> bytes:
    """Returns the name of the counter of the entities that a build has gone through."""
    return b"index built:%d" % index_id


def progress_of(
    connection: Connection, catalog: Catalog, definition: Definition
) -> tuple[int, int]:
    """Returns how many entities a build has gone through, and how many there are."""
    done = connection.scalar(
        sql.select(counters.c.value).where(
            counters.c.application == catalog.application,
            counters.c.name == progress_name(definition.id),
        )
    )
    return cast(int, done or 0), count_kind(connection, catalog, definition.kind)


def describe(connection: Connection, catalog: Catalog, definition: Definition) -> Index:
    """Returns an index as applications and the console list it."""
    done, total = 0, 0
    if definition.state == BUILDING:
        done, total = progress_of(connection, catalog, definition)
    return Index(
        id=definition.id,
        kind=definition.kind,
        ancestor=definition.ancestor,
        properties=definition.properties,
        state=definition.state,
        done=done,
        total=total,
    )


def count_kind(connection: Connection, catalog: Catalog, kind: str, most: int = 2**31) -> int:
    """Returns how many entities a kind has in all namespaces, at most `most`."""
    index = catalog.known.find(kind_index(kind))
    if index is None:
        return 0
    rows = (
        sql.select(_entries.key)
        .where(_entries.application == catalog.application, _entries.index_id == index.id)
        .limit(most)
        .subquery()
    )
    return cast(int, connection.scalar(sql.select(sql.func.count()).select_from(rows)))


def remove(catalog: Catalog, definition: Definition) -> int:
    """Removes an index and all its rows; returns how many those were.

    From its first step on no query uses the index and no commit keeps it. A removal that was cut
    off goes on when it is asked for again.
    """
    catalog.retire(definition)
    place = sql.tuple_(_entries.namespace, _entries.value, _entries.key, _entries.bucket)
    mine = (
        _entries.application == catalog.application,
        _entries.index_id == definition.id,
    )
    some = (
        sql.select(_entries.namespace, _entries.value, _entries.key, _entries.bucket)
        .where(*mine)
        .limit(REMOVED_ROWS)
    )
    total = 0
    while True:
        with catalog.storage.transaction() as connection:
            count = connection.execute(
                sql.delete(index_entries).where(*mine, place.in_(some))
            ).rowcount
        total += count
        if count < REMOVED_ROWS:
            break
    catalog.forget(definition)
    return total
