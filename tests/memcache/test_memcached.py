"""Real memcached servers: which item is where, and what happens when one is gone."""

import shutil

import pytest

from appengine import memcache
from appengine.rpc.client import transport
from tests.e2e.serving import wait_until
from tests.memcache.serving import Cache, memcached, start_memcached


@pytest.fixture
def many(tmp_path):
    """A cache on two servers of its own, and their processes."""
    if shutil.which("memcached") is None:
        pytest.skip("memcached is not installed")
    with memcached(2) as (addresses, processes):
        cache = Cache(tmp_path, memcache=tuple(addresses))
        token = transport.set(cache)
        yield cache, processes
        transport.reset(token)
        cache.close()


def test_items_are_spread_over_the_servers(many):
    memcache.set_multi({f"k{number}": number for number in range(100)})
    clients = many[0].store()._client.clients.values()
    counts = [int(client.stats()[b"curr_items"]) for client in clients]
    assert min(counts) > 20 and sum(counts) == 101  # and the generation


@pytest.mark.parametrize("which", [0, 1])
def test_the_loss_of_a_server_loses_its_items_alone(many, which):
    """Also where that server had the generation, by which all items are found."""
    cache, processes = many
    keys = [f"k{number}" for number in range(60)]
    memcache.set_multi(dict.fromkeys(keys, 1))
    names = cache.store()._names("", [key.encode() for key in keys])
    client = cache.store()._client
    gone = list(client.clients.values())[which].server
    left = [
        key
        for key, name in zip(keys, names, strict=True)
        if client._get_client(name).server != gone
    ]
    processes[which].kill()
    processes[which].wait()
    wait_until(lambda: memcache.get_multi(keys) == dict.fromkeys(left, 1))
    assert 10 < len(left) < 50
    wait_until(lambda: memcache.set_multi(dict.fromkeys(keys, 2)) == [])
    wait_until(lambda: memcache.get_multi(keys) == dict.fromkeys(keys, 2))
    processes[1 - which].kill()
    processes[1 - which].wait()
    assert memcache.get_multi(keys) == {}
    assert memcache.set("k", 1) is False
    assert memcache.delete("k") == memcache.DELETE_NETWORK_FAILURE


def test_a_server_that_comes_back_takes_its_items_again(tmp_path, monkeypatch):
    """What the other server holds stays where it is; nothing in between is an error."""
    if shutil.which("memcached") is None:
        pytest.skip("memcached is not installed")
    monkeypatch.setattr("appengine.memcache.server.memcached.DEAD_SECONDS", 0.1)
    keys = [f"k{number}" for number in range(60)]
    with memcached(2) as (addresses, processes):
        cache = Cache(tmp_path, memcache=tuple(addresses))
        token = transport.set(cache)
        memcache.set_multi(dict.fromkeys(keys, 1))
        before = places(cache, keys)
        processes[0].kill()
        processes[0].wait()
        for _ in range(3):
            memcache.set_multi(dict.fromkeys(keys, 2))
        processes[0] = start_memcached(addresses[0].rpartition(":")[2])

        def is_whole():
            stored = memcache.set_multi(dict.fromkeys(keys, 3)) == []
            return stored and len(set(places(cache, keys))) == 2

        wait_until(is_whole)
        assert places(cache, keys) == before
        assert memcache.get_multi(keys) == dict.fromkeys(keys, 3)
        transport.reset(token)
        cache.close()


def places(cache, keys):
    """Returns the address of the server at which the ring has each key, whatever is stored."""
    client = cache.store()._client
    return [client._get_client(f"fixed-{key}").server for key in keys]


def test_applications_on_the_same_servers_are_apart(many, tmp_path):
    cache, _ = many
    memcache.set("k", 1)
    cache.application = "other"
    assert memcache.get("k") is None
    memcache.set("k", 2)
    assert memcache.flush_all() is True
    cache.application = "trial"
    assert memcache.get("k") == 1


def test_an_item_expires_on_the_servers(servers, tmp_path):
    cache = Cache(tmp_path, "expiring", memcache=tuple(servers))
    token = transport.set(cache)
    memcache.set("past", 1, time=1_700_000_000)
    memcache.set("later", 1, time=3600)
    assert memcache.get_multi(["past", "later"]) == {"later": 1}
    transport.reset(token)
    cache.close()


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("cache.example.com", ("cache.example.com", 11211)),
        ("127.0.0.1:99", ("127.0.0.1", 99)),
        ("[::1]:99", ("::1", 99)),
        ("[::1]", ("::1", 11211)),
    ],
)
def test_a_server_is_stated_by_host_and_port(server, address):
    from appengine.memcache.server.memcached import _address

    assert _address(server) == address
