"""The directory of a run: nobody takes one that is being made for a dead server's."""

import socket
import tempfile
from pathlib import Path

import pytest

from appengine.supervisor import runtime
from appengine.supervisor.runtime import Runtime, check_place, remove_stale


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    """A place of its own, whose name is short enough for sockets: pytest's need not be."""
    with tempfile.TemporaryDirectory(prefix="appengine-test-") as place:
        monkeypatch.setattr(tempfile, "tempdir", place)
        yield Path(place)


def test_what_a_killed_server_has_left_is_removed_and_a_living_one_s_is_not(folder):
    living = Runtime()
    dead = folder / "appengine-run-dead"
    dead.mkdir()
    (dead / "lock").touch()
    remove_stale()
    assert list(folder.iterdir()) == [living.path]
    living.remove()
    assert list(folder.iterdir()) == []


def test_one_that_is_removed_before_it_is_locked_is_made_again(folder, monkeypatch):
    lock, removed = runtime.flock, []

    def flock(descriptor, operation):
        if not removed:
            removed.append(True)
            remove_stale()  # another server starts just now
        lock(descriptor, operation)

    monkeypatch.setattr(runtime, "flock", flock)
    made = Runtime()
    assert made.path.exists()
    assert list(folder.iterdir()) == [made.path]
    made.remove()


def test_a_name_too_long_for_sockets_is_not_used(folder, monkeypatch):
    long = folder / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    made = Runtime()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(made.path / "v1234567.sock"))
    made.remove()


def test_an_application_s_folder_is_no_place_for_temporary_files(folder, monkeypatch):
    """Where nothing else can be written, Python takes the current directory."""
    check_place([folder / "app"])
    (folder / "app" / "tmp").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "app" / "tmp"))
    monkeypatch.setattr(runtime, "MAX_PLACE", 1000)
    with pytest.raises(OSError, match=r"lies inside the application's folder .*; set TMPDIR"):
        check_place([folder / "app"])
