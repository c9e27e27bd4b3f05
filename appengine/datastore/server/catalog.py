"""The catalog: defines indexes, and knows those of the moment that a connection sees."""

from collections.abc import Iterable
from secrets import randbits
from typing import cast

import msgspec
import sqlalchemy as sql

from appengine.datastore.server.entities import Values
from appengine.datastore.server.indexes import (
    BUILDING,
    COMPOSITE,
    DELETING,
    RETIRED,
    SERVING,
    Definition,
    Indexes,
    State,
    Want,
)
from appengine.datastore.service import BadRequestError, Order
from appengine.datastore.tables import counters, index_definitions
from appengine.storage.connection import Connection, Prepared, upsert
from appengine.storage.engine import Storage

LAST_ID = b"last index id"
"""Name of the highest id that a removed index had: none is ever used again."""

GENERATION = b"index generation"
"""Name of the number that changes with each change of the indexes."""

MAX_COMPOSITES = 200
"""Composite indexes of an application. Source: App Engine, "Quotas and limits"."""

_columns = index_definitions.c
_orders = msgspec.msgpack.Decoder(tuple[Order, ...])
_read_counter = Prepared(
    sql.select(counters.c.value).where(
        counters.c.application == sql.bindparam("application"),
        counters.c.name == sql.bindparam("name"),
    ),
    "application",
    "name",
)


class Catalog:
    """The indexes of one application, in one process.

    Indexes of kinds and properties are defined before the first entity that needs them is
    written, and stay. A commit and a query each ask for the indexes of their own moment, so no
    entity misses a row and no query an index, whichever process has defined it.
    """

    def __init__(self, storage: Storage, application: str) -> None:
        self.storage = storage
        self.application = application
        self._known = Indexes(-1, [])

    @property
    def known(self) -> Indexes:
        """The indexes of the last moment that was looked at."""
        return self._known

    def at(self, connection: Connection) -> Indexes:
        """Returns the indexes that there are at a connection's moment."""
        row = _read_counter.one(connection, self.application, GENERATION)
        generation = 0 if row is None else cast(int, row[0])
        known = self._known
        if known.generation != generation:
            self._known = known = Indexes(generation, self._read(connection))
        return known

    def _read(self, connection: Connection) -> list[Definition]:
        mine = sql.select(index_definitions).where(_columns.application == self.application)
        return [
            Definition(
                id=row.index_id,
                kind=row.kind,
                properties=_orders.decode(row.properties),
                ancestor=row.ancestor,
                form=row.form,
                state=row.state,
                multiple=row.multiple,
            )
            for row in connection.execute(mine)
        ]

    def ensure(self, kind: str, values: Iterable[Values]) -> None:
        """Defines the indexes that entities of a kind with these values need and that are absent.

        It is durable before the entities are written: a lost commit leaves an empty index only.
        """
        found = list(values)
        if not any(self._known.missing(kind, found)):
            return
        with self.storage.transaction() as connection:
            absent, multiples = self.at(connection).missing(kind, found)
            if absent or multiples:
                self._define(connection, absent)
                self._mark_multiple(connection, multiples)
                self._move_generation(connection)
        self._look()

    def define_composite(
        self, kind: str, properties: tuple[Order, ...], ancestor: bool
    ) -> Definition:
        """Returns a composite index; one that was absent is to be built.

        Raises:
            BadRequestError: there are too many.
        """
        want: Want = (COMPOSITE, kind, properties, ancestor)
        with self.storage.transaction() as connection:
            indexes = self.at(connection)
            if indexes.find(want) is None:
                if len(indexes.all_composites()) >= MAX_COMPOSITES:
                    raise BadRequestError(f"there are {MAX_COMPOSITES} composite indexes already")
                self._define(connection, [want])
                self._move_generation(connection)
        self._look()
        found = self._known.find(want)
        if found is None:  # another process has just removed it again
            raise BadRequestError(f"the index of {kind!r} was removed while it was defined")
        return found

    def set_state(self, definition: Definition, state: State) -> None:
        """Moves a composite index to another state."""
        with self.storage.transaction() as connection:
            connection.execute(
                sql.update(index_definitions).where(*self._is(definition)).values(state=state)
            )
            self._move_generation(connection)
        self._look()

    def retire(self, definition: Definition) -> None:
        """Takes a composite index from queries and commits; its rows are still there."""
        with self.storage.transaction() as connection:
            connection.execute(
                sql.update(index_definitions)
                .where(*self._is(definition))
                .values(state=DELETING, form=RETIRED)
            )
            self._move_generation(connection)
        self._look()

    def forget(self, definition: Definition) -> None:
        """Removes the definition of an index that has no rows any more."""
        with self.storage.transaction() as connection:
            self._raise(connection, LAST_ID, definition.id)
            connection.execute(sql.delete(index_definitions).where(*self._is(definition)))
            self._move_generation(connection)
        self._look()

    def _is(self, definition: Definition) -> tuple[sql.ColumnElement[bool], ...]:
        return (
            _columns.application == self.application,
            _columns.index_id == definition.id,
        )

    def _look(self) -> None:
        with self.storage.read() as connection:
            self.at(connection)

    def _define(self, connection: Connection, names: list[Want]) -> None:
        mine = _columns.application == self.application
        last = connection.scalar(sql.select(sql.func.max(_columns.index_id)).where(mine))
        row = _read_counter.one(connection, self.application, LAST_ID)
        first = max(cast(int, last or 0), cast(int, row[0]) if row else 0) + 1
        rows = [
            {
                "application": self.application,
                "index_id": first + number,
                "kind": kind,
                "properties": msgspec.msgpack.encode(properties),
                "ancestor": ancestor,
                "form": form,
                "state": BUILDING if form == COMPOSITE else SERVING,
                "multiple": form == COMPOSITE,
            }
            for number, (form, kind, properties, ancestor) in enumerate(names)
        ]
        if rows:
            connection.execute(sql.insert(index_definitions), rows)

    def _mark_multiple(self, connection: Connection, names: list[Want]) -> None:
        for form, kind, properties, _ancestor in names:
            connection.execute(
                sql.update(index_definitions)
                .where(
                    _columns.application == self.application,
                    _columns.form == form,
                    _columns.kind == kind,
                    _columns.properties == msgspec.msgpack.encode(properties),
                )
                .values(multiple=True)
            )

    def _move_generation(self, connection: Connection) -> None:
        """Makes every other process look again.

        A random number, not the next one: what a lost commit had defined, and a neighbour in its
        group had seen, can then never pass for what another commit defines instead.
        """
        self._set(connection, GENERATION, randbits(62) + 1)

    def _raise(self, connection: Connection, name: bytes, value: int) -> None:
        row = _read_counter.one(connection, self.application, name)
        self._set(connection, name, max(value, cast(int, row[0]) if row else 0))

    def _set(self, connection: Connection, name: bytes, value: int) -> None:
        row = {"application": self.application, "name": name, "value": value}
        insert = upsert(counters).values(row)
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=[counters.c.application, counters.c.name],
                set_={"value": insert.excluded.value},
            )
        )
