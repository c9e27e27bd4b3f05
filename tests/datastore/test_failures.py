"""Whatever fails, wherever a process is killed: nothing half done, nothing acknowledged lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sql

from appengine.datastore import tables
from appengine.datastore.service import ConcurrentTransactionError, InternalError
from appengine.rpc.errors import CapabilityDisabledError
from tests.datastore.serving import Datastore, entity, key

EVERYTHING = (
    tables.entity_groups,
    tables.entities,
    tables.index_entries,
    tables.commit_log,
)


class FailingCursor(sqlite3.Cursor):
    """Counts its statements with the connection's: SQLAlchemy's own go through cursors."""

    def execute(self, text, *args):
        self.connection.count()
        return super().execute(text, *args)

    def executemany(self, text, *args):
        self.connection.count()
        return super().executemany(text, *args)


class FailingConnection(sqlite3.Connection):
    """Fails at the n-th statement, if `countdown` is set; only a ROLLBACK always succeeds."""

    countdown = None

    def count(self):
        cls = type(self)
        if cls.countdown is not None:
            cls.countdown -= 1
            if cls.countdown == 0:
                raise sqlite3.OperationalError("a statement failed")

    def cursor(self, factory=FailingCursor):
        return super().cursor(factory)

    def execute(self, text, *args):
        if not text.startswith("ROLLBACK"):
            self.count()
        return super().execute(text, *args)

    def executemany(self, text, *args):
        self.count()
        return super().executemany(text, *args)


@pytest.fixture(autouse=True)
def nothing_fails():
    FailingConnection.countdown = None
    yield
    FailingConnection.countdown = None


def contents(datastore):
    with datastore.storage.read() as connection:
        return [sorted(map(tuple, connection.execute(sql.select(t)))) for t in EVERYTHING]


def test_wherever_a_statement_fails_nothing_is_half_done(tmp_path):
    """For every n: the n-th statement fails, then the same commit succeeds."""
    datastore = Datastore(tmp_path, factory=FailingConnection)
    datastore.put_all(entity(("Root", 1), n=[1, 2], s="old"), entity(("Root", 1, "Item", 1), n=5))
    place = key("Root", 1)
    before = contents(datastore)
    failures = 0
    while True:
        FailingConnection.countdown = failures + 1
        try:
            datastore.transact(
                {place: 1},
                puts=(entity(place, n=[2, 3], s="new"), entity(("Root", 2), n=1, s="x")),
                deletes=(key("Root", 1, "Item", 1),),
            )
        except InternalError:
            FailingConnection.countdown = None
            assert contents(datastore) == before
            failures += 1
            continue
        break
    FailingConnection.countdown = None
    assert failures > 10
    assert contents(datastore) != before
    assert datastore.ids("Root", ("n", "=", 3)) == [1]


def put_a_new_kind(datastore):
    datastore.put_all(entity(("New", 1), n=[1, 2], s="x"), entity(("Root", 9), n=3))


def put_many_groups(datastore):
    datastore.put_all(*(entity(("Root", number), n=number) for number in range(1, 31)))


def delete_some(datastore):
    datastore.delete_all(key("Root", 1), key("Root", 1, "Item", 1), key("Root", 5))


def put_without_an_id(datastore):
    datastore.put_all(entity(("Root", None), n=1))


def ask_for_a_new_index(datastore):
    assert datastore.ids("Root", ("n", "=", 2), orders=("s",)) == [1]


CALLS = [put_a_new_kind, put_many_groups, delete_some, put_without_an_id, ask_for_a_new_index]


@pytest.mark.parametrize("call", CALLS)
def test_wherever_a_statement_of_any_call_fails_no_entity_is_half_written(tmp_path, call):
    """For every n; then the same call succeeds, and rows and indexes agree."""
    datastore = Datastore(tmp_path, factory=FailingConnection)
    datastore.put_all(entity(("Root", 1), n=[1, 2], s="old"), entity(("Root", 1, "Item", 1), n=5))
    groups, entities, _entries, log = contents(datastore)
    failures = 0
    while True:
        FailingConnection.countdown = failures + 1
        try:
            call(datastore)
        except InternalError:
            FailingConnection.countdown = None
            now = contents(datastore)
            assert (now[0], now[1], now[3]) == (groups, entities, log)
            failures += 1
            continue
        break
    FailingConnection.countdown = None
    assert failures > 5
    for kind in ("Root", "Item", "New"):
        found = {item.key: item for item in datastore.find(kind)}
        by_value = [item.key for item in datastore.find(kind, orders=("n",))]
        assert sorted(map(repr, by_value)) == sorted(map(repr, found))
        assert all(datastore.get_one(place) == item for place, item in found.items())
    sorted_by_two = datastore.ids("Root", ("n", "=", 2), orders=("s",))
    assert set(sorted_by_two) <= set(datastore.ids("Root", ("n", "=", 2)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_refuses_writes_by_name_and_reads_go_on(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        datastore = Datastore(folder)
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(500_000))
        acknowledged = []
        with pytest.raises(CapabilityDisabledError, match=r"read-only now: the disk is full$"):
            for number in range(1, 10_000):
                datastore.put_all(entity(("Root", number), s="x" * 1400))
                acknowledged.append(number)
        assert datastore.ids("Root") == acknowledged
        ballast.unlink()
        datastore.put_all(entity(("Root", 20_000), s="room again"))
        assert datastore.ids("Root") == [*acknowledged, 20_000]
        datastore.storage.close()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


TRANSFERS = """
import os, random, signal, sys
from pathlib import Path
from appengine.datastore.service import GetRequest
from tests.datastore.serving import Datastore, entity, key
directory, seed, point, after = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
datastore = Datastore(directory)
passed = 0
def reach(here):
    global passed
    passed += here == point
    if here == point and passed == after:
        os.kill(os.getpid(), signal.SIGKILL)
