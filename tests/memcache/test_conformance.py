"""What App Engine promises of memcache, on the host's own store and on memcached."""

import pickle

import pytest

from appengine import memcache
from appengine.memcache import Client
from appengine.rpc import namespace_manager

VALUES = ["text", "ü€", b"\0bytes", 7, -7, 2**70, True, False, None, 1.5, [1, {"a": (2,)}], ""]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(cache, value):
    """Source: `memcache.set`: strings, numbers and everything that can be pickled."""
    assert memcache.set("k", value) is True
    found = memcache.get("k")
    assert found == value and type(found) is type(value)


def test_what_is_not_there_is_none(cache):
    """Source: `memcache.get`."""
    assert memcache.get("nothing") is None


def test_a_key_is_text_or_bytes_or_behind_a_number(cache):
    """Source: `memcache.get`: "a string, or a tuple of (hash_value, string)"."""
    memcache.set((7, "k"), 1)
    assert memcache.get("k") == memcache.get(b"k") == memcache.get((3, "k")) == 1
    with pytest.raises(TypeError, match="Key must be a string"):
        memcache.get(7)
    with pytest.raises(TypeError, match="key_prefix must be a string"):
        memcache.get_multi(["k"], key_prefix=7)


@pytest.mark.parametrize("length", [249, 250, 251, 100_000])
def test_a_key_may_have_any_length(cache, length):
    """Source: `memcache.MAX_KEY_SIZE`: longer ones are replaced by their SHA-1."""
    key = "k" * length
    memcache.set(key, length)
    assert memcache.get(key) == length
    assert memcache.get(key[:-1]) is None


def test_a_value_holds_a_million_bytes_and_not_one_more(cache):
    """Source: `memcache.MAX_VALUE_SIZE`."""
    assert memcache.set("k", b"x" * 1_000_000) is True
    assert len(memcache.get("k")) == 1_000_000
    with pytest.raises(ValueError, match="may not be more than 1000000 bytes"):
        memcache.set("k", b"x" * 1_000_001)


def test_add_stores_what_is_not_there(cache):
    """Source: `memcache.add`."""
    assert memcache.add("k", 1) is True
    assert memcache.add("k", 2) is False
    assert memcache.get("k") == 1


def test_replace_stores_what_is_there(cache):
    """Source: `memcache.replace`."""
    assert memcache.replace("k", 1) is False
    memcache.set("k", 1)
    assert memcache.replace("k", 2) is True
    assert memcache.get("k") == 2


def test_delete_tells_whether_there_was_an_item(cache):
    """Source: `memcache.delete`: 2 is success, 1 a missing item."""
    assert memcache.delete("k") == memcache.DELETE_ITEM_MISSING == 1
    memcache.set("k", 1)
    assert memcache.delete("k") == memcache.DELETE_SUCCESSFUL == 2
    assert memcache.get("k") is None
    assert memcache.delete_multi(["k", "l"]) is True


def test_a_delete_with_seconds_locks_the_key_for_add(cache):
    """Source: `memcache.delete`, `seconds`: "the delete lock blocks only add"."""
    memcache.set("k", 1)
    assert memcache.delete("k", seconds=100) == 2
    assert memcache.get("k") is None
    assert memcache.add("k", 2) is False
    assert memcache.replace("k", 2) is False
    assert memcache.peek("k").get_delete_lock_time_sec() > 0
    assert memcache.set("k", 3) is True
    assert memcache.get("k") == 3


@pytest.mark.parametrize("method", ["set", "add", "delete"])
def test_a_time_is_a_number_and_not_negative(cache, method):
    """Source: `memcache.set`, `memcache.delete`: TypeError, ValueError."""
    arguments = ("k",) if method == "delete" else ("k", 1)
    with pytest.raises(TypeError, match="must be a number"):
        getattr(memcache, method)(*arguments, "soon")
    with pytest.raises(ValueError, match="must not be negative"):
        getattr(memcache, method)(*arguments, -1)


def test_several_items_are_stored_and_read_at_once_by_keys_without_the_prefix(cache):
    """Source: `memcache.set_multi`, `memcache.get_multi`, `key_prefix`."""
    assert memcache.set_multi({"a": 1, b"b": 2, (1, "c"): 3}, key_prefix="p-") == []
    assert memcache.get_multi(["a", b"b", "c", "d"], key_prefix="p-") == {"a": 1, b"b": 2, "c": 3}
    assert memcache.get("p-a") == 1


