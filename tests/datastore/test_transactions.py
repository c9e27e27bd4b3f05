"""Transactions: what they see, when they conflict, and that they are all or nothing."""

import threading

import msgspec
import pytest

from appengine.datastore.server import log
from appengine.datastore.server.log import MINIMUM_SECONDS, trim
from appengine.datastore.service import (
    Action,
    BadRequestError,
    ConcurrentTransactionError,
    CountRequest,
    GetRequest,
    RunRequest,
    VersionsRequest,
)
from tests.datastore.serving import Datastore, entity, key, query

A = ("Root", 1)
B = ("Root", 2)


def value(stored):
    return None if stored is None else stored.properties[0].values[0]


def touch(datastore, *keys, versions=None):
    request = GetRequest(keys=keys, versions=versions or {})
    return (versions or {}) | datastore.get(request).versions


def seen_by(datastore, place, versions):
    return value(datastore.get_one(place, versions=versions))


def test_reads_see_the_moment_of_the_first_touch_by_get_query_and_count(datastore):
    """A read; another commit changes B, deletes C, adds D, and moves E out of and F into a range.

    Source: App Engine, "Transactions", section "Isolation and consistency".
    """
    places = {name: key(*A, "Item", name) for name in "ABCDEF"}
    first = {"A": 1, "B": 2, "C": 3, "E": 4, "F": 50}
    datastore.put_all(*(entity(places[name], n=n) for name, n in first.items()))
    versions = touch(datastore, places["A"])
    ordered = {"ancestor": key(*A), "orders": ("n",)}
    before = datastore.find("Item", ("n", "<", 10), **ordered)
    datastore.transact(
        versions,
        puts=tuple(
            entity(places[name], n=n)
            for name, n in {"A": 9, "B": 0, "D": 5, "E": 60, "F": 6}.items()
        ),
        deletes=(places["C"],),
    )
    for _again in range(2):
        for name, place in places.items():
            assert seen_by(datastore, place, versions) == first.get(name)
        for size in (1, 2, 300):
            found = datastore.find(
                "Item", ("n", "<", 10), **ordered, batch_size=size, versions=versions
            )
            assert found == before
        question = query("Item", ("n", "<", 10), **ordered)
        request = CountRequest(query=question, versions=versions)
        assert datastore.count(request).count == 4
        limited = RunRequest(query=question, limit=2, batch_size=2, versions=versions)
        head = datastore.run(limited)
        tail = datastore.run(msgspec.structs.replace(limited, start=head.cursor))
        assert [*head.results, *tail.results] == [
            msgspec.Raw(msgspec.msgpack.encode(item)) for item in before
        ]
    assert datastore.ids("Item", ("n", "<", 10), **ordered) == ["B", "D", "F", "A"]


def test_two_groups_are_seen_at_one_moment(datastore):
    """The second group is first touched after a commit that changed both."""
    datastore.put_all(entity(A, n=1), entity(B, n=1))
    versions = touch(datastore, key(*A))
    both = touch(datastore, key(*A), key(*B))
    datastore.transact(both, puts=(entity(A, n=2), entity(B, n=2)))
    datastore.put_all(entity(B, n=3))
    assert seen_by(datastore, key(*B), versions) == 1
    versions = touch(datastore, key(*B), versions=versions)
    assert [seen_by(datastore, key(*place), versions) for place in (A, B)] == [1, 1]


def test_no_transaction_sees_one_group_before_and_another_after_one_commit(datastore):
    """Whichever of the two groups is touched first."""
    datastore.put_all(entity(A, n=1), entity(B, n=1))
    for first, second in ((A, B), (B, A)):
        old = datastore.get_one(key(*A))
        versions = touch(datastore, key(*first))
        both = touch(datastore, key(*A), key(*B))
        number = value(old) + 1
        datastore.transact(both, puts=(entity(A, n=number), entity(B, n=number)))
        versions = touch(datastore, key(*second), versions=versions)
        assert seen_by(datastore, key(*second), versions) == value(old)


def test_a_group_that_has_moved_stops_the_whole_commit(datastore):
    datastore.put_all(entity(A, n=1), entity(B, n=1))
    versions = touch(datastore, key(*A), key(*B))
    datastore.put_all(entity(B, n=2))
    with pytest.raises(ConcurrentTransactionError, match="has moved on from version 1"):
        datastore.transact(versions, puts=(entity(A, n=9),))
    assert value(datastore.get_one(key(*A))) == 1
    assert touch(datastore, key(*A))[key(*A)] == versions[key(*A)]


def test_of_two_transactions_that_create_one_group_the_first_wins(datastore):
    versions = touch(datastore, key(*A))
    assert versions == {key(*A): 0}
    datastore.transact(versions, puts=(entity(A, n=1),))
    with pytest.raises(ConcurrentTransactionError):
        datastore.transact(versions, puts=(entity(A, n=2),))
    assert value(datastore.get_one(key(*A))) == 1


def test_write_skew_over_two_groups_is_refused(datastore):
    datastore.put_all(entity(A, n=1), entity(B, n=1))
    versions = touch(datastore, key(*A), key(*B))
    datastore.transact(versions, puts=(entity(A, n=0),))
    with pytest.raises(ConcurrentTransactionError):
        datastore.transact(versions, puts=(entity(B, n=0),))


def test_many_transactions_may_read_one_group_and_write_others(datastore):
    datastore.put_all(entity(A, n=1))
    for number in range(10, 35):
        versions = touch(datastore, key(*A), key("Root", number))
        datastore.transact(versions, puts=(entity(("Root", number), n=1),))
    assert len(datastore.find("Root")) == 26


