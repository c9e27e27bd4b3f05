"""One file of data: all or nothing, in turn, in groups, across threads and processes."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sql

from appengine.storage import engine
from appengine.storage.connection import Prepared
from appengine.storage.engine import Storage
from appengine.storage.errors import (
    StorageBusyError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
    StorageVersionError,
)
from appengine.storage.files import check_format

TABLES = sql.MetaData()
notes = sql.Table(
    "notes",
    TABLES,
    sql.Column("name", sql.String, primary_key=True),
    sql.Column("size", sql.Integer, nullable=False),
    sql.Column("text", sql.LargeBinary),
)
read_size = Prepared(sql.select(notes.c.size).where(notes.c.name == sql.bindparam("who")), "who")

who, size = sql.bindparam("who"), sql.bindparam("size")
find_like = Prepared(
    sql.select(notes.c.name)
    .where((notes.c.size == size) & (notes.c.name == who) | (notes.c.name > who))
    .where(notes.c.size >= sql.literal(0)),
    "who",
    "size",
)


@pytest.fixture
def storage(tmp_path):
    storage = Storage(tmp_path / "notes.db", TABLES)
    yield storage
    storage.close()


def add(connection, name, size=0, text=b""):
    connection.execute(sql.insert(notes), {"name": name, "size": size, "text": text})


def names(storage):
    with storage.read() as connection:
        return [row.name for row in connection.execute(sql.select(notes).order_by(notes.c.name))]


def test_a_block_that_raises_writes_nothing(storage):
    with pytest.raises(ZeroDivisionError), storage.transaction() as connection:
        add(connection, "a")
        raise ZeroDivisionError
    assert names(storage) == []


def test_a_transaction_inside_a_transaction_is_a_part_of_it(storage):
    with pytest.raises(ZeroDivisionError), storage.transaction() as outer:
        add(outer, "a")
        with storage.transaction() as inner:
            add(inner, "b")
        raise ZeroDivisionError
    assert names(storage) == []


def test_an_inner_block_that_raises_undoes_its_own_writes_only(storage):
    with storage.transaction() as outer:
        add(outer, "a")
        with pytest.raises(ZeroDivisionError), storage.transaction() as inner:
            add(inner, "b")
            raise ZeroDivisionError
        add(outer, "c")
    assert names(storage) == ["a", "c"]


def test_a_read_sees_one_moment(storage):
    with storage.read() as connection:
        assert read_size.one(connection, "a") is None
        with storage.transaction() as writing:
            add(writing, "a", 7)
        assert read_size.one(connection, "a") is None
    with storage.look() as connection:
        assert read_size.one(connection, "a") == (7,)


def test_waiting_writers_are_committed_together_and_a_failing_one_alone_is_undone(storage):
    """The first block is held until all others queue, so that they form one group."""
    commits, queued, results = [], threading.Barrier(9), {}
    storage.reach = lambda point: commits.append(point) if point == "after commit" else None

    def write(number):
        queued.wait()
        try:
            with storage.transaction() as connection:
                add(connection, f"n{number}")
                if number == 3:
                    raise ZeroDivisionError
            results[number] = "done"
        except ZeroDivisionError:
            results[number] = "undone"

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with storage.transaction() as connection:
        add(connection, "first")
        for thread in threads:
            thread.start()
        queued.wait()
        while storage._turns.waiting < 8:
            os.sched_yield()
    for thread in threads:
        thread.join()
    assert results == {number: "undone" if number == 3 else "done" for number in range(8)}
    assert names(storage) == ["first", *(f"n{number}" for number in range(8) if number != 3)]
    assert len(commits) < 4


def test_a_commit_that_fails_fails_for_every_member_of_its_group(storage):
    outcomes, begun = [], []

    def reach(point):
        begun.extend([point] if point == "begun" else [])
        if point == "before commit" and len(begun) == 2:
            raise sqlite3.OperationalError("the disk has gone")

    def write(name):
        try:
            with storage.transaction() as connection:
                add(connection, name)
            outcomes.append("done")
        except StorageError as error:
            outcomes.append(str(error))

    storage.reach = reach
    threads = [threading.Thread(target=write, args=(name,)) for name in "bc"]
    with storage.transaction() as connection:
        add(connection, "a")
        for thread in threads:
            thread.start()
        while storage._turns.waiting < 2:
            os.sched_yield()
    for thread in threads:
        thread.join()
    assert outcomes == [f"{storage.path}: SQLite says: the disk has gone"] * 2
    with storage.transaction() as connection:
        add(connection, "d")
    assert names(storage) == ["a", "d"]


def test_a_turn_that_does_not_come_in_time_is_an_error_and_leaves_the_queue(storage):
    errors = []

    def write():
        try:
            with storage.transaction(wait_seconds=0.01):
                raise AssertionError("it got the turn")
        except StorageBusyError as error:
            errors.append(str(error))

    with storage.transaction() as connection:
        add(connection, "a")
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert "no turn to write within 0.01 s" in errors[0]
    with storage.transaction() as connection:
        add(connection, "b")
    assert names(storage) == ["a", "b"]


def test_a_forked_process_opens_its_own_connections(storage):
    with storage.transaction() as connection:
        add(connection, "parent")
    child = os.fork()
    if child == 0:
        try:
            with storage.transaction() as connection:
                add(connection, "child")
            os._exit(0 if names(storage) == ["child", "parent"] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with storage.transaction() as connection:
        add(connection, "later")
    assert names(storage) == ["child", "later", "parent"]


def test_pages_that_cannot_be_read_are_an_error_of_the_call_that_reads_them(storage):
    """And not the end of its process, as they are where the file is mapped into memory."""
    with storage.transaction() as connection:
        for number in range(100):
            add(connection, f"n{number:03}", text=bytes(10_000))
    with storage.look() as connection:
        connection.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    child = os.fork()
    if child == 0:
        try:
            with storage.look() as connection:
                assert read_size.one(connection, "n000") == (0,)
                os.truncate(storage.path, storage.path.stat().st_size // 8)
                connection.driver.execute("SELECT sum(length(text)) FROM notes").fetchone()
        except StorageCorruptError:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_only_some_reading_connections_are_kept(storage):
    """Each may keep pages: a burst of reads must not keep its memory."""
    taken = [storage.take_reader() for _ in range(2 * engine.IDLE_READERS)]
    for connection in taken:
        storage.give_back(connection)
    again = [storage.take_reader() for _ in range(2 * engine.IDLE_READERS)]
    assert len({*map(id, taken)} & {*map(id, again)}) == engine.IDLE_READERS
    closed = 0
    for connection in taken:
        try:
            connection.driver.execute("SELECT 1")
        except (sqlite3.ProgrammingError, sql.exc.ResourceClosedError):
            closed += 1
    assert closed == engine.IDLE_READERS
    for connection in again:
        connection.close()


def test_tables_that_are_declared_later_are_created_when_they_are_needed(tmp_path):
    tables = sql.MetaData()
    storage = Storage(tmp_path / "late.db", tables)
    with storage.transaction():
        pass
    late = sql.Table("late", tables, sql.Column("n", sql.Integer, primary_key=True))
    with storage.transaction() as connection:
        connection.execute(sql.insert(late), {"n": 1})
    with storage.read() as connection:
        assert connection.scalar(sql.select(late.c.n)) == 1


def test_a_newer_format_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "newer.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with pytest.raises(StorageVersionError, match="has format 99, this version reads up to 1"):
        Storage(path, TABLES)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [item.name for item in tmp_path.iterdir()] == ["newer.db"]


def test_another_kind_of_file_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("this is no database")
    with pytest.raises(StorageCorruptError, match="is not a SQLite database; nothing was changed"):
        Storage(path, TABLES)
    assert path.read_text() == "this is no database"


def test_a_file_that_was_cut_off_is_refused_unless_its_log_still_has_the_rest(storage, tmp_path):
    path = tmp_path / "copy.db"
    with storage.transaction() as connection:
        connection.driver.execute("CREATE TABLE more (text TEXT)")
        connection.driver.execute("INSERT INTO more VALUES (?)", ("x" * 100_000,))
    storage.close()
    whole = storage.path.read_bytes()
    path.write_bytes(whole)
    Storage(path, TABLES).close()
    path.write_bytes(whole[:-1])
    with pytest.raises(StorageCorruptError, match=f"has {len(whole) - 1} bytes .* it was cut off"):
        Storage(path, TABLES)
    assert path.read_bytes() == whole[:-1]
    (tmp_path / "copy.db-wal").write_bytes(b"begun")
    check_format(path)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageReadOnlyError, match=r"gone/notes\.db: No such file or directory"):
        Storage(tmp_path / "gone" / "notes.db", TABLES)


def test_the_file_is_private_to_its_owner(storage):
    assert storage.path.stat().st_mode & 0o077 == 0


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_named_nothing_is_half_done_and_writing_goes_on_when_there_is_room(
    small_disk,
):
    storage = Storage(small_disk / "notes.db", TABLES)
    with storage.transaction() as connection:
        add(connection, "a")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(900_000))
    written = ["a"]
    with pytest.raises(StorageFullError, match=r"notes\.db: the disk is full"):
        for number in range(10_000):
            with storage.transaction() as connection:
                add(connection, f"b{number:05}", text=bytes(20_000))
                add(connection, f"c{number:05}", text=bytes(20_000))
            written += [f"b{number:05}", f"c{number:05}"]
    assert names(storage) == sorted(written)
    ballast.unlink()
    with storage.transaction() as connection:
        add(connection, "z")
    assert names(storage) == [*sorted(written), "z"]
    storage.close()


def test_a_read_only_file_system_is_named_and_reading_goes_on(small_disk):
    storage = Storage(small_disk / "notes.db", TABLES)
    with storage.transaction() as connection:
        add(connection, "a")
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    storage.close()
    if subprocess.run(remount, capture_output=True, check=False).returncode:
        pytest.skip("this file system is busy")
    with pytest.raises(StorageReadOnlyError):
        Storage(small_disk / "notes.db", TABLES)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert names(Storage(small_disk / "notes.db", TABLES)) == ["a"]


WRITER = """
import sys
from pathlib import Path
from tests.storage.test_engine import Storage, TABLES, add
storage = Storage(Path(sys.argv[1]), TABLES)
for number in range(100):
    with storage.transaction() as connection:
        add(connection, sys.argv[2] + str(number))
"""


def test_two_processes_write_in_turn(storage):
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(storage.path), name])
        for name in ("a", "b")
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert len(names(storage)) == 200


def test_values_of_a_statement_are_bound_wherever_and_as_often_as_it_names_them(storage):
    """Python 3.14 refuses numbered question marks with values in a row."""
    with storage.transaction() as connection:
        for name, number in (("a", 1), ("b", 2), ("c", 3)):
            add(connection, name, number)
        assert find_like.all(connection, "b", 2) == [("b",), ("c",)]
        assert find_like.one(connection, "b", 7) == ("c",)
    assert "?1" not in find_like.text and find_like.text.count("?") == 3
