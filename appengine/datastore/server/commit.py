"""Commits: claims on entity groups first, then entities, index rows and the log, all or nothing."""

from collections.abc import Iterable, Mapping
from typing import cast

import msgspec
import sqlalchemy as sql

from appengine.datastore.server import log
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.entities import Place, Record, decode, values_of
from appengine.datastore.server.indexes import Indexes, IndexRow
from appengine.datastore.service import ConcurrentTransactionError, Key
from appengine.datastore.tables import entities, entity_groups, index_entries
from appengine.storage.connection import Connection, Prepared, Value, upsert


def _bind(*names: str) -> dict[str, sql.BindParameter[Value]]:
    return {name: sql.bindparam(name) for name in names}


_groups, _rows, _entries = entity_groups.c, entities.c, index_entries.c
_GROUP = ("application", "group_key", "bucket")
_ENTITY = ("application", "key", "bucket", "version", "body")
_ENTRY = ("application", "index_id", "namespace", "value", "key", "bucket")
_this_group = (
    _groups.application == sql.bindparam("app"),
    _groups.group_key == sql.bindparam("root"),
    _groups.bucket == sql.bindparam("part"),
)
_create_group = Prepared(
    upsert(entity_groups).values(**_bind(*_GROUP), version=sql.text("1")).on_conflict_do_nothing(),
    *_GROUP,
)
_move_group = Prepared(
    sql.update(entity_groups)
    .where(*_this_group, _groups.version == sql.bindparam("seen"))
    .values(version=_groups.version + sql.text("1")),
    "app",
    "root",
    "part",
    "seen",
)
_touch_group = Prepared(
    upsert(entity_groups)
    .values(**_bind(*_GROUP), version=sql.text("1"))
    .on_conflict_do_update(
        index_elements=[_groups.application, _groups.group_key, _groups.bucket],
        set_={"version": _groups.version + sql.text("1")},
    )
    .returning(_groups.version),
    *_GROUP,
)
_touch_only = Prepared(
    upsert(entity_groups)
    .values(**_bind(*_GROUP), version=sql.text("1"))
    .on_conflict_do_update(
        index_elements=[_groups.application, _groups.group_key, _groups.bucket],
        set_={"version": _groups.version + sql.text("1")},
    ),
    *_GROUP,
)
_versions_of = sql.select(_groups.group_key, _groups.version).where(
    _groups.application == sql.bindparam("app"),
    _groups.group_key.in_(sql.bindparam("roots", expanding=True)),
)
_read_version = Prepared(sql.select(_groups.version).where(*_this_group), "app", "root", "part")
_read_body = Prepared(
    sql.select(_rows.body).where(
        _rows.application == sql.bindparam("app"),
        _rows.key == sql.bindparam("encoded"),
        _rows.bucket == sql.bindparam("part"),
    ),
    "app",
    "encoded",
    "part",
)
_put = upsert(entities).values(**_bind(*_ENTITY))
_put_entity = Prepared(
    _put.on_conflict_do_update(
        index_elements=[_rows.application, _rows.key, _rows.bucket],
        set_={"version": _put.excluded.version, "body": _put.excluded.body},
    ),
    *_ENTITY,
)
_delete_entity = Prepared(
    sql.delete(entities).where(
        _rows.application == sql.bindparam("app"),
        _rows.key == sql.bindparam("encoded"),
        _rows.bucket == sql.bindparam("part"),
    ),
    "app",
    "encoded",
    "part",
)
_add_entry = Prepared(
    upsert(index_entries).values(**_bind(*_ENTRY)).on_conflict_do_nothing(), *_ENTRY
)
_remove_entry = Prepared(
    sql.delete(index_entries).where(
        *(getattr(_entries, name) == sql.bindparam(f"this_{name}") for name in _ENTRY)
    ),
    *(f"this_{name}" for name in _ENTRY),
)


FEW = 8
"""Groups up to which each is moved by a statement of its own."""


class IndexesChangedError(Exception):
    """An index that the commit needs is not defined yet: define it and try again."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """One entity to store, or, without a record, to delete."""

    key: Key
    place: Place
    record: Record | None


def read_version(connection: Connection, application: str, root: bytes, bucket: int) -> int:
    """Returns a group's version, 0 if nothing was ever written to it."""
    row = _read_version.one(connection, application, root, bucket)
    return 0 if row is None else cast(int, row[0])


def read_body(connection: Connection, application: str, place: Place) -> bytes | None:
    """Returns the entity at a place as it is stored, or None."""
    row = _read_body.one(connection, application, place.key, place.bucket)
    return None if row is None else cast(bytes, row[0])


def add_entries(connection: Connection, rows: list[tuple[Value, ...]]) -> None:
    """Adds rows to indexes, in the order of the table's columns; those there stay."""
    _add_entry.change_many(connection, rows)


