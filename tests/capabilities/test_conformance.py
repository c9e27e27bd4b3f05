"""What App Engine promises of capabilities."""

import pytest

from appengine import capabilities, memcache
from appengine.rpc.client import transport
from appengine.rpc.rooms import find_services
from tests.rpc.one_process import OneProcess


@pytest.fixture(autouse=True)
def process(tmp_path):
    made = OneProcess(tmp_path)
    token = transport.set(made)
    yield made
    transport.reset(token)
    made.close()


@pytest.mark.parametrize("package", [*sorted(find_services()), "datastore_v3"])
def test_a_service_of_the_platform_is_enabled(package):
    """Source: class `CapabilitySet`, `is_enabled`."""
    assert capabilities.CapabilitySet(package, ["write"], ["get"]).is_enabled()
    assert capabilities.CapabilitySet(package).admin_message() == ""


def test_what_is_no_service_is_not_enabled_and_says_so():
    """Source: class `CapabilitySet`, `is_enabled` and `admin_message`."""
    unknown = capabilities.CapabilitySet("teleport")
    assert not unknown.is_enabled()
    assert "'teleport'" in unknown.admin_message()


def test_asking_for_the_future_is_deprecated():
    """Source: class `CapabilitySet`, `will_remain_enabled_for`."""
    with pytest.warns(DeprecationWarning):
        assert capabilities.CapabilitySet("memcache").will_remain_enabled_for(60)


def test_memcache_has_a_capability_of_its_own():
    """Source: `memcache.CAPABILITY`."""
    assert memcache.CAPABILITY.is_enabled()


def test_the_names_of_app_engine_are_there():
    """Source: `google.appengine.api.capabilities`."""
    assert issubclass(capabilities.UnknownCapabilityError, Exception)
    assert capabilities.CapabilityConfig.ENABLED == "enabled"


def test_names_are_bounded():
    """A longer one would cost the instance its life."""
    assert not capabilities.CapabilitySet("x" * 100, ["y" * 100] * 99, ["z"] * 100).is_enabled()
    for arguments in (
        ("x" * 101,),
        (None,),
        ("mail", ["y" * 101]),
        ("mail", ["y"] * 100),
        ("mail", None, ["z"] * 101),
        ("mail", None, [7]),
    ):
        with pytest.raises(ValueError, match="100"):
            capabilities.CapabilitySet(*arguments)
