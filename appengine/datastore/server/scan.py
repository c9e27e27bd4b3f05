"""Scans of indexes: pieces of (suffix value, key) in order from any place, and their join."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol, cast

import sqlalchemy as sql

from appengine.datastore.server.commit import read_body
from appengine.datastore.server.entities import Place, decode, values_of
from appengine.datastore.server.indexes import COMPOSITE, combine, composite_values
from appengine.datastore.server.keys import AFTER, bucket_of, root_of
from appengine.datastore.server.planner import ALL, Plan, Range, Source
from appengine.datastore.server.values import CUT_BYTES, DIGEST_BYTES, cut, invert
from appengine.datastore.tables import entities, index_entries
from appengine.storage.connection import Connection, Prepared

Position = tuple[bytes, bytes]
"""A row's suffix value, whole and inverted where descending, and its encoded key."""

MOVING = 2
"""Positions that a piece has at least, unless it ends: the start, and one to go on from."""

ALL_ROWS = 2**31
"""A count that no run has: runs are read whole."""

_entries = index_entries.c
_in_index = (
    _entries.application == sql.bindparam("application"),
    _entries.index_id == sql.bindparam("index"),
    _entries.namespace == sql.bindparam("space"),
)
_INDEX = ("application", "index", "space")
_place = sql.tuple_(_entries.value, _entries.key)
_from = sql.tuple_(
    sql.bindparam("low", type_=sql.LargeBinary), sql.bindparam("first", type_=sql.LargeBinary)
)

_keys_of_value = Prepared(
    sql.select(_entries.key)
    .where(
        *_in_index,
        _entries.value == sql.bindparam("same"),
        _entries.key >= sql.bindparam("first"),
        _entries.key < sql.bindparam("last"),
    )
    .order_by(_entries.key)
    .limit(sql.bindparam("count")),
    *_INDEX,
    "same",
    "first",
    "last",
    "count",
)
_upwards = Prepared(
    sql.select(_entries.value, _entries.key)
    .where(*_in_index, _place >= _from, _entries.value < sql.bindparam("high"))
    .order_by(_entries.value, _entries.key)
    .limit(sql.bindparam("count")),
    *_INDEX,
    "low",
    "first",
    "high",
    "count",
)
_downwards = Prepared(
    sql.select(_entries.value, _entries.key)
    .where(
        *_in_index,
        _entries.value >= sql.bindparam("low"),
        _entries.value < sql.bindparam("high"),
    )
    .order_by(_entries.value.desc(), _entries.key.desc())
    .limit(sql.bindparam("count")),
    *_INDEX,
    "low",
    "high",
    "count",
)
_entity_keys = Prepared(
    sql.select(entities.c.key)
    .where(
        entities.c.application == sql.bindparam("application"),
        entities.c.key >= sql.bindparam("first"),
        entities.c.key < sql.bindparam("last"),
    )
    .order_by(entities.c.key)
    .limit(sql.bindparam("count")),
    "application",
    "first",
    "last",
    "count",
)


class Piece(Protocol):
    """A scan, read piece by piece."""

    rows_read: int

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """Returns positions from `start` on, and whether those are all that there are."""


class KeyScan:
    """The rows of one value, by key: of a kind, or of an equality filter."""

    def __init__(self, connection: Connection, application: str, plan: Plan, source: Source):
        self.rows_read = 0
        self._connection = connection
        self._index = (application, source.index.id, plan.query.namespace, cut(source.prefix))
        self._keys = plan.keys

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """See `Piece`."""
        first = max(start[1], self._keys.low)
        rows = _keys_of_value.all(self._connection, *self._index, first, self._keys.high, count)
        self.rows_read += len(rows)
        return [(b"", cast(bytes, row[0])) for row in rows], len(rows) < count


class EntityScan:
    """All entities in a range of keys: kindless queries."""

    def __init__(self, connection: Connection, application: str, keys: Range) -> None:
        self.rows_read = 0
        self._connection = connection
        self._application = application
        self._keys = keys

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """See `Piece`."""
        first = max(start[1], self._keys.low)
        rows = _entity_keys.all(self._connection, self._application, first, self._keys.high, count)
        self.rows_read += len(rows)
        return [(b"", cast(bytes, row[0])) for row in rows], len(rows) < count


