"""Transactions: what they see, when they are tried again, and what ends them."""

import pytest

from appengine import datastore
from appengine.datastore.client import transaction, transactions
from appengine.datastore.datastore_errors import (
    BadRequestError,
    EntityNotFoundError,
    Rollback,
    TransactionFailedError,
)
from appengine.datastore.datastore_types import Key
from tests.datastore_client.counters import elsewhere, put, read

pytestmark = pytest.mark.usefixtures("pipe")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """No pause between tries."""
    monkeypatch.setattr(transactions, "BACK_OFF_SECONDS", 0.0)


def increment():
    entity = read("c")
    entity["n"] += 1
    datastore.put(entity)
    return entity["n"]


def test_a_transaction_commits_its_writes():
    put("c", n=1)
    assert datastore.run_in_transaction(increment) == 2
    assert read("c")["n"] == 2


def test_own_writes_are_not_seen_inside():
    """Source: App Engine, "Transactions", section "Isolation and consistency"."""
    put("c", n=1)

    def look():
        put("c", n=5)
        return read("c")["n"], [entity["n"] for entity in own_group()]

    def own_group():
        return datastore.Query("Counter").ancestor(Key.from_path("Counter", "c")).run()

    assert datastore.run_in_transaction(look) == (1, [1])
    assert read("c")["n"] == 5


def test_deletes_wait_for_the_commit():
    key = put("c", n=1)

    def remove():
        datastore.delete(key)
        return read("c")["n"]

    assert datastore.run_in_transaction(remove) == 1
    with pytest.raises(EntityNotFoundError, match="no entity has the key"):
        datastore.get(key)


def test_the_last_write_of_an_entity_counts():
    key = Key.from_path("Counter", "c")
    datastore.run_in_transaction(lambda: (put("c", n=1), datastore.delete(key), put("c", n=3)))
    assert read("c")["n"] == 3
    datastore.run_in_transaction(lambda: (put("c", n=4), datastore.delete(key)))
    assert datastore.get([key]) == [None]


def test_reads_see_the_moment_of_the_first_touch():
    put("c", n=1)

    def look():
        before = read("c")["n"]
        elsewhere(put, "c", n=7)
        return before, read("c")["n"]

    assert datastore.run_in_read_only_transaction(look) == (1, 1)
    assert read("c")["n"] == 7


def test_a_conflict_runs_the_function_again():
    put("c", n=0)
    tries = []

    def once_disturbed():
        entity = read("c")
        if not tries:
            elsewhere(put, "c", n=10)
        tries.append(entity["n"])
        entity["n"] += 1
        datastore.put(entity)

    datastore.run_in_transaction(once_disturbed)
    assert tries == [0, 10]
    assert read("c")["n"] == 11


@pytest.mark.parametrize(("retries", "expected"), [(None, 4), (0, 1), (2, 3)])
def test_retries_come_after_the_first_try(retries, expected):
    """Source: App Engine, `run_in_transaction`: 3 retries are 4 tries."""
    put("c", n=0)
    tries = []

    def always_disturbed():
        entity = read("c")
        tries.append(entity["n"])
        elsewhere(put, "c", n=len(tries))
        entity["n"] = -1
        datastore.put(entity)

    with pytest.raises(TransactionFailedError):
        if retries is None:
            datastore.run_in_transaction(always_disturbed)
        else:
            datastore.run_in_transaction_custom_retries(retries, always_disturbed)
    assert len(tries) == expected
    assert read("c")["n"] == expected


def test_a_conflict_may_begin_with_a_write():
    """The group's version counts from its first touch, though nothing was read."""
    put("c", n=0)
    tries = []

    def write():
        put("c", n=100)
        if not tries:
            elsewhere(put, "c", n=1)
        tries.append(1)

    datastore.run_in_transaction(write)
    assert len(tries) == 2


def test_two_that_make_the_same_group_do_not_both_win():
    tries = []

    def create():
        found = datastore.get([Key.from_path("Counter", "c")])[0]
        if not tries:
            elsewhere(put, "c", n=5)
        tries.append(found)
        if found is None:
            put("c", n=1)

    datastore.run_in_transaction(create)
    assert tries == [None, {"n": 5}]
    assert read("c")["n"] == 5


def test_an_error_of_the_function_undoes_everything():
    put("c", n=1)

    def fail():
        put("c", n=2)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        datastore.run_in_transaction(fail)
    assert read("c")["n"] == 1


def test_rollback_undoes_quietly():
    put("c", n=1)

    def undo():
        put("c", n=2)
        raise Rollback

    assert datastore.run_in_transaction(undo) is None
    assert read("c")["n"] == 1


def test_an_ended_transaction_takes_no_more_calls():
    kept = []
    datastore.run_in_transaction(lambda: kept.append(transaction.current_transaction()))
    with pytest.raises(BadRequestError, match="expired or is no longer valid"):
        kept[0].touch([])


class Clock:
    """The clock of transactions; `waits` seconds pass between two touches."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def waiting(self, *waits):
        """Returns a function that reads after each of some waits and then puts."""

        def touch():
            for seconds in waits:
                self.now += seconds
                read("c")
            put("c", n=2)

        return touch


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(transaction, "time", found)
    return found


ALIVE = [(0,), (29.9,), (30,), (25, 9.9), (9,) * 6, (29, 1, 10, 10), (10, 10, 10, 10, 10, 10)]
EXPIRED = [(30.1,), (25, 10.1), (31,), (29, 11), (0, 45), (9,) * 7, (60.1,), (10,) * 6 + (0.1,)]


@pytest.mark.parametrize("waits", ALIVE)
def test_a_transaction_lives_for_30_seconds_and_while_it_is_in_use_for_60(clock, waits):
    put("c", n=1)
    datastore.run_in_transaction(clock.waiting(*waits))
    assert read("c")["n"] == 2


@pytest.mark.parametrize("waits", EXPIRED)
def test_afterwards_it_has_expired_and_nothing_is_written(clock, waits):
    """Source: App Engine, "Transactions"."""
    put("c", n=1)
    with pytest.raises(BadRequestError, match="transaction has expired or is no longer valid"):
        datastore.run_in_transaction(clock.waiting(*waits))
    assert read("c")["n"] == 1


@pytest.mark.parametrize("wait", [31, 61])
def test_a_commit_is_too_late_as_well(clock, wait):
    def linger():
        put("c", n=1)
        clock.now += wait

    with pytest.raises(BadRequestError, match="after 60 seconds, and after 30 if it has been idle"):
        datastore.run_in_transaction(linger)
    with pytest.raises(EntityNotFoundError):
        read("c")


def test_one_that_only_reads_ends_whenever_it_likes(clock):
    """It has nothing to commit."""
    put("c", n=1)

    def linger():
        found = read("c")["n"]
        clock.now += 100
        return found

    assert datastore.run_in_transaction(linger) == 1


def test_each_try_begins_anew(clock):
    put("c", n=0)
    tries = []

    def once_disturbed():
        clock.now += 25
        entity = read("c")
        if not tries:
            elsewhere(put, "c", n=10)
        tries.append(entity["n"])
        entity["n"] += 1
        datastore.put(entity)

    datastore.run_in_transaction(once_disturbed)
    assert tries == [0, 10]
