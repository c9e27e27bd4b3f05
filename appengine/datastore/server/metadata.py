"""What the datastore knows of itself, as entities: namespaces, kinds, properties, groups' versions.

Nothing of it is stored: it is read from the indexes, at a cost that does not grow with the data.
Source: App Engine, "Metadata Queries".
"""

from collections.abc import Iterator
from itertools import dropwhile, islice, takewhile
from typing import cast

import msgspec
import sqlalchemy as sql

from appengine.datastore.server.commit import read_version
from appengine.datastore.server.entities import encoder, place_of
from appengine.datastore.server.indexes import KEY_NAME, Indexes, kind_index, property_index
from appengine.datastore.server.keys import (
    AFTER,
    decode_key,
    encode_key,
    encode_text,
    end_of_text,
    unescape,
)
from appengine.datastore.server.planner import Plan
from appengine.datastore.server.queries import Answer
from appengine.datastore.server.scan import Position
from appengine.datastore.server.snapshot import Snapshot
from appengine.datastore.server.values import (
    BOOLEAN,
    FLOAT,
    INTEGER,
    NONE,
    POINT,
    REFERENCE,
    STRING,
    USER,
)
from appengine.datastore.service import BadRequestError, Entity, Key, Property, Query, Reference
from appengine.datastore.tables import entities, index_entries
from appengine.storage.connection import Connection, Prepared

NAMESPACE, KIND, PROPERTY, GROUP = "__namespace__", "__kind__", "__property__", "__entity_group__"

KINDS = frozenset({NAMESPACE, KIND, PROPERTY, GROUP})
"""The kinds whose entities are made when they are asked for."""

DEFAULT_NAMESPACE = 1
"""The id that stands for the name of the default namespace, which is empty."""

REPRESENTATION = "property_representation"
"""The property that names the types of a property's values."""

CHILD = 4
"""Items of the path of a root's child."""

REPRESENTATIONS = {
    NONE: "NULL",
    INTEGER: "INT64",
    BOOLEAN: "BOOLEAN",
    STRING: "STRING",
    FLOAT: "DOUBLE",
    POINT: "POINT",
    USER: "USER",
    REFERENCE: "REFERENCE",
}
"""The name of each type of values by the byte that its encoding begins with."""

_entries = index_entries.c
_first_entry = Prepared(
    sql.select(_entries.key)
    .where(
        _entries.application == sql.bindparam("application"),
        _entries.index_id == sql.bindparam("index"),
        _entries.namespace == sql.bindparam("space"),
        _entries.value >= sql.bindparam("low"),
        _entries.value < sql.bindparam("high"),
    )
    .limit(1),
    "application",
    "index",
    "space",
    "low",
    "high",
)
_first_entity = Prepared(
    sql.select(entities.c.key)
    .where(
        entities.c.application == sql.bindparam("application"),
        entities.c.key >= sql.bindparam("first"),
    )
    .order_by(entities.c.key)
    .limit(1),
    "application",
    "first",
)


def check_query(query: Query) -> None:
    """Refuses what metadata cannot be asked for.

    Raises:
        BadRequestError: another filter than one on fitting keys, another order than by them, a
            projection, an ancestor that has no properties below it, or entity groups.
    """
    if query.kind == GROUP:
        raise BadRequestError(f"queries not supported on {GROUP}")
    if query.projection or any(item.property != KEY_NAME for item in query.filters):
        raise BadRequestError(f"Only comparison filters on {KEY_NAME} supported on {query.kind}")
    if query.orders and (query.orders[0].property != KEY_NAME or query.orders[0].descending):
        raise BadRequestError(f"Only ascending order on {KEY_NAME} supported on {query.kind}")
    if query.ancestor is not None:
        if query.kind != PROPERTY:
            raise BadRequestError(f"ancestor queries on {query.kind} not allowed")
        _check_key(PROPERTY, query.ancestor)
    for item in query.filters:
        if isinstance(item.value, Reference):
            _check_key(query.kind, item.value.key)


def _check_key(kind: str, key: Key) -> None:
    path = key.path
    fits = {
        NAMESPACE: path[::2] == (NAMESPACE,) and path[1] in (DEFAULT_NAMESPACE, str(path[1])),
        KIND: path[::2] == (KIND,) and isinstance(path[1], str),
        PROPERTY: path[::2] in ((KIND,), (KIND, PROPERTY))
        and all(isinstance(name, str) for name in path[1::2]),
    }
    if not fits[kind]:
        raise BadRequestError(f"invalid Key for {kind} table: {path!r}")


