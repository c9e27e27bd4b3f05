"""The storage directory: for one server at a time."""

import os
from pathlib import Path

import pytest

from appengine.storage.directory import StorageDirectory
from appengine.storage.errors import StorageError, StorageLockedError, StorageReadOnlyError


def test_a_second_server_is_refused_and_told_who_has_it(tmp_path):
    first = StorageDirectory(tmp_path / "data")
    with pytest.raises(StorageLockedError, match=f"is in use by process {os.getpid()}"):
        StorageDirectory(tmp_path / "data")
    first.close()
    StorageDirectory(tmp_path / "data").close()


def test_a_server_that_has_died_leaves_no_lock(tmp_path):
    child = os.fork()
    if child == 0:
        StorageDirectory(tmp_path / "data")
        os._exit(0)
    os.waitpid(child, 0)
    StorageDirectory(tmp_path / "data").close()


def test_it_is_private_to_its_owner(tmp_path):
    StorageDirectory(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_it_may_not_lie_inside_an_application(tmp_path):
    with pytest.raises(StorageError, match="lies inside the application's folder"):
        StorageDirectory(tmp_path / "app" / "data", (tmp_path / "app",))
    assert not (tmp_path / "app").exists()


def test_a_file_in_its_place_is_named(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match="data is not a directory"):
        StorageDirectory(tmp_path / "data")


def test_a_place_that_cannot_be_written_is_named():
    with pytest.raises(StorageReadOnlyError, match="/proc/none/data cannot be written"):
        StorageDirectory(Path("/proc/none/data"))
