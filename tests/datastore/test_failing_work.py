"""The n-th statement fails, for every n: ids, trimming, indexes, vacuum, statistics, seeds."""

from functools import partial

import pytest
import sqlalchemy as sql

from appengine.datastore import tables
from appengine.datastore.server import building, log, statistics, vacuum
from appengine.datastore.server.building import remove
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.seed import put_absent
from appengine.datastore.server.statistics import DAY_MICROSECONDS
from appengine.datastore.service import (
    AllocateRequest,
    CompleteRequest,
    GetRequest,
    IndexesRequest,
    InternalError,
)
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError
from tests.datastore.serving import Datastore, entity, key
from tests.datastore.test_failures import FailingConnection, contents, nothing_fails

__all__ = ["nothing_fails"]

FAILED = (InternalError, StorageError)


def fail_everywhere(work, check, *, least):
    """Does the work with the first statement failing, the second, and so on, until none is left.

    Args:
        work: called each time.
        check: called after each failure.
        least: statements that there are at least.
    """
    failures = 0
    while True:
        FailingConnection.countdown = failures + 1
        try:
            found = work()
        except FAILED:
            FailingConnection.countdown = None
            check()
            failures += 1
            continue
        FailingConnection.countdown = None
        assert failures >= least
        return found


@pytest.fixture
def failing(tmp_path):
    datastore = Datastore(tmp_path, factory=FailingConnection)
    datastore.put_all(*(entity(("A", n), x=n % 3, y=-n, z=[n, n + 1]) for n in range(1, 41)))
    return datastore


def test_no_id_is_given_twice_wherever_a_statement_of_its_reservation_fails(failing):
    place, taken = key("A", None), []

    def reserve():
        for request in (AllocateRequest(key=place, size=5), AllocateRequest(key=place, max=100)):
            found = failing.allocate(request)
            taken.extend(range(found.start, found.end + 1))

    fail_everywhere(reserve, lambda: None, least=4)
    assert len(taken) == len(set(taken))
    after = failing.allocate(AllocateRequest(key=place, size=1))
    assert after.start not in taken
    assert after.start > 100


def test_no_scattered_id_is_given_twice_either(failing):
    given = []

    def complete():
        other = Datastore(failing.storage.path.parent, factory=FailingConnection)
        given.extend(other.complete(CompleteRequest(keys=(key("A", None),) * 3)).keys)

    fail_everywhere(complete, lambda: None, least=3)
    assert len(given) == len(set(given))


def test_a_log_is_trimmed_with_a_commit_or_neither_is_done(failing, monkeypatch):
    monkeypatch.setattr(log, "TRIM_EVERY", 1)
    for number in range(1, 11):
        failing.put_all(entity(("A", number), x=9))
    failing.clock.advance(log.RETENTION_SECONDS + 10)
    before = contents(failing)

    def unchanged():
        assert contents(failing) == before

    fail_everywhere(lambda: failing.put_all(entity(("A", 1), x=5)), unchanged, least=10)
    kept = contents(failing)[3]
    assert len(kept) < len(before[3])
    assert failing.ids("A", ("x", "=", 5)) == [1]


def rows_of_composites(datastore):
    """Returns how many index rows each composite has, by its id."""
    (index, *_rest) = datastore.indexes(IndexesRequest()).indexes or [None]
    if index is None:
        return 0
    entries = tables.index_entries
    with datastore.storage.read() as connection:
        mine = sql.select(sql.func.count()).where(entries.c.index_id == index.id)
        return connection.scalar(mine)


def test_an_index_serves_when_it_is_whole_wherever_its_building_was_cut_off(failing, monkeypatch):
    monkeypatch.setattr(building, "CHUNK", 7)
    expected = sorted((n for n in range(1, 41) if n % 3 == 1), reverse=True)

    def ask():
        return failing.ids("A", ("x", "=", 1), orders=("y",))

    def not_serving_by_half():
        for index in failing.indexes(IndexesRequest()).indexes:
            assert index.state == "building" or rows_of_composites(failing) == 40
        assert failing.ids("A") == list(range(1, 41))

    assert fail_everywhere(ask, not_serving_by_half, least=20) == expected
    assert ask() == expected
    assert rows_of_composites(failing) == 40


