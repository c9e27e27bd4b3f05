"""Many clients at once: nothing acknowledged is lost, nothing is done twice."""

import threading

import pytest

from appengine.datastore import db
from appengine.rpc import namespace_manager
from appengine.rpc.client import transport
from appengine.storage import precedence
from tests.datastore_client.in_process import InProcess

CLIENTS, TIMES = 8, 15


class Tally(db.Model):
    count = db.IntegerProperty(default=0)


def add_one():
    tally = Tally.get_by_key_name("t")
    tally.count += 1
    tally.put()


def in_threads(pipe, function):
    """Runs a function in several threads, each with a pipe of its own to one datastore."""

    def run(number):
        transport.set(InProcess.beside(pipe))
        function(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_every_acknowledged_increment_counts_once(pipe):
    Tally(key_name="t").put()
    acknowledged = []

    def increment(number):
        for _ in range(TIMES):
            try:
                db.run_in_transaction(add_one)
                acknowledged.append(number)
            except db.TransactionFailedError:
                continue

    in_threads(pipe, increment)
    assert Tally.get_by_key_name("t").count == len(acknowledged)
    assert len(acknowledged) > CLIENTS * TIMES / 2


@pytest.mark.parametrize("size", [1, 3])
def test_who_has_met_a_conflict_is_not_overtaken_again(pipe, monkeypatch, size):
    """A rival increments without a rest; a function slower than it succeeds in two tries."""
    monkeypatch.setattr(precedence, "HOLD_SECONDS", 60.0)
    names = [f"g{number}" for number in range(size)]
    db.put([Tally(key_name=name) for name in ["t", *names]])
    over, moved = threading.Event(), threading.Event()
    counts = {"tries": 0, "rival": 0}

    def rival():
        transport.set(InProcess.beside(pipe))
        while not over.is_set():
            try:
                db.run_in_transaction(add_one)
                counts["rival"] += 1
                moved.set()
            except db.TransactionFailedError:
                continue

    def slow():
        counts["tries"] += 1
        db.get([db.Key.from_path("Tally", name) for name in names[1:]])
        add_one()
        moved.clear()
        moved.wait(60 if counts["tries"] == 1 else 0.3)

    thread = threading.Thread(target=rival)
    thread.start()
    options = db.create_transaction_options(xg=True)
    db.run_in_transaction_options(options, slow)
    over.set()
    thread.join()
    assert counts["tries"] == 2
    assert Tally.get_by_key_name("t").count == counts["rival"] + 1


def test_each_thread_has_its_own_namespace_and_transaction(pipe):
    seen = []

    def work(number):
        namespace_manager.set_namespace(f"tenant{number}")
        key = Tally(key_name="x", count=number).put()
        inside = db.run_in_transaction(lambda: (db.is_in_transaction(), Tally.get(key).count))
        seen.append((key.namespace(), inside, db.is_in_transaction()))

    in_threads(pipe, work)
    assert sorted(seen) == [(f"tenant{number}", (True, number), False) for number in range(CLIENTS)]
    assert namespace_manager.get_namespace() == ""
