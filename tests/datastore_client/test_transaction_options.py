"""Transactions: groups, propagation, options and limits."""

import pytest

from appengine import datastore
from appengine.datastore import db
from appengine.datastore.client import transactions
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadRequestError,
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
        ({"retries": "a"}, BadArgumentError, r"retries should be an integer; received 'a'"),
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
        return datastore.put([datastore.Entity("Fish"), datastore.Entity("Fish")])

    options = datastore.create_transaction_options(xg=True)
    keys = datastore.run_in_transaction_options(options, make)
    assert all(key.has_id_or_name() for key in keys)
    assert datastore.get(keys) == [{}, {}]


def test_a_new_group_costs_no_question_for_its_version(pipe):
    db.run_in_transaction(lambda: Fish(name="x").put())
    assert pipe.called == ["complete", "commit"]


def test_a_group_that_is_written_often_is_asked_for_once(pipe):
    root = Key.from_path("Root", 1)
    children = [datastore.Entity("Leaf", parent=root, name=name) for name in "abc"]
    datastore.run_in_transaction(lambda: [datastore.put(child) for child in children])
    assert pipe.called == ["versions", "commit"]


def test_a_transaction_that_only_reads_sends_no_commit(pipe):
    db.run_in_transaction(lambda: Fish.get_by_key_name("x"))
    assert pipe.called == ["get"]


class Fish(db.Model):
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
