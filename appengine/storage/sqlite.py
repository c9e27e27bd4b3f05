"""SQLite: how its files are opened, and what its errors mean."""

import os
import re
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from appengine.storage.errors import (
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageLateError,
    StorageReadOnlyError,
)
from appengine.storage.files import FORMAT_VERSION
from appengine.storage.patience import is_over

BUSY_SECONDS = 10.0
"""How long SQLite itself waits; our writers queue before they ask it, so only others make it."""

CACHE_KIB = 4096
"""KiB of pages that each connection keeps. A memory map of the file, which would take their place,
was no faster, and a page that the disk cannot read ends the process that has mapped it."""

LOG_PAGES = 4000
"""Pages of the write-ahead log at which a commit moves them into the database, which takes two
syncs of the disk. A small put writes 13: at SQLite's own 1,000 the 99th percentile of puts was the
time of that (measured: 6.2 ms, now 1.6). A reader looks through one hash table up to here."""

STEPS = 10_000
"""Steps of SQLite's machine after which a reader looks at the clock: about 1,000 rows."""

CACHED_STATEMENTS = 256
"""Statements that each connection keeps prepared."""

ERRORS: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_FULL: (StorageFullError, "the disk is full"),
    sqlite3.SQLITE_READONLY: (StorageReadOnlyError, "it may not be written"),
    sqlite3.SQLITE_PERM: (StorageReadOnlyError, "access is not permitted"),
    sqlite3.SQLITE_CANTOPEN: (StorageReadOnlyError, "it cannot be opened for writing"),
    sqlite3.SQLITE_BUSY: (StorageBusyError, "another process holds it"),
    sqlite3.SQLITE_LOCKED: (StorageBusyError, "another connection holds it"),
    sqlite3.SQLITE_INTERRUPT: (StorageLateError, "the call's deadline is over"),
    sqlite3.SQLITE_CORRUPT: (StorageCorruptError, "it is damaged"),
    sqlite3.SQLITE_NOTADB: (StorageCorruptError, "it is not a SQLite database"),
}


def make_file(path: Path) -> None:
    """Creates the file, private to its owner, in our format and in WAL mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        # The version goes first: outside of the WAL, `check_format` finds it in the header.
        if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT_VERSION:
            connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def open_driver(
    path: Path, synchronous: str, factory: type[sqlite3.Connection]
) -> sqlite3.Connection:
    """Returns a connection that begins nothing by itself.

    Raises:
        StorageReadOnlyError: the file may not be written. SQLite would open it all the same, share
            that with the process's later connections, which then could not write for good, and
            read memory that another process truncates.
    """
    if path.exists() and not os.access(path, os.W_OK):
        raise StorageReadOnlyError(f"{path}: it may not be written")
    connection = sqlite3.connect(
        path,
        isolation_level=None,  # pysqlite's own BEGIN is deferred, and fails when it has to write
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
        factory=factory,
    )
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    return connection


def end_in_time(driver: sqlite3.Connection) -> None:
    """Makes the statements of a reading connection end in an error when their call's time is over.

    Not for one that writes: SQLite would roll back all that its transaction has written, also for
    others.
    """
    driver.set_progress_handler(is_over, STEPS)


def make_engine(
    path: Path, synchronous: str, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sql.Engine:
    """Returns the engine whose connections `open_driver` opens; we pool and begin ourselves."""
    return sql.create_engine(
        "sqlite://",
        creator=lambda: open_driver(path, synchronous, factory),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )


def creation_texts(tables: sql.MetaData) -> tuple[str, ...]:
    """Returns the statements that create the tables, and their indexes, that are not there yet."""
    return _creation_texts(tables, len(tables.tables))


@lru_cache(maxsize=8)
def _creation_texts(tables: sql.MetaData, _count: int) -> tuple[str, ...]:
    """As `creation_texts`; made anew when more tables are declared than `_count`."""
    dialect = SQLiteDialect_pysqlite()
    texts: list[CreateTable | CreateIndex] = []
    for table in tables.sorted_tables:
        texts.append(CreateTable(table, if_not_exists=True))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        texts += [CreateIndex(index, if_not_exists=True) for index in indexes]
    return tuple(str(text.compile(dialect=dialect)) for text in texts)


def compile_text(statement: sql.ClauseElement, names: Sequence[str]) -> tuple[str, list[int]]:
    """Returns a statement as text with question marks, and whose values they stand for.

    Python 3.14 refuses numbered marks (`?1`) with a sequence of values, so one that is needed twice
    is bound twice.

    Returns:
        The text, and for each question mark the place of its value in `names`.
    """
    compiled = statement.compile(dialect=SQLiteDialect_pysqlite(paramstyle="named"))
    places = {name: place for place, name in enumerate(names)}
    order: list[int] = []

    def mark(match: re.Match[str]) -> str:
        if (name := match[1]) not in places:  # a constant that the statement itself brings
            return str(int(compiled.params[name]))
        order.append(places[name])
        return "?"

    return re.sub(r":(\w+)", mark, str(compiled)), order


def translate(error: BaseException, path: Path) -> BaseException:
    """Returns the storage error that an error of the driver or of SQLAlchemy means, else itself."""
    cause = error.orig if isinstance(error, sql.exc.DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    kind, sentence = ERRORS.get(code, (StorageError, f"SQLite says: {cause}"))
    return kind(f"{path}: {sentence}")
