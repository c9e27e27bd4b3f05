"""Whoever has lost before goes first, for a while, whichever thread or process the others are."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from appengine.storage import precedence
from appengine.storage.engine import Storage
from appengine.storage.patience import waits_end_at
from appengine.storage.precedence import Precedence

LONG = 60.0
HOLDER = """
import sys, time
from pathlib import Path
from appengine.storage import precedence
precedence.HOLD_SECONDS = float(sys.argv[2])
print(precedence.Precedence(Path(sys.argv[1])).take([b"a"]), flush=True)
time.sleep(600)
"""


@pytest.fixture
def long_holds(monkeypatch):
    """A hold lasts until it is given back, however slow the machine is."""
    monkeypatch.setattr(precedence, "HOLD_SECONDS", LONG)
    monkeypatch.setattr(precedence, "WAIT_SECONDS", LONG)


@pytest.fixture
def first(tmp_path):
    given = Precedence(tmp_path / "x.db")
    yield given
    given.close()


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def wait_for_line(given, count):
    """Waits until so many stand in a line."""
    while max(map(len, given._lines.values()), default=0) < count:
        os.sched_yield()


def hold_elsewhere(path, seconds):
    """Returns a process that holds `a`, and its ticket."""
    command = [sys.executable, "-c", HOLDER, str(path), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


@pytest.mark.usefixtures("long_holds")
def test_others_wait_until_the_holder_is_done(first):
    ticket = first.take([b"a", b"b"])
    order = []

    def write():
        first.give_way([b"b"])
        order.append("other")

    thread = in_thread(write)
    first.give_way([b"a", b"b"], ticket)
    first.give_way([b"c"])
    thread.join(0.05)
    order.append("holder")
    first.end(ticket)
    thread.join()
    assert order == ["holder", "other"]
    first.give_way([b"a", b"b"])
    assert not first._lines and not first._holds


@pytest.mark.usefixtures("long_holds")
def test_threads_hold_in_the_order_in_which_they_asked(first):
    order = []
    ticket = first.take([b"a"])

    def take(name):
        mine = first.take([b"a"])
        order.append(name)
        first.end(mine)

    threads = []
    for number, name in enumerate("wxyz", start=2):
        threads.append(in_thread(lambda name=name: take(name)))
        wait_for_line(first, number)
    first.end(ticket)
    for thread in threads:
        thread.join()
    assert order == list("wxyz")
    assert not first._lines


@pytest.mark.usefixtures("long_holds")
def test_another_process_is_waited_for_until_it_is_done_or_has_died(first, tmp_path):
    process, ticket = hold_elsewhere(tmp_path / "x.db", LONG)
    assert ticket
    done = threading.Event()

    def write():
        first.give_way([b"a"])
        done.set()

    thread = in_thread(write)
    assert not done.wait(0.05)
    os.pwrite(first._open(), bytes(8), 8 + 8 * precedence._place_of(b"a"))  # as its end does
    assert done.wait(LONG)
    thread.join()
    process.kill()
    process.communicate()


def test_the_hold_of_a_killed_process_passes_by_itself(first, tmp_path):
    process, ticket = hold_elsewhere(tmp_path / "x.db", precedence.HOLD_SECONDS)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    first.give_way([b"a"])
    while time.monotonic_ns() < ticket:
        first.give_way([b"a"])
    assert first.take([b"a"]) > ticket


def test_a_hold_that_is_not_given_back_passes(first):
    ticket = first.take([b"a"])
    taken = first.take([b"a"])
    assert taken > ticket
    assert time.monotonic_ns() >= ticket
    first.end(ticket)  # too late: it is another's now
    assert first._read(precedence._place_of(b"a")) == taken


def test_nobody_waits_longer_than_the_request_goes_on(first, monkeypatch):
    monkeypatch.setattr(precedence, "HOLD_SECONDS", LONG)
    ticket = first.take([b"a"])
    with waits_end_at(time.monotonic() + 0.05):
        first.give_way([b"a"])
        assert first.take([b"a"]) == 0
    first.end(ticket)
    assert not first._lines
    assert first.take([b"a"])


def test_two_that_hold_in_part_what_the_other_wants_get_it_one_after_the_other(first):
    taken = []

    def take(names):
        for _time in range(50):
            ticket = first.take(names)
            taken.append(bool(ticket))
            first.end(ticket)

    threads = [in_thread(lambda n=n: take(n)) for n in ([b"a", b"b", b"c"], [b"c", b"b", b"a"])]
    for thread in threads:
        thread.join()
    assert taken == [True] * 100


def test_times_of_another_start_of_the_machine_hold_nothing(first):
    future = time.monotonic_ns() + int(1e15)
    assert first._write([precedence._place_of(b"a")], future)
    first.give_way([b"a"])
    assert first.take([b"a"])


def test_a_file_that_cannot_be_used_stops_nobody(tmp_path):
    given = Precedence(tmp_path / "absent" / "x.db")
    given.give_way([b"a"])
    assert given.take([b"a"]) == 0
    assert not given._lines
    given.end(0)


def test_the_tickets_of_writers_lie_beside_it(tmp_path):
    storage = Storage(tmp_path / "x.db")
    ticket = storage.precedence.take([b"a"])
    with storage.transaction():
        pass
    storage.precedence.end(ticket)
    data = (tmp_path / "x.db-queue").read_bytes()
    assert int.from_bytes(data[:8], "little") == 1
    assert not any(data[8:])
    storage.close()
