"""One database file: a fair writing connection that commits in groups, and pooled readers."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import TypeVar, cast

import sqlalchemy as sql

from appengine.storage import sqlite
from appengine.storage.connection import Connection, Prepared
from appengine.storage.errors import (
    OS_ERRORS,
    StorageBusyError,
    StorageError,
    StorageReadOnlyError,
)
from appengine.storage.files import check_format
from appengine.storage.patience import seconds_left
from appengine.storage.precedence import Precedence
from appengine.storage.turns import ProcessTurns, Turns

metadata = sql.MetaData()
"""The tables of an application's own file; rooms declare theirs in `tables.py`."""

platform_metadata = sql.MetaData()
"""The tables of the platform's file: versions, users, quotas."""

WAIT_SECONDS = 30.0
"""How long a writer waits for its turn unless it says otherwise, or its request ends before."""

IDLE_READERS = 16
"""Reading connections that are kept for later; each may keep some MB of pages."""

GROUP_SIZE = 64
"""Transactions that one SQL commit may carry; those that queue when it begins, and no later ones:
whoever comes back after a conflict has to find the commit done."""

T = TypeVar("T")


class _Group:
    """Transactions that are committed together: all durable, or none acknowledged."""

    def __init__(self, turns: int) -> None:
        self.turns = turns  # that may still follow
        self.size = 0
        self.done = threading.Event() if turns else None  # who is alone commits at once
        self.error: BaseException | None = None


def compile_statements() -> None:
    """Compiles what is declared by now, for all processes that will be forked of this one."""
    for tables in (metadata, platform_metadata):
        sqlite.creation_texts(tables)
    for statement in Prepared.known:
        _ = statement.text


def _nothing(_point: str) -> None:
    """Is called at each named point of a commit; tests put a failure in its place."""


