"""Answers queries: streams of positions, corrected by what a transaction sees, in batches."""

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

import msgspec

from appengine.datastore.config import CompositeIndex, stanza
from appengine.datastore.server.commit import read_body
from appengine.datastore.server.cursors import make_cursor, read_cursor
from appengine.datastore.server.entities import Place, Values, decode, encoder, values_of
from appengine.datastore.server.indexes import COMPOSITE
from appengine.datastore.server.join import scans_of, stream
from appengine.datastore.server.keys import bucket_of, checked_key, decode_key, root_of
from appengine.datastore.server.planner import Plan
from appengine.datastore.server.scan import Position
from appengine.datastore.server.snapshot import Overlay, Snapshot
from appengine.datastore.server.values import encode_value, split
from appengine.datastore.service import (
    AnyValue,
    BadRequestError,
    Cursor,
    Entity,
    Key,
    Property,
    RunRequest,
    RunResponse,
)
from appengine.storage.connection import Connection

MOST_SKIPPED = 10_000
"""Results that one batch skips at most; the next one skips the others."""


MOST_REMEMBERED = 10_000
"""Entities whose first row one answer remembers: an entity may have thousands of rows."""

Projectable = tuple[Key, dict[str, dict[bytes, AnyValue]]]
"""An entity's key, and the values that a projection may give, by property and encoding."""


class Batch(NamedTuple):
    """Positions of one batch."""

    positions: list[Position]
    skipped: list[Position]
    more: bool