def test_a_put_outside_of_a_transaction_never_conflicts_but_moves_the_group(datastore):
    datastore.put_all(entity(A, n=1))
    versions = touch(datastore, key(*A))
    datastore.put_all(entity((*A, "Item", 1), n=1))
    with pytest.raises(ConcurrentTransactionError):
        datastore.transact(versions, puts=(entity(A, n=2),))


def test_a_first_touch_by_writing_counts_too(datastore):
    """Source: reference, "at first read/write of a group its timestamp is recorded"."""
    versions = datastore.versions(VersionsRequest(keys=(key(*A, "Item", 1),))).versions
    assert versions == {key(*A): 0}
    datastore.put_all(entity(A, n=1))
    with pytest.raises(ConcurrentTransactionError):
        datastore.transact(versions, puts=(entity((*A, "Item", 1), n=1),))


def test_a_26th_group_is_refused(datastore):
    versions = touch(datastore, *(key("Root", n) for n in range(1, 26)))
    with pytest.raises(BadRequestError, match="operating on too many entity groups"):
        touch(datastore, key("Root", 26), versions=versions)
    with pytest.raises(BadRequestError, match="operating on too many entity groups"):
        datastore.transact(versions, puts=(entity(("Root", 26), n=1),))


def test_only_ancestor_queries_are_allowed(datastore):
    with pytest.raises(BadRequestError, match=r"Only ancestor queries are allowed inside"):
        datastore.find("Root", versions={})


def test_a_moment_that_the_log_no_longer_holds_is_a_conflict(datastore):
    datastore.clock.freeze(1_000_000)
    datastore.put_all(entity(A, n=1))
    versions = touch(datastore, key(*A))
    datastore.put_all(entity(A, n=2))
    datastore.put_all(entity(A, n=3))
    datastore.clock.advance(3601)
    with datastore.storage.transaction() as connection:
        assert trim(connection, "guestbook", datastore.clock.now_microseconds()) == 2
    with pytest.raises(ConcurrentTransactionError, match="is no longer kept"):
        seen_by(datastore, key(*A), versions)


def test_the_log_keeps_the_last_minute_however_large_it_is(datastore):
    datastore.clock.freeze(1_000_000)
    for number in range(5):
        datastore.put_all(entity(A, n=number))
    now = datastore.clock.now_microseconds()
    with datastore.storage.transaction() as connection:
        assert trim(connection, "guestbook", now, retention_bytes=0) == 0
        later = now + (MINIMUM_SECONDS + 1) * 1_000_000
        assert trim(connection, "guestbook", later, retention_bytes=0) == 4


def test_a_commit_of_several_groups_leaves_the_log_as_a_whole(datastore, monkeypatch):
    """Else a snapshot would find one group before the commit and another behind it."""
    monkeypatch.setattr(log, "TRIM_ROWS", 3)
    datastore.clock.freeze(1_000_000)
    places = [key("Root", number) for number in range(1, 5)]
    for number in range(3):
        versions = touch(datastore, *places)
        datastore.transact(versions, puts=tuple(entity(place, n=number) for place in places))
    late = datastore.clock.now_microseconds() + 7200 * 1_000_000
    removed = []
    while True:
        with datastore.storage.transaction() as connection:
            removed.append(trim(connection, "guestbook", late))
        if not removed[-1]:
            break
    assert removed == [0]
    monkeypatch.setattr(log, "TRIM_ROWS", 6)
    with datastore.storage.transaction() as connection:
        assert [trim(connection, "guestbook", late) for _ in range(3)] == [4, 4, 0]


def test_an_action_is_done_in_the_commit_or_not_at_all(tmp_path):
    """The action writes through the same storage and fails: nothing of the commit stays."""
    done = []

    def services(service, method, request, /):
        done.append((service, method, len(request.keys)))
        raise ZeroDivisionError

    datastore = Datastore(tmp_path, services=services)
    message = msgspec.msgpack.encode({"keys": [["", ["Root", 2]]]})
    action = Action(service="datastore", method="delete", message=message)
    with pytest.raises(ZeroDivisionError):
        datastore.transact({}, puts=(entity(A, n=1),), actions=(action,))
    assert done == [("datastore", "delete", 1)]
    assert datastore.get_one(key(*A)) is None


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Action(service="datastore", method="drop", message=b""), "no call datastore.drop"),
        (Action(service="nothing", method="get", message=b""), "no call nothing.get"),
        (Action(service="datastore", method="get", message=b"\x80"), "datastore.get: Object"),
    ],
)
def test_an_action_that_nobody_serves_is_refused(datastore, action, text):
    with pytest.raises(BadRequestError, match=text):
        datastore.transact({}, puts=(entity(A, n=1),), actions=(action,))
    assert datastore.get_one(key(*A)) is None


def test_a_key_is_written_once_in_a_transaction(datastore):
    with pytest.raises(BadRequestError, match=r"writes .* twice"):
        datastore.transact({}, puts=(entity(A, n=1),), deletes=(key(*A),))


def increment(datastore, place, history):
    """Adds one in a transaction, as often as it takes; notes the versions read and written."""
    while True:
        versions = touch(datastore, place)
        current = value(datastore.get_one(place, versions=versions)) or 0
        try:
            written = datastore.transact(versions, puts=(entity(place, n=current + 1),))
        except ConcurrentTransactionError:
            continue
        history.append((versions[place], written[place]))
        return


def test_concurrent_increments_lose_nothing_and_leave_no_gap(datastore):
    history = []
    datastore.put_all(entity(A, n=0))
    threads = [
        threading.Thread(
            target=lambda: [increment(datastore, key(*A), history) for _time in range(20)]
        )
        for _client in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(datastore.get_one(key(*A))) == 160
    assert sorted(history) == [(number, number + 1) for number in range(1, 161)]