class Commit:
    """One commit, inside a transaction of the storage.

    Attributes:
        id: its number in the log, when it has run; 0 if it wrote nothing.
    """

    def __init__(
        self,
        connection: Connection,
        catalog: Catalog,
        ensured: Indexes,
        writes: Iterable[Write],
        now: int,
    ) -> None:
        """Prepares it.

        Args:
            connection: the writing one.
            catalog: the application's indexes.
            ensured: those among which everything that the writes need was found.
            writes: no key twice.
            now: the platform clock's time in microseconds.
        """
        self._connection = connection
        self._catalog = catalog
        self._ensured = ensured
        self._application = catalog.application
        self._writes = list(writes)
        self._now = now
        self.id = 0

    def run(self, reads: Mapping[bytes, tuple[int, int]]) -> dict[bytes, int]:
        """Does it and returns the new versions of the groups written, by root.

        Args:
            reads: bucket and version of each group that the transaction has touched, by root.

        Raises:
            ConcurrentTransactionError: a group has moved; the caller rolls back.
            IndexesChangedError: an index is not there; the caller rolls back.
        """
        reach = self._catalog.storage.reach
        reach("before claim")
        versions = self._claim(reads)
        reach("after claim")
        old = self._read_old(versions)
        self._write_entities(versions)
        self._write_indexes(self._indexes(), old)
        self._write_log(versions, old)
        return versions

    def _indexes(self) -> Indexes:
        """Returns the indexes of this moment, which may be others than those looked at before."""
        indexes = self._catalog.at(self._connection)
        if indexes is not self._ensured:
            for write in self._writes:
                values = [] if write.record is None else [write.record.values]
                if values and any(indexes.missing(str(write.key.path[-2]), values)):
                    raise IndexesChangedError(write.key.path[-2])
        return indexes

    def _claim(self, reads: Mapping[bytes, tuple[int, int]]) -> dict[bytes, int]:
        """Moves the written groups on, and makes sure that those only read have not moved."""
        written = {write.place.root: write.place.bucket for write in self._writes}
        if not reads and len(written) > FEW:
            return self._touch_many(written)
        versions: dict[bytes, int] = {}
        for root in sorted({*written, *reads}):  # one order for everyone: no deadlocks
            if root not in reads:
                bucket = written[root]
                row = _touch_group.one(self._connection, self._application, root, bucket)
                versions[root] = cast(int, (row or (0,))[0])
                continue
            bucket, seen = reads[root]
            if root in written:
                self._move(root, bucket, seen)
                versions[root] = seen + 1
            elif read_version(self._connection, self._application, root, bucket) != seen:
                raise _conflict(root, seen)
        return versions

    def _touch_many(self, written: Mapping[bytes, int]) -> dict[bytes, int]:
        """Moves many groups on, whatever their versions, by two statements; returns the new ones.

        What was moved is locked until the end of the SQL transaction, so the versions stay.
        """
        roots = sorted(written)
        application = self._application
        _touch_only.change_many(
            self._connection, [(application, root, written[root]) for root in roots]
        )
        rows = self._connection.execute(_versions_of, {"app": application, "roots": roots})
        return {row.group_key: row.version for row in rows}

    def _move(self, root: bytes, bucket: int, seen: int) -> None:
        group = (self._application, root, bucket)
        if seen == 0:
            moved = _create_group.change(self._connection, *group)
        else:
            moved = _move_group.change(self._connection, *group, seen)
        if moved != 1:
            raise _conflict(root, seen)

    def _read_old(self, versions: Mapping[bytes, int]) -> list[bytes | None]:
        """Returns the entities that are there now; a group at its first version had none."""
        return [
            read_body(self._connection, self._application, write.place)
            if versions[write.place.root] > 1
            else None
            for write in self._writes
        ]

    def _write_entities(self, versions: Mapping[bytes, int]) -> None:
        application = self._application
        puts, deletes = [], []
        for write in self._writes:
            place = write.place
            if write.record is None:
                deletes.append((application, place.key, place.bucket))
            else:
                version, body = versions[place.root], write.record.body
                puts.append((application, place.key, place.bucket, version, body))
        if puts:
            _put_entity.change_many(self._connection, puts)
        if deletes:
            _delete_entity.change_many(self._connection, deletes)

    def _write_indexes(self, indexes: Indexes, old: list[bytes | None]) -> None:
        gone: list[tuple[Value, ...]] = []
        new: list[tuple[Value, ...]] = []
        application = self._application
        for write, body in zip(self._writes, old, strict=True):
            before = _old_rows(indexes, write, body)
            after = _new_rows(indexes, write)
            space, key, bucket = write.key.namespace, write.place.key, write.place.bucket
            gone += [(application, n, space, v, key, bucket) for n, v in before - after]
            new += [(application, n, space, v, key, bucket) for n, v in after - before]
        if gone:
            _remove_entry.change_many(self._connection, gone)
        if new:
            new.sort()  # neighbours share pages
            add_entries(self._connection, new)

    def _write_log(self, versions: Mapping[bytes, int], old: list[bytes | None]) -> None:
        images: dict[bytes, log.Images] = {root: [] for root in versions}
        buckets: dict[bytes, int] = {}
        for write, body in zip(self._writes, old, strict=True):
            images[write.place.root].append((write.place.key, body))
            buckets[write.place.root] = write.place.bucket
        changes = [
            log.Change(root, buckets[root], version, images[root])
            for root, version in versions.items()
        ]
        self.id = log.append(self._connection, self._application, changes, self._now)


def _old_rows(indexes: Indexes, write: Write, body: bytes | None) -> set[IndexRow]:
    if body is None:
        return set()
    return indexes.rows_of(write.key, write.place.key, values_of(decode(body)))


def _new_rows(indexes: Indexes, write: Write) -> set[IndexRow]:
    if write.record is None:
        return set()
    return indexes.rows_of(write.key, write.place.key, write.record.values)


def _conflict(root: bytes, seen: int) -> ConcurrentTransactionError:
    return ConcurrentTransactionError(
        f"the entity group {root!r} has moved on from version {seen}, which the transaction read"
    )