def test_several_items_are_added_replaced_or_not(cache):
    """Source: `memcache.add_multi`, `memcache.replace_multi`: keys that were not stored."""
    memcache.set("a", 1)
    assert memcache.add_multi({"a": 2, "b": 2}) == ["a"]
    assert memcache.replace_multi({"b": 3, "c": 3}) == ["c"]
    assert memcache.get_multi(["a", "b", "c"]) == {"a": 1, "b": 3}


def test_a_counter_grows_and_falls_but_not_below_zero(cache):
    """Source: `memcache.incr`, `memcache.decr`."""
    memcache.set("n", 10)
    assert memcache.incr("n") == 11
    assert memcache.incr("n", 5) == 16
    assert memcache.decr("n", 7) == 9
    assert memcache.get("n") == 9
    assert memcache.decr("n", 100) == 0


def test_a_counter_wraps_around_at_64_bits(cache):
    """Source: `memcache.incr`: "wrap-around at 64 bits"."""
    memcache.set("n", 2**64 - 1)
    assert memcache.incr("n", 2) == 1
    assert memcache.incr("n", 2**64 - 1) == 0
    with pytest.raises(ValueError, match="above 18446744073709551615"):
        memcache.incr("n", 2**64)


def test_a_counter_that_is_missing_stays_so_without_an_initial_value(cache):
    """Source: `memcache.incr`, `initial_value`."""
    assert memcache.incr("n") is None
    assert memcache.decr("n", initial_value=3) == 2
    assert memcache.incr("m", 4, initial_value=10) == 14
    assert type(memcache.get("m")) is int


def test_what_is_no_number_is_not_counted(cache):
    """Source: `memcache.incr`: returns None on error."""
    memcache.set("n", "seven")
    assert memcache.incr("n") is None
    assert memcache.decr("n", initial_value=1) is None
    memcache.set("n", "7")  # text of digits counts, and stays text
    assert memcache.incr("n") == 8
    assert memcache.get("n") == "8"


@pytest.mark.parametrize("method", ["incr", "decr"])
def test_a_delta_is_an_integer_from_zero(cache, method):
    """Source: `memcache.incr`: TypeError, ValueError."""
    with pytest.raises(TypeError, match="Delta must be an integer"):
        getattr(memcache, method)("n", 1.5)
    with pytest.raises(ValueError, match="must not be negative"):
        getattr(memcache, method)("n", -1)


def test_several_counters_change_at_once(cache):
    """Source: `memcache.offset_multi`; `memcache.incr` with a list of keys."""
    memcache.set_multi({"a": 5, "b": 5, "c": "x"})
    offsets = {"a": 2, "b": -9, "c": 1, "d": 1}
    assert memcache.offset_multi(offsets) == {"a": 7, "b": 0, "c": None, "d": None}
    assert memcache.offset_multi({"d": 1}, initial_value=0) == {"d": 1}
    assert memcache.incr(["a", "b"], 3) == {"a": 10, "b": 3}
    with pytest.raises(TypeError, match="initial_value must be an integer"):
        memcache.offset_multi({"a": 1}, initial_value="x")
    with pytest.raises(ValueError, match="initial_value must be >= 0"):
        memcache.offset_multi({"a": 1}, initial_value=-1)


def test_compare_and_set_stores_what_nobody_has_changed(cache):
    """Source: `Client.gets`, `Client.cas`."""
    client, other = Client(), Client()
    memcache.set("k", 1)
    assert client.gets("k") == 1
    assert client.cas("k", 2) is True
    assert client.gets("k") == 2
    other.set("k", 3)
    assert client.cas("k", 4) is False
    assert memcache.get("k") == 3


def test_compare_and_set_needs_a_get_of_the_same_client(cache):
    """Source: `Client.cas`; `Client.cas_reset`."""
    client = Client()
    memcache.set("k", 1)
    assert client.cas("k", 2) is False
    client.gets("k")
    client.cas_reset()
    assert client.cas("k", 2) is False
    client.gets("k")
    memcache.delete("k")
    assert client.cas("k", 2) is False


def test_several_items_are_compared_and_set(cache):
    """Source: `Client.cas_multi`."""
    client = Client()
    memcache.set_multi({"a": 1, "b": 1})
    assert client.get_multi(["a", "b"], for_cas=True) == {"a": 1, "b": 1}
    memcache.set("b", 2)
    assert client.cas_multi({"a": 3, "b": 3}) == ["b"]
    assert memcache.get_multi(["a", "b"]) == {"a": 3, "b": 2}