class Answer:
    """The results of one plan, as its caller sees them."""

    def __init__(
        self, connection: Connection, application: str, plan: Plan, snapshot: Snapshot | None
    ) -> None:
        """Touches the entity group, if a transaction asks.

        Raises:
            BadRequestError: a transaction asks without an ancestor.
        """
        self._connection = connection
        self._application = application
        self._plan = plan
        self._scans = scans_of(connection, application, plan)
        self._snapshot = snapshot
        self._firsts: dict[bytes, bytes | None] = {}
        self._projectable: dict[bytes, Projectable] = {}
        self._root = b""
        if snapshot is not None:
            if plan.query.ancestor is None:
                raise BadRequestError("Only ancestor queries are allowed inside transactions.")
            self._root = root_of(checked_key(plan.query.ancestor))
            snapshot.touch(self._root)

    @property
    def new_versions(self) -> dict[Key, int]:
        """The version of the group that the query was the first to touch."""
        return {} if self._snapshot is None else self._snapshot.new_versions

    @property
    def rows_read(self) -> int:
        """Index rows that were read up to now."""
        return sum(scan.rows_read for scan in self._scans)

    def positions(self, start: Cursor, end: Cursor, count: int) -> Iterator[Position]:
        """Yields the results' positions between two cursors.

        Args:
            start: empty for the first result.
            end: empty for the last one.
            count: how many are likely to be wanted.
        """
        first, includes = read_cursor(self._plan, start) if start else ((b"", b""), True)
        found = self._merged(first, count)
        if not includes:
            found = (position for position in found if position != first)
        if self._plan.suffix:  # scans of values know nothing of filters on keys
            found = (position for position in found if position[1] in self._plan.keys)
        if self._plan.multiple and not self._plan.query.projection:
            found = filter(self._is_first, found)
        elif self._plan.is_partial:
            found = filter(self._has_equal, found)
        return self._until(found, end) if end else found

    def _until(self, found: Iterator[Position], end: Cursor) -> Iterator[Position]:
        last, excludes = read_cursor(self._plan, end)
        for position in found:
            if position > last or (excludes and position == last):
                return
            yield position

    def _merged(self, first: Position, count: int) -> Iterator[Position]:
        """Yields the rows, those that the transaction sees in place of newer ones."""
        rows = stream(self._scans, first, count)
        if self._snapshot is None:
            return rows
        overlay = self._snapshot.overlay(self._root)
        if not overlay:
            return rows
        unchanged = (position for position in rows if position[1] not in overlay)
        return merge(unchanged, self._overlaid(overlay, first))

    def _overlaid(self, overlay: Overlay, first: Position) -> list[Position]:
        """Returns the positions of entities that have changed since, as they were."""
        found = []
        for key, body in overlay.items():
            if body is None:
                continue
            entity = decode(body)
            query = self._plan.query
            if query.kind and entity.key.path[-2] != query.kind:
                continue
            values = values_of(entity)
            found += [(suffix, key) for suffix in self._plan.suffixes(key, values)]
        return sorted(position for position in found if position >= first)

    def _is_first(self, position: Position) -> bool:
        """Whether an entity with several rows has none before this one."""
        suffix, key = position
        if key not in self._firsts:
            if len(self._firsts) == MOST_REMEMBERED:
                self._firsts.clear()
            suffixes = self._plan.suffixes(key, self._values(key))
            self._firsts[key] = suffixes[0] if suffixes else None
        return self._firsts[key] == suffix

    def _has_equal(self, position: Position) -> bool:
        return self._plan.has_equal(self._values(position[1]))

    def _values(self, key: bytes) -> Values:
        body = self.body(key)
        return {} if body is None else values_of(decode(body))

    def body(self, key: bytes) -> bytes | None:
        """Returns the entity of a key as the query sees it."""
        root = root_of(key)
        place = Place(key, root, bucket_of(root))
        if self._snapshot is not None:
            return self._snapshot.body(place)
        return read_body(self._connection, self._application, place)

    def batch(self, request: RunRequest) -> Batch:
        """Returns the positions of one batch, after the request's offset."""
        size = (
            request.batch_size if request.limit is None else min(request.batch_size, request.limit)
        )
        skip = min(request.offset, MOST_SKIPPED)
        looks_on = request.limit is None or size < request.limit or skip < request.offset
        found = self._found(request.start, request.end, skip + size + looks_on)
        skipped = list(islice(found, skip))
        taken = [] if skip < request.offset else list(islice(found, size))
        more = looks_on and next(found, None) is not None
        return Batch(taken, skipped, more)

    def _found(self, start: Cursor, end: Cursor, count: int) -> Iterator[Position]:
        """Yields the results' positions: of a distinct query the first of each set of values."""
        size = len(self._plan.query.distinct)
        found = self.positions(start, end, count)
        if not size:
            yield from found
            return
        last = self._passed(start)[:size] if start else None
        for position in found:
            values = self._parts(position)[:size]
            if values != last:
                yield position
            last = values

    def _passed(self, start: Cursor) -> list[bytes]:
        """Returns the values that a cursor stands behind; none if it stands before its result."""
        position, includes = read_cursor(self._plan, start)
        return [] if includes else self._parts(position)

    def _parts(self, position: Position) -> list[bytes]:
        return split(position[0], tuple(order.descending for order in self._plan.suffix))

    def count(self, start: Cursor, end: Cursor, offset: int, limit: int | None) -> int:
        """Returns the number of results, at most `limit`, behind the first `offset`."""
        most = 2**31 if limit is None else offset + limit
        found = self._found(start, end, most)
        return max(0, sum(1 for _position in islice(found, most)) - offset)

    def respond(self, request: RunRequest) -> RunResponse:
        """Returns one batch of results as the caller gets it."""
        batch = self.batch(request)
        ends = batch.positions or batch.skipped
        return RunResponse(
            results=tuple(self._results(batch.positions)),
            skipped=len(batch.skipped),
            cursor=make_cursor(self._plan, ends[-1]) if ends else request.start,
            more=batch.more,
            cursors=tuple(make_cursor(self._plan, position) for position in batch.positions)
            if request.wants_cursors
            else (),
            versions=self.new_versions,
            index=_stanza(self._plan),
        )

    def _results(self, positions: list[Position]) -> Iterator[msgspec.Raw]:
        query = self._plan.query
        for position in positions:
            if query.keys_only:
                yield msgspec.Raw(encoder.encode(Entity(decode_key(position[1]), ())))
                continue
            body = self.body(position[1])
            if body is not None:
                yield msgspec.Raw(self._projected(position, body) if query.projection else body)

    def _projected(self, position: Position, body: bytes) -> bytes:
        """Returns the entity with the values of one index row only."""
        if position[1] not in self._projectable:
            self._projectable[position[1]] = self._values_to_project(body)
        key, values = self._projectable[position[1]]
        names = (order.property for order in self._plan.suffix)
        parts = dict(zip(names, self._parts(position), strict=True))
        kept = [
            Property(name, (found[parts[name]],) if parts[name] in found else ())
            for name, found in values.items()
        ]
        return encoder.encode(Entity(key, tuple(kept)))

    def _values_to_project(self, body: bytes) -> Projectable:
        entity = decode(body)
        values: dict[str, dict[bytes, AnyValue]] = {}
        for item in entity.properties:
            if item.name in self._plan.query.projection:
                found = values[item.name] = {}
                for value in item.values or (None,):  # an empty list
                    found.setdefault(encode_value(value), value)
        return entity.key, values


def _stanza(plan: Plan) -> str:
    """Returns the composite index that serves the query as index.yaml has it, or nothing."""
    for source in plan.sources or ():
        index = source.index
        if index.form == COMPOSITE:
            return stanza(CompositeIndex(index.kind, index.properties, index.ancestor))
    return ""
