import shutil

import pytest

from appengine.rpc import namespace_manager
from appengine.rpc.client import transport
from tests.memcache.serving import Cache, memcached


@pytest.fixture(scope="session")
def servers():
    """The addresses of two memcached servers."""
    if shutil.which("memcached") is None:
        pytest.skip("memcached is not installed")
    with memcached(2) as (addresses, _):
        yield addresses


@pytest.fixture(params=["local", "memcached"])
def cache(request, tmp_path):
    """An application's cache, of either kind; calls of the test's clients reach it."""
    settings = {}
    if request.param == "memcached":
        settings["memcache"] = tuple(request.getfixturevalue("servers"))
    yield from _open(Cache(tmp_path, request.node.name[:90].replace("[", "-")[:60], **settings))


@pytest.fixture
def local(tmp_path):
    """An application's cache on this host."""
    yield from _open(Cache(tmp_path))


def _open(cache):
    token = transport.set(cache)
    yield cache
    transport.reset(token)
    namespace_manager.set_namespace("")
    cache.close()