def test_namespaces_are_apart_and_the_current_one_is_the_default(cache):
    """Source: App Engine, "Multitenancy", memcache."""
    memcache.set("k", "outside")
    memcache.set("k", "blue", namespace="blue")
    assert memcache.get("k", namespace="blue") == "blue"
    namespace_manager.set_namespace("blue")
    assert memcache.get("k") == "blue"
    assert memcache.get("k", namespace="") == "outside"
    with pytest.raises(namespace_manager.BadValueError):
        memcache.get("k", namespace="no spaces")


def test_flush_forgets_everything_in_every_namespace(cache):
    """Source: `memcache.flush_all`."""
    memcache.set("k", 1)
    memcache.set("k", 1, namespace="blue")
    assert memcache.flush_all() is True
    assert memcache.get("k") is None and memcache.get("k", namespace="blue") is None
    assert memcache.add("k", 2) is True


def test_hits_and_misses_are_counted(cache):
    """Source: `memcache.get_stats`."""
    memcache.set("key", "value")
    memcache.get("key")
    memcache.get("nothing")
    stats = memcache.get_stats()
    assert (stats["hits"], stats["misses"], stats["byte_hits"]) == (1, 1, 8)
    assert set(stats) == {"hits", "misses", "byte_hits", "items", "bytes", "oldest_item_age"}


def test_peeking_shows_an_item_with_its_times(cache):
    """Source: `memcache.peek` (Python 3 edition)."""
    memcache.set("k", [1], time=100)
    item = memcache.peek("k")
    assert item.get_value() == [1]
    assert item.get_delete_lock_time_sec() == 0
    assert memcache.peek("nothing") is None
    assert list(memcache.peek_multi(["k", "l"])) == ["k"]


ASYNC = [
    ("set_multi_async", ({"k": 1},), {"k": memcache.STORED}),
    ("add_multi_async", ({"k": 1},), {"k": memcache.STORED}),
    ("replace_multi_async", ({"k": 1},), {"k": memcache.NOT_STORED}),
    ("cas_multi_async", ({"k": 1},), {"k": memcache.NOT_STORED}),
    ("get_multi_async", (["k"],), {}),
    ("peek_multi_async", (["k"],), {}),
    ("delete_multi_async", (["k"],), [memcache.DELETE_ITEM_MISSING]),
    ("incr_async", ("k",), None),
    ("decr_async", ("k",), None),
    ("offset_multi_async", ({"k": 1},), {"k": None}),
    ("flush_all_async", (), True),
]


@pytest.mark.parametrize(
    ("method", "arguments", "expected"), ASYNC, ids=lambda case: str(case)[:20]
)
def test_a_call_may_be_made_without_waiting(cache, method, arguments, expected):
    """Source: class `Client`, the methods `..._async`, `rpc`."""
    called = []
    rpc = memcache.create_rpc(callback=lambda: called.append(1))
    assert getattr(Client(), method)(*arguments, rpc=rpc) is rpc
    assert rpc.get_result() == expected
    assert called == [1]
    assert getattr(Client(), method)(*arguments).get_result() is not ...


LOST = [
    ("get", ("k",), None),
    ("gets", ("k",), None),
    ("get_multi", (["k"],), {}),
    ("peek", ("k",), None),
    ("peek_multi", (["k"],), {}),
    ("set", ("k", 1), False),
    ("add", ("k", 1), False),
    ("replace", ("k", 1), False),
    ("cas", ("k", 1), False),
    ("set_multi", ({"k": 1},), ["k"]),
    ("add_multi", ({"k": 1},), ["k"]),
    ("replace_multi", ({"k": 1},), ["k"]),
    ("cas_multi", ({"k": 1},), ["k"]),
    ("delete", ("k",), memcache.DELETE_NETWORK_FAILURE),
    ("delete_multi", (["k"],), False),
    ("incr", ("k",), None),
    ("decr", ("k",), None),
    ("incr", (["k"],), {"k": None}),
    ("offset_multi", ({"k": 1},), {"k": None}),
    ("flush_all", (), False),
    ("get_stats", (), None),
]


