"""A connection: SQLAlchemy's for everything, and the driver's for statements compiled once."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import cast

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

    def __init__(self, statement: sql.ClauseElement, *names: str) -> None:
        self._statement = statement
        self._names = names

    @cached_property
    def text(self) -> str:
        """The statement in the dialect's SQL, with numbered parameters."""
        return compile_text(self._statement, self._names)

    def one(self, connection: Connection, *values: Value) -> Row | None:
        """Returns the first row, or None."""
        row: Row | None = connection.driver.execute(self.text, values).fetchone()
        return row

    def all(self, connection: Connection, *values: Value) -> list[Row]:
        """Returns all rows."""
        rows: list[Row] = connection.driver.execute(self.text, values).fetchall()
        return rows

    def rows(self, connection: Connection, *values: Value) -> Iterator[Row]:
        """Returns the rows one by one; the connection stays taken until the last."""
        return iter(connection.driver.execute(self.text, values))

    def change(self, connection: Connection, *values: Value) -> int:
        """Executes a writing statement and returns how many rows it changed."""
        return connection.driver.execute(self.text, values).rowcount

    def change_many(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Executes a writing statement once for each row of values."""
        connection.driver.executemany(self.text, rows)
