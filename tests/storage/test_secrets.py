"""The secret: made once, kept private, and one key for each purpose."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.storage.errors import StorageError
from appengine.storage.secrets import Secrets, open_secrets

parts = st.lists(st.binary(max_size=5), max_size=4)


def test_a_secret_survives_and_only_its_owner_may_read_it(tmp_path):
    first = open_secrets(tmp_path).sign("cookie", "ann")
    assert open_secrets(tmp_path).is_signed(first, "cookie", "ann")
    found = (tmp_path / "secret").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600 and found.st_size == 32
    assert os.listdir(tmp_path) == ["secret"]


def test_processes_that_start_at_once_share_one_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        signatures = set(pool.map(lambda _: open_secrets(tmp_path).sign("a"), range(32)))
    assert len(signatures) == 1 and os.listdir(tmp_path) == ["secret"]


def test_two_directories_have_two_secrets(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (open_secrets(tmp_path / name) for name in ("one", "two"))
    assert not two.is_signed(one.sign("a"), "a")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    open_secrets(tmp_path)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(StorageError, match=r"secret has mode 0o6\d\d: others may read it"):
        open_secrets(tmp_path)


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 33])
def test_a_secret_of_the_wrong_length_is_refused(tmp_path, data):
    (tmp_path / "secret").write_bytes(data)
    with pytest.raises(StorageError, match="no file of 32 bytes"):
        open_secrets(tmp_path)


def test_a_link_or_a_pipe_in_its_place_is_refused(tmp_path):
    (tmp_path / "other").write_bytes(b"x" * 32)
    (tmp_path / "secret").symlink_to("other")
    with pytest.raises(StorageError, match="secret: "):
        open_secrets(tmp_path)
    (tmp_path / "secret").unlink()
    os.mkfifo(tmp_path / "secret", 0o600)
    with pytest.raises(StorageError, match="no file of 32 bytes"):
        open_secrets(tmp_path)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match="missing/secret: No such file"):
        open_secrets(tmp_path / "missing")


@given(one=parts, two=parts)
def test_parts_are_signed_one_by_one(one, two):
    secrets = Secrets(b"x" * 32)
    assert secrets.is_signed(secrets.sign("a", *one), "a", *two) is (one == two)
    assert not secrets.is_signed(secrets.sign("a", *one), "b", *one)
