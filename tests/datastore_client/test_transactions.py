"""Transactions: what they see, when they are tried again, and what ends them."""

import threading

import pytest

from appengine import datastore
from appengine.datastore import db
from appengine.datastore.client import transactions
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadRequestError,
    EntityNotFoundError,
    Rollback,
    TransactionFailedError,
)
from appengine.datastore.datastore_types import Key
from appengine.rpc.client import transport

pytestmark = pytest.mark.usefixtures("pipe")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """No pause between tries."""
    monkeypatch.setattr(transactions, "BACK_OFF_SECONDS", 0.0)


def put(name, kind="Counter", **properties):
    entity = datastore.Entity(kind, name=name)
    entity.update(properties)
    return datastore.put(entity)


def read(name, kind="Counter"):
    return datastore.get(Key.from_path(kind, name))


def elsewhere(function, *args, **kwargs):
    """Runs a function as another client does: in another thread, outside of the transaction."""
    pipe = transport.get()

    def run():
        transport.set(pipe)
        function(*args, **kwargs)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


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
    datastore.run_in_transaction(lambda: kept.append(transactions.current_transaction()))
    with pytest.raises(BadRequestError, match="expired or is no longer valid"):
        kept[0].touch([])


def test_a_transaction_ends_after_60_seconds(monkeypatch):
    """Source: App Engine, "Transactions"."""

    def wait():
        monkeypatch.setattr(transactions.time, "monotonic", lambda: 1e12)
        read("c")

    with pytest.raises(BadRequestError, match="after 60 seconds"):
        datastore.run_in_transaction(wait)


def test_without_xg_one_group_takes_part():
    put("a", n=1)
    put("b", n=1)
    for touch in (
        lambda: datastore.get([Key.from_path("Counter", "a"), Key.from_path("Counter", "b")]),
        lambda: (put("a", n=2), put("b", n=2)),
        lambda: (read("a"), datastore.delete(Key.from_path("Counter", "b"))),
    ):
        with pytest.raises(BadRequestError, match=r"explicitly specified \(xg=True\)"):
            datastore.run_in_transaction(touch)
    assert read("a")["n"] == read("b")["n"] == 1


def test_with_xg_25_groups_take_part():
    options = datastore.create_transaction_options(xg=True)

    def touch(count):
        return len(datastore.get([Key.from_path("G", number + 1) for number in range(count)]))

    assert datastore.run_in_transaction_options(options, touch, 25) == 25
    with pytest.raises(BadRequestError, match="too many entity groups in a single transaction"):
        datastore.run_in_transaction_options(options, touch, 26)


def test_write_skew_over_two_groups_is_refused():
    put("a", n=1)
    put("b", n=1)
    options = datastore.create_transaction_options(xg=True, retries=0)

    def skew():
        total = read("a")["n"] + read("b")["n"]
        elsewhere(put, "b", n=0)
        if total > 1:
            put("a", n=0)

    with pytest.raises(TransactionFailedError):
        datastore.run_in_transaction_options(options, skew)
    assert read("a")["n"] == 1


def test_queries_inside_have_an_ancestor():
    for query in (datastore.Query("Counter"), datastore.Query("__kind__")):
        with pytest.raises(BadRequestError, match="Only ancestor queries are allowed inside"):
            datastore.run_in_transaction(query.fetch, 1)
        with pytest.raises(BadRequestError, match="Only ancestor queries are allowed inside"):
            datastore.run_in_transaction(query.count)


def test_a_count_inside_sees_the_snapshot():
    root = put("c", n=1)

    def look():
        query = datastore.Query().ancestor(root)
        before = query.count()
        elsewhere(lambda: datastore.put(datastore.Entity("Child", parent=root)))
        return before, query.count()

    assert datastore.run_in_read_only_transaction(look) == (1, 1)


def test_transactions_do_not_nest_by_themselves():
    with pytest.raises(BadRequestError, match="Nested transactions are not supported"):
        datastore.run_in_transaction(datastore.run_in_transaction, lambda: 1)


def test_the_decorator_joins_the_transaction_it_is_called_in():
    @datastore.transactional
    def write():
        put("c", n=2)
        return datastore.is_in_transaction()

    def fail_after():
        assert write()
        raise Rollback

    assert write() is True
    put("c", n=1)
    datastore.run_in_transaction(fail_after)
    assert read("c")["n"] == 1


