"""Which layers are put up, and when that is not enough to serve."""

import pytest

from appengine.config.settings import Settings
from appengine.rpc.boot import Layer
from appengine.supervisor.layers import (
    SandboxError,
    choose_layers,
    describe_layers,
    missing_system,
)
from appengine.supervisor.run import SANDBOX_ERROR, run

NAMES = ["namespaces", "privileges", "limits", "landlock", "seccomp", "python"]


def machine(*missing: str) -> list[Layer]:
    return [Layer(name, name not in missing, f"why {name}") for name in NAMES]


def test_a_whole_machine_puts_up_everything():
    assert choose_layers(machine(), Settings(require_sandbox=True)) == NAMES


def test_development_serves_without_what_is_not_the_minimum():
    chosen = choose_layers(machine("namespaces", "landlock"), Settings())
    assert chosen == ["privileges", "limits", "seccomp", "python"]


@pytest.mark.parametrize("name", ["seccomp", "limits"])
def test_the_minimum_is_needed_in_development_too(name):
    with pytest.raises(SandboxError, match=f"{name}: why {name}.*--allow_weak_sandbox={name}"):
        choose_layers(machine(name), Settings())


@pytest.mark.parametrize("name", NAMES)
def test_a_required_sandbox_needs_every_layer_that_is_not_given_up(name):
    with pytest.raises(SandboxError, match=name):
        choose_layers(machine(name), Settings(require_sandbox=True))
    settings = Settings(require_sandbox=True, allow_weak_sandbox=(name,))
    assert name not in choose_layers(machine(name), settings)


def test_a_layer_that_is_none_is_told_with_those_that_are():
    with pytest.raises(SandboxError, match="'sandbox' is no layer; layers: landlock, limits"):
        choose_layers(machine(), Settings(allow_weak_sandbox=("sandbox",)))


def test_missing_layers_are_named_in_one_line():
    assert describe_layers(machine()) == [f"sandbox: {', '.join(NAMES)}"]
    on, off = describe_layers(machine("landlock", "seccomp"))
    assert on == "sandbox: namespaces, privileges, limits, python"
    assert off == "sandbox layers MISSING here: landlock (why landlock); seccomp (why seccomp)"


def test_a_system_without_what_the_server_stands_on_is_named(monkeypatch, capsys):
    assert missing_system() == ""
    monkeypatch.delattr("os.pidfd_open")
    assert run(Settings(), []) == SANDBOX_ERROR
    assert "pidfd_open" in capsys.readouterr().err
    monkeypatch.delattr("socket.SO_PASSCRED")
    assert "SO_PASSCRED" in missing_system()


def test_cgroups_are_never_needed_and_no_cage_is_told_of_them():
    reason = Layer("cgroups", False, "read-only; limits hold instead")
    for settings in (Settings(), Settings(require_sandbox=True)):
        assert choose_layers([*machine(), reason], settings) == NAMES
        assert choose_layers([*machine(), Layer("cgroups", True)], settings) == NAMES


def test_missing_cgroups_are_told_calmly():
    lines = describe_layers([*machine(), Layer("cgroups", False, "read-only")])
    assert lines == [f"sandbox: {', '.join(NAMES)}", "sandbox: no cgroups (read-only)"]