class Metadata:
    """What there is at a connection's moment.

    Attributes:
        rows_read: rows of the indexes and of the entities that were looked at.
    """

    def __init__(
        self,
        connection: Connection,
        application: str,
        indexes: Indexes,
        snapshot: Snapshot | None = None,
    ) -> None:
        self._connection = connection
        self._application = application
        self._indexes = indexes
        self._snapshot = snapshot
        self.rows_read = 0

    def keys(self, kind: str, namespace: str) -> Iterator[Key]:
        """Yields the keys of all entities of a metadata kind, in their order."""
        if kind == NAMESPACE:
            names = self._namespaces()
            return (Key(namespace, (NAMESPACE, name or DEFAULT_NAMESPACE)) for name in names)
        kinds = (Key(namespace, (KIND, name)) for name in self._kinds(namespace))
        if kind == KIND:
            return kinds
        return (
            Key(namespace, (*key.path, PROPERTY, name))
            for key in kinds
            for name in self._properties(namespace, str(key.path[-1]))
        )

    def body(self, key: Key) -> bytes | None:
        """Returns the entity of a key as an application reads it, or None."""
        properties = self._properties_of(key)
        return None if properties is None else encoder.encode(Entity(key, properties))

    def _properties_of(self, key: Key) -> tuple[Property, ...] | None:
        """Returns what the entity of a key holds; None where there is no such entity."""
        path, space = key.path, key.namespace
        kinds = path[::2]
        exists = False
        if len(path) == CHILD and path[2:] == (GROUP, 1):
            return (Property("__version__", (self._version(Key(space, path[:2])),)),)
        if kinds == (KIND, PROPERTY):
            found = tuple(self._representations(space, str(path[1]), str(path[3])))
            return (Property(REPRESENTATION, found, multiple=True),) if found else None
        if kinds == (KIND,):
            exists = self._has_kind(space, str(path[1]))
        elif kinds == (NAMESPACE,):
            wanted = "" if path[1] == DEFAULT_NAMESPACE else str(path[1])
            exists = next(self._namespaces(wanted), None) == wanted
        return () if exists else None

    def _version(self, root: Key) -> int:
        """Returns the version of an entity group, as the transaction sees it if there is one."""
        place = place_of(root)
        if self._snapshot is not None:
            return self._snapshot.touch(place.root)
        return read_version(self._connection, self._application, place.root, place.bucket)

    def _namespaces(self, first: str = "") -> Iterator[str]:
        """Yields the namespaces that hold entities, from `first` on, by a look at each one."""
        start = encode_text(first)
        while True:
            self.rows_read += 1
            row = _first_entity.one(self._connection, self._application, start)
            if row is None:
                return
            key = cast(bytes, row[0])
            space = key[: end_of_text(key, 0)]
            yield unescape(space).decode()
            start = space + AFTER

    def _kinds(self, namespace: str) -> Iterator[str]:
        return (name for name in self._indexes.kinds() if self._has_kind(namespace, name))

    def _has_kind(self, namespace: str, kind: str) -> bool:
        index = self._indexes.find(kind_index(kind))
        return index is not None and self._has_rows(index.id, namespace, b"", AFTER)

    def _properties(self, namespace: str, kind: str) -> Iterator[str]:
        for name in self._indexes.properties(kind):
            index = self._indexes.find(property_index(kind, name))
            if index is not None and self._has_rows(index.id, namespace, b"", AFTER):
                yield name

    def _representations(self, namespace: str, kind: str, name: str) -> list[str]:
        index = self._indexes.find(property_index(kind, name))
        if index is None:
            return []
        return [
            representation
            for tag, representation in REPRESENTATIONS.items()
            if self._has_rows(index.id, namespace, tag, bytes([tag[0] + 1]))
        ]

    def _has_rows(self, index_id: int, namespace: str, low: bytes, high: bytes) -> bool:
        self.rows_read += 1
        place = (self._application, index_id, namespace)
        return _first_entry.one(self._connection, *place, low, high) is not None


class _Scan:
    """Positions of metadata, read piece by piece."""

    def __init__(self, metadata: Metadata, plan: Plan) -> None:
        self.rows_read = 0
        self._metadata = metadata
        self._plan = plan

    def fetch(self, start: Position, count: int) -> tuple[list[Position], bool]:
        """Returns positions from `start` on, and whether those are all that there are."""
        query, keys = self._plan.query, self._plan.keys
        first = max(start[1], keys.low)
        found = map(encode_key, self._metadata.keys(query.kind, query.namespace))
        within = takewhile(lambda key: key < keys.high, dropwhile(lambda key: key < first, found))
        positions = [(b"", key) for key in islice(within, count)]
        self.rows_read = self._metadata.rows_read
        return positions, len(positions) < count


class MetadataAnswer(Answer):
    """The results of a query for metadata."""

    def __init__(self, connection: Connection, application: str, plan: Plan, indexes: Indexes):
        """Prepares the answer to a query that `check_query` has found good."""
        super().__init__(connection, application, plan, None)
        self._metadata = Metadata(connection, application, indexes)
        self._scans = [_Scan(self._metadata, plan)]

    def _results(self, positions: list[Position]) -> Iterator[msgspec.Raw]:
        for _value, encoded in positions:
            key = decode_key(encoded)
            bare = encoder.encode(Entity(key, ()))
            body = bare if self._plan.query.keys_only else self._metadata.body(key)
            if body is not None:
                yield msgspec.Raw(body)
