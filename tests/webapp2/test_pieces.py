"""Configuration, imports by name, properties and locals.

Source: webapp2, "Config", "import_string", "cached_property", "Local".
"""

import sys
import threading
from types import ModuleType

import pytest

from appengine.webapp2 import Config, ImportStringError, cached_property, import_string
from appengine.webapp2.local import Local, LocalProxy


def test_a_modules_values_are_its_defaults_under_the_applications():
    config = Config({"a": {"x": 1}})
    assert config.load_config("a", {"x": 0, "y": 2}) == {"x": 1, "y": 2}
    assert config == {"a": {"x": 1, "y": 2}} and config.loaded == ["a"]
    assert config.load_config("a", {"z": 3}) == {"x": 1, "y": 2}  # looked at once


def test_values_for_one_call_are_not_kept():
    config = Config()
    assert config.load_config("a", {"x": 1}, {"x": 2}) == {"x": 2}
    assert config["a"] == {"x": 1}


def test_a_required_value_that_is_missing_is_named():
    with pytest.raises(Exception, match=r"Missing configuration keys for 'a': \['x'\]"):
        Config().load_config("a", {"x": None}, required_keys=("x",))
    assert Config().load_config("a", {"x": None}, {"x": 3}, ["x"]) == {"x": 3}


def test_an_object_is_imported_by_its_name(monkeypatch):
    module = ModuleType("pets")
    module.Pet = Config
    monkeypatch.setitem(sys.modules, "pets", module)
    assert import_string("pets.Pet") is Config
    assert import_string("pets") is module
    assert import_string("xml.dom.minidom").__name__ == "xml.dom.minidom"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("os.pathx", "'os' is there, 'pathx' is not in it"),
        ("nowhere.x", "none of it is there"),
        ("nowhere", "none of it is there"),
        ("xml.dom.nothing", "'xml.dom' is there, 'nothing' is not in it"),
    ],
)
def test_a_name_of_nothing_says_which_part_is_missing(name, text):
    with pytest.raises(ImportStringError, match=text) as raised:
        import_string(name)
    assert raised.value.import_name == name
    assert isinstance(raised.value.exception, ImportError | AttributeError)
    assert import_string(name, silent=True) is None


class Pet:
    """Counts how often its name is found."""

    looked = 0

    @cached_property
    def name(self):
        """The pet's name."""
        self.looked += 1
        return "Rex"


def test_a_cached_property_is_computed_once():
    pet = Pet()
    assert (pet.name, pet.name, pet.looked) == ("Rex", "Rex", 1)
    del pet.name
    assert (pet.name, pet.looked) == ("Rex", 2)
    pet.name = "Tom"
    assert pet.name == "Tom"
    assert Pet.name.__doc__ == "The pet's name." and Pet.name.__name__ == "name"


def test_a_cached_property_may_have_another_name():
    made = cached_property(lambda pet: 3, "legs", "How many.")
    assert (made.__name__, made.__doc__) == ("legs", "How many.")


def test_a_local_has_attributes_for_each_thread():
    local, seen = Local(), []
    local.a = 1

    def look():
        seen.append(getattr(local, "a", None))
        local.a = 2

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert (seen, local.a, list(local)) == ([None], 1, [("a", 1)])
    del local.a
    with pytest.raises(AttributeError, match="a"):
        getattr(local, "a")  # noqa: B009  # the access is what is tried
    local.b = 1
    local.__release_local__()
    assert list(local) == []


def test_a_proxy_stands_for_what_is_there_now():
    local = Local()
    proxy = local("n")
    assert not proxy and repr(proxy) == "<LocalProxy unbound>" and dir(proxy) == []
    with pytest.raises(RuntimeError, match="no object bound to n"):
        proxy.bit_length()
    local.n = 7
    assert proxy == 7 and proxy + 1 == 8 and 10 - proxy == 3 and proxy % 4 == 3 and -proxy == -7
    assert proxy.bit_length() == 3 and repr(proxy) == str(proxy) == "7" and int(proxy) == 7
    assert "bit_length" in dir(proxy) and [0] * 7 == [0] * proxy and bool(proxy)
    local.n = 8
    assert proxy == 8 and hash(proxy) == hash(8) and divmod(proxy, 3) == (2, 2)


def test_a_proxy_of_a_function_calls_it_at_each_use():
    items = {"a": [1]}
    proxy = LocalProxy(lambda: items)
    proxy["b"] = 2
    del proxy["a"]
    assert dict(proxy.items()) == {"b": 2} == items and "b" in proxy and len(proxy) == 1
    assert list(proxy) == ["b"] and proxy["b"] == 2
    pet = LocalProxy(Pet)
    assert pet.name == "Rex"
    assert LocalProxy(lambda: str.upper)("a") == "A"
    lock = threading.Lock()
    with LocalProxy(lambda: lock):
        assert lock.locked()
    assert not lock.locked()


def test_a_proxy_sets_and_deletes_attributes():
    pet = Pet()
    proxy = LocalProxy(lambda: pet)
    proxy.owner = "Ann"
    assert pet.owner == "Ann"
    del proxy.owner
    assert not hasattr(pet, "owner")
