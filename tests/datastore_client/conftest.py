"""What the tests of the datastore's client share: a datastore of their own."""

import pytest

from appengine.rpc import namespace_manager
from appengine.rpc.client import transport
from tests.datastore_client.in_process import APPLICATION, InProcess


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The variables that an instance's environment has."""
    monkeypatch.setenv("APPLICATION_ID", APPLICATION)
    monkeypatch.setenv("AUTH_DOMAIN", "gmail.com")
    monkeypatch.delenv("USER_EMAIL", raising=False)
    namespace_manager.set_namespace("")
    yield
    namespace_manager.set_namespace("")


@pytest.fixture
def pipe(tmp_path):
    """An empty datastore, which the client's calls reach."""
    carrier = InProcess(tmp_path)
    token = transport.set(carrier)
    yield carrier
    transport.reset(token)
    carrier.close()