def test_an_index_that_is_removed_serves_nobody_and_goes_in_the_end(failing, monkeypatch):
    monkeypatch.setattr(building, "REMOVED_ROWS", 7)
    failing.find("A", ("x", "=", 1), orders=("y",))
    (definition,) = catalog(failing).known.all_composites()

    def never_half():
        for index in failing.indexes(IndexesRequest()).indexes:
            assert index.state == "deleting" or rows_of_composites(failing) == 40

    fail_everywhere(lambda: remove(catalog(failing), definition), never_half, least=10)
    assert failing.indexes(IndexesRequest()).indexes == ()
    entries = tables.index_entries
    with failing.storage.read() as connection:
        left = sql.select(sql.func.count()).where(entries.c.index_id == definition.id)
        assert connection.scalar(left) == 0
    assert failing.ids("A", ("x", "=", 1), orders=("y",))[0] == 40
    (again,) = catalog(failing).known.all_composites()
    assert again.id > definition.id


def catalog(datastore):
    return datastore.storage.companion(Catalog, "guestbook")


def test_statistics_are_right_after_any_failure_and_entities_stay(failing, monkeypatch):
    monkeypatch.setattr(statistics, "CHUNK", 7)
    stored = failing.find("A")

    def ask():
        (total,) = failing.find("__Stat_Total__")
        return {item.name: item.values[0] for item in total.properties}

    def unharmed():
        assert failing.find("A") == stored

    first = fail_everywhere(ask, unharmed, least=10)
    assert (first["count"], len(failing.find("__Stat_Kind__"))) == (40, 1)
    failing.clock.advance(DAY_MICROSECONDS // 1_000_000)
    failing.delete_all(key("A", 40))
    stored = failing.find("A")
    second = fail_everywhere(ask, unharmed, least=10)
    assert second["count"] == 39


def test_a_vacuum_leaves_each_index_whole_or_on_its_way_out(failing, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "REMOVED_ROWS", 7)
    monkeypatch.setattr(vacuum, "Storage", partial(Storage, factory=FailingConnection))
    for order in ("y", "-y"):
        failing.find("A", ("x", "=", 1), orders=(order,))
    stored, file = failing.find("A"), tmp_path / "index.yaml"
    file.write_text("indexes:\n- kind: A\n  properties:\n  - name: x\n  - name: y\n")
    gone = set()

    def run():
        for index, _rows in vacuum.vacuum(tmp_path, "guestbook", file, lambda index: True):
            gone.add(index)

    def unharmed():
        kept, *others = failing.indexes(IndexesRequest()).indexes
        assert kept.state == "serving"
        assert rows_of_composites(failing) == 40
        assert [index.state for index in others] in ([], ["serving"], ["deleting"])
        assert failing.find("A") == stored

    fail_everywhere(run, unharmed, least=20)
    (kept,) = failing.indexes(IndexesRequest()).indexes
    assert [order.descending for order in kept.properties] == [False, False]
    assert len(gone) <= 1  # none is told where the last statement of all failed
    entries = tables.index_entries
    with failing.storage.read() as connection:
        left = sql.select(sql.func.count()).where(entries.c.index_id > kept.id)
        assert connection.scalar(left) == 0


def test_a_seed_is_put_whole_or_not_at_all_and_its_ids_are_kept(failing):
    new = [entity(("A", n), x=n, z=[n, -n]) for n in range(100, 120)]
    before = contents(failing)[:2]

    def nothing_of_it():
        assert contents(failing)[:2] == before

    done = fail_everywhere(lambda: put_absent(failing.server(), new), nothing_of_it, least=10)
    assert done == len(new)
    assert failing.ids("A", ("x", ">", 99)) == list(range(100, 120))
    given = failing.allocate(AllocateRequest(key=key("A", None), size=1))
    assert given.start > 119


def test_a_commit_to_25_groups_is_whole_or_nothing(failing):
    places = [key("A", number) for number in range(1, 26)]
    versions = failing.get(GetRequest(keys=tuple(places), versions={})).versions
    puts = tuple(entity(place, x=5, w=[1, 2]) for place in places[:24])
    before = contents(failing)

    def nothing_of_it():
        now = contents(failing)
        assert (now[0], now[1], now[3]) == (before[0], before[1], before[3])

    fail_everywhere(
        lambda: failing.transact(versions, puts=puts, deletes=(places[24],)),
        nothing_of_it,
        least=20,
    )
    assert failing.ids("A", ("x", "=", 5), ("w", "=", 2)) == list(range(1, 25))
    assert failing.get_one(places[24]) is None