def test_propagation_says_what_a_call_inside_does():
    """Source: App Engine, `TransactionOptions`."""

    def inside(propagation):
        options = {"propagation": propagation}
        return datastore.run_in_transaction(
            datastore.transactional(**options)(datastore.is_in_transaction)
        )

    assert inside(db.ALLOWED) is inside(db.MANDATORY) is inside(db.INDEPENDENT) is True
    with pytest.raises(BadRequestError, match="Nested transactions are not supported"):
        inside(db.NESTED)
    with pytest.raises(BadRequestError, match="Requires an existing transaction"):
        datastore.transactional(propagation=db.MANDATORY)(lambda: 1)()


def test_an_independent_transaction_commits_alone():
    put("c", n=1)

    @datastore.transactional(propagation=db.INDEPENDENT)
    def note():
        put("log", kind="Log", text="tried")

    def undo():
        put("c", n=2)
        note()
        raise Rollback

    datastore.run_in_transaction(undo)
    assert read("c")["n"] == 1
    assert read("log", kind="Log")["text"] == "tried"


def test_non_transactional_functions_run_outside():
    @datastore.non_transactional
    def outside():
        return datastore.is_in_transaction()

    @datastore.non_transactional(allow_existing=False)
    def never_inside():
        return datastore.is_in_transaction()

    assert datastore.run_in_transaction(outside) is False
    assert never_inside() is False
    with pytest.raises(BadRequestError, match="cannot be called from within a transaction"):
        datastore.run_in_transaction(never_inside)


def test_a_read_only_transaction_writes_nothing():
    key = put("c", n=1)
    for write in (lambda: put("c", n=2), lambda: datastore.delete(key)):
        with pytest.raises(BadRequestError, match="Cannot modify entities in a read-only"):
            datastore.run_in_read_only_transaction(write)
    options = datastore.create_transaction_options(xg=True)
    assert datastore.run_in_read_only_transaction_options(options, read, "c")["n"] == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"foo": 1}, TypeError, r"Unknown configuration option \('foo'\)"),
        ({"xg": 5}, BadArgumentError, r"xg argument should be bool \(5\)"),
        ({"propagation": 9}, BadArgumentError, r"Unknown propagation value \(9\)"),
        ({"retries": "a"}, BadArgumentError, r"retries should be an integer; received a"),
        ({"retries": -1}, BadArgumentError, "retries must not be negative"),
        ({"deadline": 0}, BadArgumentError, r"deadline argument should be > 0"),
        ({"deadline": "a"}, BadArgumentError, "deadline argument should be int/long/float"),
        ({"read_policy": 7}, BadArgumentError, r"read_policy argument invalid \(7\)"),
        ({"config": 5}, BadArgumentError, "config argument should be Configuration"),
    ],
)
def test_options_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        datastore.create_transaction_options(**options)


def test_options_add_up():
    first = datastore.create_config(deadline=5, read_policy=1)
    both = datastore.create_transaction_options(config=first, xg=True)
    assert repr(both) == "TransactionOptions(deadline=5, read_policy=1, xg=True)"
    assert datastore.create_config(deadline=5) == datastore.create_config(deadline=5)


def test_ids_inside_are_given_at_the_put():
    def make():
        return datastore.put([datastore.Entity("Pet"), datastore.Entity("Pet")])

    options = datastore.create_transaction_options(xg=True)
    keys = datastore.run_in_transaction_options(options, make)
    assert all(key.has_id_or_name() for key in keys)
    assert datastore.get(keys) == [{}, {}]


def test_a_new_group_costs_no_question_for_its_version(pipe):
    db.run_in_transaction(lambda: Pet(name="x").put())
    assert pipe.called == ["complete", "commit"]


def test_a_transaction_that_only_reads_sends_no_commit(pipe):
    db.run_in_transaction(lambda: Pet.get_by_key_name("x"))
    assert pipe.called == ["get"]


class Pet(db.Model):
    name = db.StringProperty()


def test_a_transaction_writes_at_most_500_entities_and_10_mib():
    """Source: App Engine, "Quotas and limits"."""
    root = Key.from_path("Root", 1)
    many = [datastore.Entity("Leaf", parent=root, id=number + 1) for number in range(501)]
    with pytest.raises(BadRequestError, match="more than 500 entities"):
        datastore.run_in_transaction(datastore.put, many)
    large = []
    for number in range(11):
        entity = datastore.Entity("Leaf", parent=root, id=number + 1)
        entity["blob"] = db.Blob(bytes(10**6))
        large.append(entity)
    with pytest.raises(BadRequestError, match="at most 10485760 bytes"):
        datastore.run_in_transaction(datastore.put, large)