class _ValueScan:
    """What the scans of ranges of values share.

    Values longer than `CUT_BYTES` may be cut in the index, so rows that share as many bytes form
    a run, which is always read whole and sorted by the entities' own values.
    """

    def __init__(self, connection: Connection, application: str, plan: Plan, source: Source):
        self.rows_read = 0
        self._connection = connection
        self._definition = source.index
        self._index = (application, source.index.id, plan.query.namespace)
        self._prefix = source.prefix
        self._stored = plan.stored

    def _read(self, statement: Prepared, *values: bytes | int) -> list[Position]:
        rows = statement.all(self._connection, *self._index, *values)
        self.rows_read += len(rows)
        return cast(list[Position], rows)

    def _run(self, start: bytes) -> list[Position]:
        """Returns the whole values and keys of the rows whose values begin with `start`."""
        rows = self._read(_upwards, start + b"\0", b"", _behind(start), ALL_ROWS)
        stored: dict[bytes, set[bytes]] = {}  # by key: each entity is read once for all its rows
        for value, key in rows:
            stored.setdefault(key, set()).add(value)
        return [
            (whole, key)
            for key, values in stored.items()
            for whole in self._whole_values(key)
            if cut(whole) in values
            and whole.startswith(self._prefix)
            and whole[len(self._prefix) :] in self._stored
        ]

    def _whole_values(self, key: bytes) -> list[bytes]:
        """Returns an entity's values in the index as they were before they were cut."""
        place = Place(key, root_of(key), bucket_of(root_of(key)))
        body = read_body(self._connection, self._index[0], place)
        if body is None:
            return []
        values = values_of(decode(body))
        if self._definition.form == COMPOSITE:
            return list(composite_values(self._definition, key, values))
        return list(combine(self._definition.properties, key, values))


class RangeScan(_ValueScan):
    """Rows of a range of values behind a prefix, by value and key."""

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """See `Piece`."""
        first = max(start, (self._stored.low, b""))
        low, key = self._prefix + first[0], first[1]
        found: list[Position] = []
        if len(low) > CUT_BYTES:
            found += (item for item in self._suffixes(low[:CUT_BYTES]) if item >= first)
            low, key = _behind(low[:CUT_BYTES]), b""
        ended = False
        while len(found) < MOVING and not ended:
            rows = self._read(_upwards, low, key, self._high(), count)
            ended = len(rows) < count
            for run, items in groupby(rows, lambda row: _run_of(row[0])):
                found += self._plain(items) if run is None else self._suffixes(run)
                low, key = (rows[-1][0], rows[-1][1]) if run is None else (_behind(run), b"")
            key += b"\0" if key else b""
        return found, ended

    def _high(self) -> bytes:
        high = self._prefix + self._stored.high
        return high if len(high) <= CUT_BYTES else _behind(high[:CUT_BYTES])

    def _plain(self, rows: Iterable[Position]) -> list[Position]:
        size = len(self._prefix)
        return [(value[size:], key) for value, key in rows] if size else list(rows)

    def _suffixes(self, run: bytes) -> list[Position]:
        return self._plain(sorted(self._run(run)))


class BackwardScan(_ValueScan):
    """Rows of a property's own index from the highest value down, those of one value by key."""

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """See `Piece`."""
        count = max(count, MOVING)
        found: list[Position] = []
        low, high = self._low(), self._stored.high
        if start[0] and invert(start[0]) < high:
            high = invert(start[0])
            if high < self._stored.low:
                return [], True
            found = self._rest_of(high, start, count)
            high = high[:CUT_BYTES]
        elif len(high) > CUT_BYTES:
            high = _behind(high[:CUT_BYTES])
        ended = False
        while len(found) < MOVING and not ended:
            rows = self._read(_downwards, low, high, count)
            ended = len(rows) < count
            found += self._by_value(rows, ended, count)
            high = rows[-1][0][:CUT_BYTES] if rows else high
        return found, ended

    def _low(self) -> bytes:
        """Returns where rows end; a whole value that is the start of the lowest is below it."""
        low = self._stored.low
        return low if len(low) <= CUT_BYTES else low[:CUT_BYTES] + b"\0"

    def _by_value(self, rows: list[Position], ended: bool, count: int) -> Iterator[Position]:
        """Yields rows by value downwards and key upwards; the last value may have further rows."""
        groups = [(run, list(items)) for run, items in groupby(rows, lambda row: _group_of(row[0]))]
        for number, ((is_long, value), items) in enumerate(groups):
            if is_long:
                yield from self._inverted(self._run(value))
            elif ended or number < len(groups) - 1:
                yield from ((invert(value), key) for _value, key in reversed(items))
            else:
                yield from self._all_of(value, count)

    def _rest_of(self, value: bytes, start: Position, count: int) -> list[Position]:
        """Returns the rows of one value, or of its run, from a position on."""
        if len(value) > CUT_BYTES:
            return [item for item in self._inverted(self._run(value[:CUT_BYTES])) if item >= start]
        rows = self._read(_keys_of_value, value, start[1], ALL.high, count)
        return [(start[0], row[0]) for row in rows]

    def _all_of(self, value: bytes, count: int) -> list[Position]:
        """Returns the first rows of one value, by key."""
        return self._rest_of(value, (invert(value), b""), count)

    def _inverted(self, run: list[Position]) -> list[Position]:
        return sorted((invert(value), key) for value, key in run)


def _run_of(value: bytes) -> bytes | None:
    """Returns the start that a long value shares with its run."""
    return value[:CUT_BYTES] if len(value) > CUT_BYTES else None


def _group_of(value: bytes) -> tuple[bool, bytes]:
    return len(value) > CUT_BYTES, value[:CUT_BYTES]


def _behind(start: bytes) -> bytes:
    """Returns the first bytes behind all stored values that begin with `start`."""
    return start + AFTER * (DIGEST_BYTES + 1)