class Storage:
    """A database: `transaction()` to write, `read()` to see one moment, `look()` for one query.

    Each process opens its own connections, also after a fork; each file has one writer at a time.

    Attributes:
        path: the file.
        reach: called with the name of each point that a commit reaches: `begun`,
            `before commit`, `after commit`, and those of the rooms.
    """

    def __init__(
        self,
        path: Path,
        tables: sql.MetaData = metadata,
        *,
        synchronous: str = "NORMAL",
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        reach: Callable[[str], None] = _nothing,
    ) -> None:
        """Opens or creates the file.

        Args:
            path: the file; its directory exists.
            tables: those that it holds; they are created when they are first needed.
            synchronous: `NORMAL` survives the end of any process, `FULL` also of the power,
                `OFF` neither.
            factory: the class of the driver's connections.
            reach: see the class.

        Raises:
            StorageError: it cannot be opened, is none of ours, or of a newer format.
        """
        self.path = path
        self.reach = reach
        self._tables = tables
        self._synchronous = synchronous
        self._factory = factory
        self._known_tables = -1
        with self._translated():
            try:
                check_format(path)
                sqlite.make_file(path)
            except OSError as error:
                raise StorageReadOnlyError(f"{path}: {error.strerror}") from error
        self._start()

    def _start(self) -> None:
        """Begins without connections, as a new process has to."""
        self._process = os.getpid()
        self._engine = sqlite.make_engine(self.path, self._synchronous, self._factory)
        self._turns = Turns()
        self._writer: Connection | None = None
        self._process_turns = ProcessTurns(self.path)
        self._precedence = Precedence(self.path)
        self._owner = 0
        self._group: _Group | None = None
        self._idle: list[Connection] = []
        self._companions: dict[object, object] = {}

    @property
    def precedence(self) -> Precedence:
        """Who goes first of those that write the same, for transactions that have to look."""
        self._follow_fork()
        return self._precedence

    @contextmanager
    def transaction(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[Connection]:
        """Gives the writing connection; what is written is durable when the block has ended.

        A block that raises has written nothing. Inside a transaction of the same thread a further
        one is a part of it. Blocks are short: every other writer waits for them.

        Raises:
            StorageBusyError: the turn did not come within `wait_seconds`, or until the end that
                `patience.waits_end_at` has set.
            StorageFullError: the disk is full; there are more such errors in `storage.errors`.
        """
        self._follow_fork()
        if self._owner == get_ident() and self._writer is not None:
            with self._writer.savepoint():
                yield self._writer
            return
        connection, group = self._begin(wait_seconds)
        try:
            yield connection
        except BaseException as error:
            self._undo(connection)
            if group.size and group.done is not None:
                group.done.wait()  # it may have failed by what its group had not committed yet
            cause = sqlite.translate(error, self.path)
            if cause is error:
                raise
            raise cause from error
        self._finish(connection, group)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Gives a reading connection that sees one moment of the database.

        No call leaves it open: an open one stops the clean-up of the write-ahead log.
        """
        with self.look() as connection:
            connection.driver.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.roll_back()

    def look(self) -> "Look":
        """Gives a reading connection on which each statement sees its own moment."""
        return Look(self)

    def take_reader(self) -> Connection:
        """Returns a connection that nobody else uses, for `Look`."""
        self._follow_fork()
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            sqlite.end_in_time(connection.driver)
            return connection

    def companion(self, kind: Callable[["Storage", str], T], name: str) -> T:
        """Returns what a room keeps in memory beside this storage, made by `kind(storage, name)`.

        There is one of each kind and name in a process; a forked one begins with none.
        """
        self._follow_fork()
        found = self._companions.get((kind, name))
        if found is None:
            found = self._companions.setdefault((kind, name), kind(self, name))
        return cast(T, found)

    def close(self) -> None:
        """Closes the connections that nobody uses now."""
        while self._idle:
            self._idle.pop().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._process_turns.close()
        self._precedence.close()

    def give_back(self, connection: Connection) -> None:
        """Takes back what `take_reader` gave; one that has failed is dropped instead."""
        if len(self._idle) < IDLE_READERS:
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self) -> Connection:
        if len(self._tables.tables) != self._known_tables:
            self._create_tables()
        return Connection(self._engine.connect())

    def _create_tables(self) -> None:
        """Creates the tables that are declared and not there yet; rooms may be imported late."""
        known = len(self._tables.tables)
        with self._engine.connect() as connection:
            driver = Connection(connection).driver
            driver.execute("BEGIN IMMEDIATE")
            try:
                for text in sqlite.creation_texts(self._tables):
                    driver.execute(text)
                driver.execute("COMMIT")
            finally:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
        self._known_tables = known

    def _begin(self, wait_seconds: float) -> tuple[Connection, _Group]:
        """Waits for this thread's turn, and begins or joins a SQL transaction."""
        wait_seconds = seconds_left(wait_seconds)
        if not self._turns.take(wait_seconds):
            raise self._no_turn(wait_seconds)
        try:
            with self._translated():
                connection = self._writing_connection()
                group = self._group
                if group is None:
                    group = self._begin_group(connection, wait_seconds)
                else:
                    connection.driver.execute("SAVEPOINT member")
        except BaseException:
            self._settle()
            raise
        self._owner = get_ident()
        return connection, group

    def _no_turn(self, wait_seconds: float) -> StorageBusyError:
        return StorageBusyError(f"{self.path}: no turn to write within {wait_seconds:g} s")

    def _begin_group(self, connection: Connection, wait_seconds: float) -> _Group:
        # The kernel queues the processes; SQLite's own waiting sleeps and is not fair.
        if not self._process_turns.take(wait_seconds):
            raise self._no_turn(wait_seconds)
        try:
            connection.driver.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._process_turns.end()
            raise
        self._group = group = _Group(min(self._turns.waiting, GROUP_SIZE))
        self.reach("begun")
        return group

    def _writing_connection(self) -> Connection:
        if self._writer is None:
            self._writer = self._connect()
        elif len(self._tables.tables) != self._known_tables and self._group is None:
            self._create_tables()
        return self._writer

    def _undo(self, connection: Connection) -> None:
        """Takes back what this thread's block wrote, and only that."""
        self._owner = 0
        group = self._group
        if group is not None and group.size and connection.driver.in_transaction:
            try:
                connection.driver.execute("ROLLBACK TO member")
                connection.driver.execute("RELEASE member")
            except sqlite3.Error:
                connection.roll_back()
        else:
            connection.roll_back()
        self._settle()

    def _finish(self, connection: Connection, group: _Group) -> None:
        """Ends this thread's block: commits, or leaves that to the next thread in the queue."""
        if group.size:
            try:
                connection.driver.execute("RELEASE member")
            except sqlite3.Error as error:
                self._undo(connection)
                raise sqlite.translate(error, self.path) from error
        self._owner = 0
        group.size += 1
        self._settle()
        if group.done is not None:
            group.done.wait()
        if group.error is not None:
            raise sqlite.translate(group.error, self.path)

    def _settle(self) -> None:
        """Passes the open transaction on to the next thread, or commits it and ends the turn."""
        group = self._group
        lost = group is not None and not self._is_open()
        if group is not None and not lost and group.turns > 0:
            group.turns -= 1
            if self._turns.pass_on():
                return
        self._group = None
        if group is not None:
            self._commit(group, lost)
        self._turns.end()

    def _is_open(self) -> bool:
        return self._writer is not None and self._writer.driver.in_transaction

    def _commit(self, group: _Group, lost: bool) -> None:
        """Commits what the members of a group wrote, and tells them."""
        try:
            if not lost and self._writer is not None:
                self.reach("before commit")
                self._writer.driver.execute("COMMIT")
                self.reach("after commit")
            elif group.size:
                raise StorageError(f"{self.path}: the commit was lost with another transaction's")
        except BaseException as error:
            group.error = error
            if self._writer is not None:
                self._writer.roll_back()
        finally:
            self._process_turns.end()
            if group.done is not None:
                group.done.set()

    def _follow_fork(self) -> None:
        """Leaves the parent's connections alone: SQLite's must not be used or closed here."""
        if self._process != os.getpid():
            _inherited.append((self._engine, self._writer, self._idle))
            self._process_turns.close()
            self._precedence.close()
            self._start()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, sql.exc.DBAPIError) as error:
            raise sqlite.translate(error, self.path) from error
        except OSError as error:  # of the files by which processes take turns
            kind = OS_ERRORS.get(error.errno or 0, StorageError)
            raise kind(f"{self.path}: {error.strerror}") from error


class Look:
    """A reading connection for the length of a block; a class, because it is the hottest path."""

    __slots__ = ("_connection", "_storage")

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def __enter__(self) -> Connection:
        """Takes a connection."""
        try:
            self._connection = self._storage.take_reader()
        except (sqlite3.Error, sql.exc.DBAPIError) as error:
            raise sqlite.translate(error, self._storage.path) from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        """Gives the connection back, or says what a failure of the driver means."""
        if error is None:
            self._storage.give_back(self._connection)
            return
        self._connection.close()
        if (cause := sqlite.translate(error, self._storage.path)) is not error:
            raise cause from error


_inherited: list[object] = []
"""Connections of the process that this one was forked from, kept so that nothing closes them."""
