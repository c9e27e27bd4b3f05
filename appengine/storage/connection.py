"""A connection: SQLAlchemy's for everything, and the driver's for statements compiled once."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from operator import itemgetter
from typing import ClassVar, cast
from weakref import WeakSet

import sqlalchemy as sql
from sqlalchemy.dialects.sqlite import insert as upsert

from appengine.storage.sqlite import compile_text

__all__ = ["Connection", "Prepared", "Row", "Value", "upsert"]

Value = None | int | float | str | bytes
Row = tuple[Value, ...]


class Connection:
    """A connection that a storage has begun; it is the block's until the block ends.

    Attributes:
        core: SQLAlchemy's connection.
        driver: the driver's, for `Prepared` statements.
    """

    __slots__ = ("core", "driver")

    def __init__(self, core: sql.Connection) -> None:
        self.core = core
        self.driver = cast(sqlite3.Connection, core.connection.driver_connection)

    def execute(
        self,
        statement: sql.Executable,
        parameters: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> sql.CursorResult[tuple[Value, ...]]:
        """Executes a statement of SQLAlchemy Core and returns its result."""
        return self.core.execute(statement, parameters)

    def scalar(
        self, statement: sql.Executable, parameters: Mapping[str, object] | None = None
    ) -> Value:
        """Executes a statement and returns the first column of its first row, or None."""
        value: Value = self.core.scalar(statement, parameters)
        return value

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undoes what its block has written if the block raises."""
        self.driver.execute("SAVEPOINT inner")
        try:
            yield
        except BaseException:
            if self.driver.in_transaction:
                self.driver.execute("ROLLBACK TO inner")
                self.driver.execute("RELEASE inner")
            raise
        self.driver.execute("RELEASE inner")

    def roll_back(self) -> None:
        """Ends the SQL transaction, if there still is one, without its writes."""
        if self.driver.in_transaction:
            self.driver.execute("ROLLBACK")

    def close(self) -> None:
        """Closes the connection."""
        self.core.close()


class Prepared:
    """A statement that SQLAlchemy compiles once and the driver runs: for the hottest paths.

    Its parameters are bound by position, in the order of `names`.
    """

    known: ClassVar["WeakSet[Prepared]"] = WeakSet()
    """All there are."""

    def __init__(self, statement: sql.ClauseElement, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._arrange: Callable[[Row], Row] | None = None
        self.known.add(self)

    @cached_property
    def text(self) -> str:
        """The statement in the dialect's SQL."""
        text, order = compile_text(self._statement, self._names)
        if order != list(range(len(self._names))):
            self._arrange = _picking(order)
        return text

    def one(self, connection: Connection, *values: Value) -> Row | None:
        """Returns the first row, or None."""
        row: Row | None = self._run(connection, values).fetchone()
        return row

    def all(self, connection: Connection, *values: Value) -> list[Row]:
        """Returns all rows."""
        rows: list[Row] = self._run(connection, values).fetchall()
        return rows

    def rows(self, connection: Connection, *values: Value) -> Iterator[Row]:
        """Returns the rows one by one; the connection stays taken until the last."""
        return iter(self._run(connection, values))

    def change(self, connection: Connection, *values: Value) -> int:
        """Executes a writing statement and returns how many rows it changed."""
        return self._run(connection, values).rowcount

    def change_many(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Executes a writing statement once for each row of values."""
        text = self.text
        if (arrange := self._arrange) is not None:
            rows = map(arrange, rows)
        connection.driver.executemany(text, rows)

    def _run(self, connection: Connection, values: Row) -> sqlite3.Cursor:
        text = self.text
        if (arrange := self._arrange) is not None:
            values = arrange(values)
        return connection.driver.execute(text, values)


def _picking(order: Sequence[int]) -> Callable[[Row], Row]:
    """Returns a function that arranges values as a statement's question marks want them."""
    if len(order) == 1:
        place = order[0]
        return lambda values: (values[place],)
    return itemgetter(*order) if order else lambda _: ()
