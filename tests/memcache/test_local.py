"""The host's own store: bounded, shared by processes, expiring by the platform clock."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from appengine import memcache
from appengine.memcache.server import near
from appengine.memcache.server.local import ITEM_OVERHEAD, Limits, LocalStore
from appengine.memcache.service import (
    DeleteRequest,
    Found,
    IncrementRequest,
    Item,
    Offset,
    SetRequest,
)
from appengine.storage.clock import Clock
from tests.e2e.serving import wait_until

MIB = 2**20


@pytest.fixture
def make(tmp_path):
    """Returns what opens the same store once more, as another worker does."""
    opened, clock = [], Clock()

    def open_one(size_bytes=MIB, jitter=0.0, chance=lambda: 1.0, now=None):
        now = now or clock.now_microseconds
        store = LocalStore(tmp_path / "cache.db", Limits(size_bytes, jitter), now, chance)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


def put(store, key, value=b"x", **options):
    return store.set(SetRequest(items=(Item(key, value),), **options))


def get(store, key):
    (found,) = store.get("", [key], peek=False)
    return None if found is None else found.value


def test_an_item_expires_when_its_time_is_over(local):
    """Source: `memcache.set`, `time`: seconds from now, above 30 days since 1970."""
    local.clock.freeze(1_800_000_000)
    memcache.set("short", 1, time=10)
    memcache.set("part", 1, time=0.5)  # whole seconds, rounded up
    memcache.set("late", 1, time=1_800_000_020)
    memcache.set("past", 1, time=1_700_000_000)
    assert memcache.get_multi(["short", "part", "late", "past"]).keys() == {"short", "part", "late"}
    local.clock.advance(0.9)
    assert memcache.get("part") == 1
    local.clock.advance(9.1)
    assert memcache.get_multi(["short", "part", "late"]).keys() == {"late"}
    assert memcache.add("short", 2) is True
    local.clock.advance(10)
    assert memcache.get("late") is None


def test_a_lock_ends_with_its_time(local):
    """Source: `memcache.delete`, `seconds`."""
    local.clock.freeze(1_800_000_000)
    memcache.set("k", 1)
    memcache.delete("k", seconds=10)
    item = memcache.peek("k")
    assert (item.value, item.delete_lock_time_sec) == ("", 1_800_000_010)
    local.clock.advance(10)
    assert memcache.peek("k") is None
    assert memcache.add("k", 2) is True


def test_a_peek_tells_the_times_and_does_not_use_the_item(local):
    """Source: `memcache.peek`: the eviction order is not altered."""
    local.clock.freeze(1_800_000_000)
    memcache.set("k", 1, time=60)
    local.clock.advance(5)
    for _ in range(2):
        item = memcache.peek("k")
        assert item.get_expiration_time_sec() == 1_800_000_060
        assert item.get_last_access_time_sec() == 1_800_000_000
    memcache.get("k")
    memcache.set("other", 1)  # what was read is written with the next change
    assert memcache.peek("k").get_last_access_time_sec() == 1_800_000_005


def test_figures_are_those_of_what_is_there(local):
    """Source: `memcache.get_stats`."""
    local.clock.freeze(1_800_000_000)
    memcache.set("abc", b"12345")
    local.clock.advance(30)
    memcache.set("d", b"1", time=5)
    stats = memcache.get_stats()
    assert (stats["items"], stats["bytes"], stats["oldest_item_age"]) == (2, 10, 30)
    local.clock.advance(5)
    assert memcache.get_stats()["items"] == 1
    memcache.delete("abc", seconds=10)
    assert memcache.get_stats()["items"] == 0


def test_the_items_that_were_not_used_the_longest_are_pushed_out(make):
    now = [10**9]

    def later():
        now[0] += 1
        return now[0]

    room = 10 * (4 + 96 + ITEM_OVERHEAD)
    store = make(size_bytes=room, now=later)
    for number in range(10):
        put(store, b"k%03d" % number, b"x" * 96)
    assert get(store, b"k000") is not None  # used again: it is not the oldest any more
    put(store, b"k010", b"x" * 96)
    assert get(store, b"k001") is None
    assert [get(store, b"k%03d" % number) is not None for number in (0, 2, 10)] == [True] * 3


def test_a_store_never_holds_more_than_its_size(make):
    store = make(size_bytes=20_000)
    for number in range(300):
        put(store, b"k%d" % number, b"x" * (number * 7 % 900))
        stats = store.stats()
        assert stats.bytes + stats.items * ITEM_OVERHEAD <= 20_000
    assert stats.items > 15


def test_what_is_larger_than_the_whole_store_is_not_kept(make):
    store = make(size_bytes=1000)
    put(store, b"small")
    put(store, b"large", b"x" * 1000)
    assert get(store, b"large") is None


def test_expired_items_go_before_others(make):
    now = [10**12]
    store = make(size_bytes=3 * (1 + 100 + ITEM_OVERHEAD), now=lambda: now[0])
    put(store, b"a", b"x" * 100)
    now[0] += 1
    put(store, b"b", b"x" * 100, time=5)
    put(store, b"c", b"x" * 100)
    now[0] += 6_000_000
    put(store, b"d", b"x" * 100)
    assert [get(store, key) is not None for key in (b"a", b"b", b"c", b"d")] == [
        True,
        False,
        True,
        True,
    ]


def test_jitter_makes_items_expire_earlier_by_chance(make):
    now = [10**12]
    store = make(jitter=0.5, now=lambda: now[0], chance=lambda: 0.5)
    put(store, b"k", time=100)
    put(store, b"absolute", time=10**12 // MIB * 2)
    now[0] += 74_000_000
    assert get(store, b"k") == b"x"
    now[0] += 1_000_000
    assert get(store, b"k") is None  # 100 s less 50 % of one half


def test_workers_see_each_others_changes_at_once(make):
    one, two = make(), make()
    put(one, b"k", b"1")
    assert get(two, b"k") == get(two, b"k") == b"1"
    put(one, b"k", b"2")
    assert get(two, b"k") == b"2"
    one.increment(IncrementRequest(items=(Offset(b"k", 5),)))
    assert get(two, b"k") == b"7"
    one.delete(DeleteRequest(keys=(b"k",)))
    assert get(two, b"k") is None
    put(one, b"k", b"3")
    assert get(two, b"k") == b"3"
    one.flush()
    assert get(two, b"k") is None


def test_a_worker_sees_that_another_has_pushed_an_item_out(make):
    one, two = make(size_bytes=1000), make(size_bytes=1000)
    put(one, b"k", b"x" * 100)
    assert get(two, b"k") is not None
    put(one, b"l", b"x" * 900)
    assert get(two, b"k") is None


def test_counts_of_all_workers_are_added_up(make):
    one, two = make(), make()
    put(one, b"k")
    get(one, b"k")
    get(two, b"k")
    get(two, b"nothing")
    wait_until(lambda: one.stats().hits == 2 and one.stats().misses == 1, 20)


def test_no_increment_of_several_workers_is_lost(make):
    stores = [make(), make()]

    def count(store):
        for _ in range(50):
            store.increment(IncrementRequest(items=(Offset(b"n", 1, False, 0),)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, stores * 2))
    assert get(stores[0], b"n") == b"200"


def test_a_killed_writer_leaves_a_store_that_works(make):
    """Killed in the middle of its work, again and again: others find items whole or not at all."""
    store = make()
    for _ in range(5):
        child = os.fork()
        if child == 0:
            own = make()
            while True:
                put(own, b"k", os.urandom(1) * 1000)
        signal.sigtimedwait([], 0.05)  # whatever it is doing then
        os.kill(child, 9)
        os.waitpid(child, 0)
        value = get(store, b"k")
        assert value is None or (len(value) == 1000 and len(set(value)) == 1)
        assert put(store, b"other") == [1]


def test_a_store_that_is_broken_is_a_lost_cache_and_no_error(local):
    memcache.set("k", 1)
    path = local.directory / "memcache-trial.db"
    local.store().close()
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1000)
    local.resources.kept.clear()
    assert memcache.get("k") is None
    assert memcache.set("k", 2) is False
    assert memcache.get_stats() is None
    path.unlink()
    assert memcache.set("k", 2) is True


def test_an_application_does_not_see_anothers_items(local):
    memcache.set("k", 1)
    local.application = "other"
    assert memcache.get("k") is None
    memcache.set("k", 2)
    memcache.flush_all()
    local.application = "trial"
    assert memcache.get("k") == 1


def test_a_process_remembers_items_up_to_so_many_bytes(tmp_path, monkeypatch):
    """What was remembered first goes first; of one item the last reading counts alone."""
    monkeypatch.setattr(near, "REMEMBERED_BYTES", 10 * (near.ITEM_BYTES + 102))
    cache = near.NearCache(tmp_path / "marks")
    for number in (*range(25), 24, 24):
        key = b"%02d" % number
        item = Found(b"x" * 100, 0, number)
        cache.remember("", key, cache.read_marks(key), (number, 0, item))
    kept = [number for number in range(25) if cache.find("", b"%02d" % number, 1)]
    assert kept == list(range(15, 25))
    large = Found(b"x" * near.LARGEST_BYTES, 0, 1)
    cache.remember("", b"large", cache.read_marks(b"large"), (99, 0, large))
    assert cache.find("", b"large", 1) is None
    cache.close()