@pytest.mark.parametrize(("method", "arguments", "expected"), LOST, ids=lambda case: str(case)[:20])
def test_the_loss_of_the_cache_is_no_error(local, method, arguments, expected):
    """Source: App Engine, "Memcache": calls return None, False, 0 or the whole list of keys."""
    local.is_lost = True
    assert getattr(Client(), method)(*arguments) == expected


@pytest.mark.parametrize(("method", "arguments", "expected"), LOST, ids=lambda case: str(case)[:20])
def test_servers_that_do_not_answer_are_no_error(tmp_path, method, arguments, expected):
    """Source: as above; nobody listens at port 1."""
    from appengine.rpc.client import transport
    from tests.memcache.serving import Cache

    cache = Cache(tmp_path, memcache=("127.0.0.1:1",))
    token = transport.set(cache)
    found = getattr(Client(), method)(*arguments)
    transport.reset(token)
    cache.close()
    if method == "get_stats":  # the host's own counts are there
        assert found["items"] == 0
    else:
        assert found == expected


def test_a_call_of_more_than_32_megabytes_stores_nothing(local):
    """Source: App Engine, "Memcache", limits: batches of 32 MB."""
    values = {f"k{number}": b"x" * 1_000_000 for number in range(34)}
    assert memcache.set_multi(values) == list(values)
    assert memcache.get("k0") is None
    few = dict(list(values.items())[:33])
    assert memcache.set_multi(few) == []


def test_a_client_of_memcached_finds_the_methods_it_knows(local):
    """Source: class `Client`: accepted, and without effect."""
    for method in ("disconnect_all", "forget_dead_hosts", "debuglog"):
        assert getattr(memcache, method)() is None
    assert memcache.set_servers(["127.0.0.1:11211"]) is None


def test_the_functions_may_use_another_client(local):
    """Source: `memcache.setup_client`."""

    class Doubling(Client):
        def get(self, key, namespace=None, for_cas=False):
            return super().get(key, namespace, for_cas) * 2

    memcache.set("k", 4)
    memcache.setup_client(Doubling())
    try:
        assert memcache.get("k") == 8
    finally:
        memcache.setup_client(Client())


def test_a_client_pickles_as_it_is_told(local):
    """Source: class `Client`: `pickler`, `unpickler`, `pid`, `pload`, `pickleProtocol`."""
    pet = object()
    client = Client(
        pickleProtocol=2,
        pickler=pickle._Pickler,
        unpickler=pickle._Unpickler,
        pid=lambda value: "pet" if value is pet else None,
        pload=lambda name: pet,
    )
    client.set("k", [pet])
    assert client.get("k")[0] is pet
    item = local.store().get("", [b"k"], peek=True)[0]
    assert item.value.startswith(b"\x80\x02")


def test_the_constants_are_app_engines():
    """Source: `google.appengine.api.memcache`, constants."""
    kinds = "STR UNICODE PICKLED INT LONG BOOL".split()
    assert [getattr(memcache, f"TYPE_{name}") for name in kinds] == [0, 1, 2, 3, 4, 5]
    assert (memcache.FLAG_TYPE_MASK, memcache.FLAG_COMPRESSED) == (7, 8)
    assert (memcache.MAX_KEY_SIZE, memcache.MAX_VALUE_SIZE) == (250, 1_000_000)
    statuses = "STORED NOT_STORED ERROR EXISTS".split()
    assert [getattr(memcache, name) for name in statuses] == [1, 2, 3, 4]
    deletes = "NETWORK_FAILURE ITEM_MISSING SUCCESSFUL".split()
    assert [getattr(memcache, f"DELETE_{name}") for name in deletes] == [0, 1, 2]
    assert (memcache.STAT_HITS, memcache.STAT_MISSES) == ("hits", "misses")
    assert (memcache.STAT_ITEMS, memcache.STAT_BYTES) == ("items", "bytes")
    assert (memcache.STAT_BYTE_HITS, memcache.STAT_OLDEST_ITEM_AGES) == (
        "byte_hits",
        "oldest_item_age",
    )


def test_a_peeked_item_tells_when_it_was_used_and_expires(local):
    """Source: `memcache.peek`, class `ItemWithTimestamps`."""
    memcache.set("k", 1, time=100)
    now = local.clock.now()
    item = memcache.peek("k")
    assert abs(item.get_expiration_time_sec() - now - 100) < 30
    assert abs(item.get_last_access_time_sec() - now) < 30
