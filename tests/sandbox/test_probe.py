"""The probe of this machine's layers."""

import errno
import os

import pytest

from appengine.sandbox.cage import LAYERS, landlock, namespaces, probe, seccomp


def count_children():
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        return len(children.read().split())


def test_every_layer_is_probed_in_order():
    layers = probe.probe()
    assert [layer.name for layer in layers] == list(LAYERS)
    assert all(layer.detail and "\n" not in layer.detail for layer in layers)


def test_the_probe_leaves_nothing_behind():
    before = os.listdir("/proc/self/fd"), count_children(), os.getcwd(), os.getresuid()
    with open("/proc/self/mounts") as mounts:
        mounted = mounts.read()
    probe.probe()
    assert before == (os.listdir("/proc/self/fd"), count_children(), os.getcwd(), os.getresuid())
    with open("/proc/self/mounts") as mounts:
        assert mounts.read() == mounted


@pytest.mark.parametrize(
    ("place", "function", "name"),
    [
        (namespaces, "enter_namespaces", "namespaces"),
        (namespaces, "drop_privileges", "privileges"),
        (landlock, "restrict_files", "landlock"),
        (seccomp, "install", "seccomp"),
    ],
)
def test_a_layer_that_the_machine_refuses_is_off_and_says_why(monkeypatch, place, function, name):
    def refuse(*arguments, **options):
        raise OSError(errno.EPERM, f"{function}: not on this machine")

    monkeypatch.setattr(place, function, refuse)
    layers = {layer.name: layer for layer in probe.probe()}
    assert not layers[name].on
    assert layers[name].detail == f"[Errno 1] {function}: not on this machine"
    assert layers["python"].on


@pytest.mark.parametrize(
    ("place", "function", "name"),
    [
        (landlock, "restrict_files", "landlock"),
        (seccomp, "install", "seccomp"),
    ],
)
def test_a_layer_that_claims_to_be_up_and_does_nothing_is_off(monkeypatch, place, function, name):
    monkeypatch.setattr(place, function, lambda *arguments, **options: 7)
    layers = {layer.name: layer for layer in probe.probe()}
    assert not layers[name].on
    assert layers[name].detail.endswith("is still possible")


def test_a_trial_that_dies_is_off(monkeypatch):
    monkeypatch.setitem(probe.TRIALS, "seccomp", lambda: os.kill(os.getpid(), 9))
    layers = {layer.name: layer for layer in probe.probe()}
    assert layers["seccomp"] == probe.Layer("seccomp", False, "the trial's process died")


def test_another_system_has_only_what_python_offers(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    layers = {layer.name: layer for layer in probe.probe()}
    assert [name for name, layer in layers.items() if layer.on] == ["limits", "python"]
    assert layers["landlock"].detail == "darwin has none"