datastore.storage.reach = reach
chance = random.Random(seed)
ledger = os.open(directory / "ledger", os.O_WRONLY | os.O_APPEND)
while True:
    one, other = chance.sample(range(1, 5), 2)
    places = (key("Account", one), key("Account", other))
    versions = datastore.get(GetRequest(keys=places, versions={})).versions
    amounts = [datastore.get_one(place, versions=versions).properties[0].values[0]
               for place in places]
    serial = os.urandom(8).hex()
    os.write(ledger, f"begin {serial}\\n".encode())
    datastore.transact(versions, puts=(
        entity(places[0], amount=amounts[0] - 1),
        entity(places[1], amount=amounts[1] + 1),
        entity(("Account", one, "Transfer", serial), amount=1),
    ))
    os.write(ledger, f"done {serial}\\n".encode())
"""

POINTS = ("begun", "before claim", "after claim", "before commit", "after commit")


@pytest.fixture
def bank(tmp_path):
    datastore = Datastore(tmp_path)
    datastore.put_all(*(entity(("Account", number), amount=100) for number in range(1, 5)))
    datastore.put_all(entity(("Account", 1, "Transfer", "first"), amount=1))
    datastore.delete_all(key("Account", 1, "Transfer", "first"))
    (tmp_path / "ledger").touch()
    datastore.storage.close()
    return tmp_path


def check_ledger(directory):
    """Everything acknowledged is there, and what was cut off is there whole or not at all."""
    datastore = Datastore(directory)
    lines = [line.split() for line in (directory / "ledger").read_text().splitlines()]
    begun = {serial for word, serial in lines if word == "begin"}
    done = {serial for word, serial in lines if word == "done"}
    stored = datastore.find("Transfer")
    assert done <= {item.key.path[-1] for item in stored} <= begun
    assert len(stored) - len(done) <= len(begun) - len(done)
    accounts = datastore.find("Account")
    assert sum(item.properties[0].values[0] for item in accounts) == 400
    for account in accounts:
        number = account.key.path[-1]
        out = sum(1 for item in stored if item.key.path[1] == number)
        assert account.properties[0].values[0] >= 100 - out
        assert datastore.ids("Account", ("amount", "=", account.properties[0].values[0])).count(
            number
        )
    datastore.storage.close()


def kill_at(directory, seed, point, after):
    arguments = [str(directory), str(seed), point, str(after)]
    process = subprocess.run(
        [sys.executable, "-c", TRANSFERS, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_point_of_a_commit_loses_nothing_acknowledged(bank, point):
    for seed in range(2):
        kill_at(bank, seed, point, random.Random(seed).randint(1, 12))
        check_ledger(bank)


def test_a_process_killed_at_a_random_moment_loses_nothing_acknowledged(bank):
    chance = random.Random(1)
    for seed in range(4):
        before = len((bank / "ledger").read_bytes())
        arguments = [str(bank), str(seed), "nowhere", "0"]
        process = subprocess.Popen([sys.executable, "-c", TRANSFERS, *arguments])
        wanted = before + chance.randint(1, 3000)
        while len((bank / "ledger").read_bytes()) < wanted:
            assert process.poll() is None
            os.sched_yield()
        process.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL
        check_ledger(bank)


INCREMENTS = """
import sys
from pathlib import Path
from threading import Thread
from tests.datastore.serving import Datastore, key
from tests.datastore.test_transactions import increment
datastore = Datastore(Path(sys.argv[1]))
history = []
def work():
    for _time in range(int(sys.argv[3])):
        increment(datastore, key("Root", 1), history)
threads = [Thread(target=work) for _client in range(int(sys.argv[2]))]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("\\n".join(f"{a} {b}" for a, b in history))
"""


def test_two_processes_of_eight_clients_leave_a_history_without_gaps(tmp_path):
    datastore = Datastore(tmp_path)
    datastore.put_all(entity(("Root", 1), n=0))
    command = [sys.executable, "-c", INCREMENTS, str(tmp_path), "8", "20"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    output = "".join(process.communicate(timeout=300)[0] for process in processes)
    history = sorted(tuple(map(int, line.split())) for line in output.splitlines())
    assert history == [(number, number + 1) for number in range(1, 321)]
    assert datastore.get_one(key("Root", 1)).properties[0].values == (320,)


def test_a_commit_that_lost_is_not_in_the_log(tmp_path):
    datastore = Datastore(tmp_path)
    datastore.put_all(entity(("Root", 1), n=0))
    before = contents(datastore)
    with pytest.raises(ConcurrentTransactionError):
        datastore.transact({key("Root", 1): 5}, puts=(entity(("Root", 1), n=1),))
    assert contents(datastore) == before
