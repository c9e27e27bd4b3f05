"""Random transactions of threads and processes: a serial order explains all that they saw."""

import pickle
import random
import subprocess
import sys
import threading

import pytest

from appengine.datastore.service import ConcurrentTransactionError, GetRequest, entity_decoder
from tests.datastore.serving import entity, key

PLACES = [key("Root", number) for number in range(1, 5)]
THREADS, TRANSACTIONS = 6, 40


def stamp_of(datastore, place, versions):
    """Returns what a transaction reads at a place: the name of the transaction that wrote it."""
    (body,) = datastore.get(GetRequest(keys=(place,), versions=versions)).entities
    stored = None if bytes(body) == b"\xc0" else entity_decoder.decode(body)
    return stored.properties[0].values[0] if stored else ""


def transact(datastore, chance, name):
    """Reads some places and writes some; returns what it read and where it wrote, or None."""
    versions, read = {}, {}
    for place in chance.sample(PLACES, chance.randint(1, 3)):
        versions |= datastore.get(GetRequest(keys=(place,), versions=versions)).versions
        read[place] = stamp_of(datastore, place, versions)
    written = chance.sample(list(read), chance.randint(0, len(read)))
    try:
        puts = tuple(entity(place, stamp=name) for place in written)
        numbers = datastore.transact(versions, puts=puts)
    except ConcurrentTransactionError:
        return None
    return name, read, versions, numbers


def run_all(datastore, first=0):
    """Returns the history of some threads; their names begin with numbers from `first` on."""
    histories = []

    def work(number):
        chance = random.Random(number)
        for step in range(TRANSACTIONS):
            if (done := transact(datastore, chance, f"{number}.{step}")) is not None:
                histories.append(done)

    numbers = range(first, first + THREADS)
    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return histories


def edges_of(histories, writers):
    """Yields pairs of transactions of which the first came first."""
    for name, _read, versions, numbers in histories:
        for place, seen in versions.items():
            if seen:
                yield writers[place, seen], name
            after = writers.get((place, seen + 1))
            if after is not None and after != name:
                yield name, after
        for place, number in numbers.items():
            if number > 1:
                yield writers[place, number - 1], name


def is_acyclic(names, edges):
    waiting = {name: set() for name in names}
    for before, after in edges:
        waiting[after].add(before)
    while free := [name for name, before in waiting.items() if not before]:
        for name in free:
            del waiting[name]
        for before in waiting.values():
            before.difference_update(free)
    return not waiting


def check(histories):
    """Readers too, over several groups: who read a version comes before who replaced it."""
    written = [
        ((place, number), name)
        for name, _read, _versions, numbers in histories
        for place, number in numbers.items()
    ]
    writers = dict(written)
    assert len(writers) == len(written)  # no version of a group is written twice
    for _name, read, versions, _numbers in histories:
        for place, stamp in read.items():
            assert stamp == writers.get((place, versions[place]), "")
    names = [name for name, *_rest in histories]
    assert is_acyclic(names, list(edges_of(histories, writers)))


def test_random_transactions_have_an_equivalent_serial_order(datastore):
    histories = run_all(datastore)
    assert len(histories) > THREADS * TRANSACTIONS // 4
    check(histories)


ONE, TWO = PLACES[:2]
FIRST = ("first", {}, {ONE: 0, TWO: 0}, {ONE: 1, TWO: 1})
"""A transaction: its name, what it read, the versions that it saw, those that it made."""

STALE = {ONE: "first", TWO: "first"}, {ONE: 1, TWO: 1}
NOT_SERIAL = {
    "a lost update": [("a", *STALE, {ONE: 2}), ("b", *STALE, {ONE: 3})],
    "a version written twice": [("a", *STALE, {ONE: 2}), ("b", *STALE, {ONE: 2})],
    "a write skew": [("a", *STALE, {ONE: 2}), ("b", *STALE, {TWO: 2})],
    "a reader who sees two moments": [
        ("a", {TWO: "first"}, {TWO: 1}, {ONE: 2}),
        ("b", {ONE: "a"}, {ONE: 2}, {TWO: 2}),
        ("c", {ONE: "first", TWO: "b"}, {ONE: 1, TWO: 2}, {}),
    ],
    "a value that nobody wrote": [("a", {ONE: "z", TWO: "first"}, {ONE: 1, TWO: 1}, {ONE: 2})],
    "a version that nobody wrote": [("a", {ONE: "first"}, {ONE: 5}, {})],
}


@pytest.mark.parametrize("name", NOT_SERIAL)
def test_the_check_finds_a_history_that_no_serial_order_explains(name):
    with pytest.raises((AssertionError, KeyError)):
        check([FIRST, *NOT_SERIAL[name]])


def test_the_check_finds_the_order_of_a_serial_history():
    check(
        [
            ("reader", {ONE: "first", TWO: "first"}, {ONE: 1, TWO: 1}, {}),
            ("b", {ONE: "a"}, {ONE: 2}, {ONE: 3, TWO: 2}),
            ("a", {ONE: "first"}, {ONE: 1}, {ONE: 2}),
            FIRST,
        ]
    )


PROCESS = """
import pickle, sys
from pathlib import Path
from tests.datastore.serving import Datastore
from tests.datastore.test_histories import run_all
histories = run_all(Datastore(Path(sys.argv[1])), int(sys.argv[2]))
sys.stdout.buffer.write(pickle.dumps(histories))
"""


def test_transactions_of_several_processes_have_an_equivalent_serial_order(tmp_path):
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    processes = [
        subprocess.Popen([*command, str(100 * number)], stdout=subprocess.PIPE)
        for number in range(3)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    histories = [done for output in outputs for done in pickle.loads(output)]
    assert len(histories) > 3 * THREADS * TRANSACTIONS // 8
    check(histories)
