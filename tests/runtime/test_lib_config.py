"""Configuration of libraries by an application's own module."""

import sys
from types import ModuleType

import pytest

from appengine.runtime import lib_config


@pytest.fixture
def registry(monkeypatch):
    """A registry whose module says what the test puts into it; counts its imports."""
    made = lib_config.LibConfigRegistry("trial_config")
    made.said = ModuleType("trial_config")
    made.imports = []

    def read(name):
        made.imports.append(name)
        monkeypatch.setitem(sys.modules, name, made.said)

    initialize = made.initialize
    monkeypatch.setattr(made, "initialize", lambda: initialize(read))
    return made


def test_a_value_is_the_applications_or_the_default(registry):
    """Source: `lib_config.register`."""
    registry.said.shop_COLOUR = "blue"
    handle = registry.register("shop", {"COLOUR": "red", "SIZE": 3, "__name__": "left out"})
    assert (handle.COLOUR, handle.SIZE) == ("blue", 3)
    with pytest.raises(AttributeError):
        _ = handle.WEIGHT


def test_the_module_is_imported_once_and_late(registry):
    """Source: class `LibConfigRegistry`, `initialize`."""
    handle = registry.register("shop_", {"SIZE": 3})
    assert registry.imports == []
    assert handle.SIZE == handle.SIZE == 3
    assert registry.imports == ["trial_config"]
    assert registry.register("shop", {"MORE": 4}) is handle and handle.MORE == 4


def test_a_reset_reads_the_module_again(registry):
    """Source: class `LibConfigRegistry`, `reset`."""
    handle = registry.register("shop", {"SIZE": 3})
    assert handle.SIZE == 3
    registry.said.shop_SIZE = 4
    registry.reset()
    assert handle.SIZE == 4


def test_what_no_library_knows_is_warned_of(registry, caplog):
    """Source: class `ConfigHandle`: "not recognized"."""
    registry.said.shop_COLOR = "blue"
    assert registry.register("shop", {"COLOUR": "red"}).COLOUR == "red"
    assert 'Configuration "shop_COLOR" not recognized' in caplog.text


def test_an_application_may_have_no_module():
    """Source: class `LibConfigRegistry`, `initialize`."""
    registry = lib_config.LibConfigRegistry("there_is_no_such_module")
    assert registry.register("shop", {"SIZE": 3}).SIZE == 3
    assert "does not exist" in registry.describe()


def test_a_module_that_fails_is_told(tmp_path, monkeypatch):
    """Source: class `LibConfigRegistry`, `initialize`: its own ImportError goes on."""
    (tmp_path / "broken_config.py").write_text("import there_is_no_such_module")
    monkeypatch.syspath_prepend(tmp_path)
    handle = lib_config.LibConfigRegistry("broken_config").register("shop", {"SIZE": 3})
    with pytest.raises(ImportError, match="there_is_no_such_module"):
        _ = handle.SIZE


def test_registrations_can_be_printed(capsys, registry):
    """Source: `lib_config.main`."""
    registry.said.shop_SIZE = 4
    registry.register("shop", {"SIZE": 3})
    assert "Overrides:\n    SIZE = 4\n  Defaults:\n    SIZE = 3" in registry.describe()
    lib_config.main()
    assert capsys.readouterr().out.startswith("Content-type: text/plain\n\n")


def test_the_module_is_app_engines():
    """Source: `lib_config.DEFAULT_MODNAME`."""
    assert lib_config.DEFAULT_MODNAME == "appengine_config"


def test_a_library_registers_its_defaults_with_the_application_s_module():
    """Source: `lib_config.register`."""
    assert lib_config.register("a_shop_of_the_tests", {"SIZE": 3}).SIZE == 3


def test_a_value_may_have_any_name(registry):
    handle = registry.register("names", {"describe": 1, "forget": 2, "add_defaults": 3})
    assert (handle.describe, handle.forget, handle.add_defaults) == (1, 2, 3)
