"""`--storage_path` where no server can or may use it: said in one line, and nothing is touched."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e import ordinary_user
from tests.e2e.serving import CHECKOUT, DevServer, wsgi_application

APP = """
from google.appengine.ext import db


class Note(db.Model):
    pass


def app(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        Note().put()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % Note.all().count()]
"""
VERSION_AT = 60
"""Where a file of data has its format. Source: SQLite, "Database File Format", section 1.3."""


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", APP)


@pytest.fixture
def data(app, tmp_path):
    """A directory of data that a server has left."""
    with DevServer([app], storage=tmp_path / "data") as server:
        assert server.request("POST", "/").text == "1"
    return tmp_path / "data"


def refusal(app: Path, storage: Path | str, *flags: str, prefix=lambda command: command) -> str:
    """Returns the one line of a server that does not start, also told to clear what is there."""
    command = [sys.executable, str(CHECKOUT / "dev_appserver.py"), "--port=0", "--admin_port=0"]
    command += [f"--storage_path={storage}", "--clear_datastore", *flags, str(app)]
    done = subprocess.run(
        prefix(command),
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd=app.parent,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.splitlines()
    return line


def everything(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Returns each file's mode, owner, time of change and bytes; a refused server locks one."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        if path.name == "server.lock":
            continue
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        changed = state.st_mtime_ns if path.is_file() else 0  # a look for room makes a file
        found[str(path)] = (state.st_mode, state.st_uid, changed, content)
    return found


def test_data_that_another_server_uses(app, data):
    with DevServer([app], storage=data) as server:
        assert server.request("POST", "/").text == "2"
        before = {path: path.read_bytes() for path in (data / "secret", *data.glob("trial.db*"))}
        lock = (data / "server.lock").read_bytes()
        line = refusal(app, data)
        assert line == f"dev_appserver.py: {data} is in use by process {server.pid}"
        assert {path: path.read_bytes() for path in before} == before
        assert (data / "server.lock").read_bytes() == lock
        assert server.request("POST", "/").text == "3"


@pytest.mark.parametrize("name", ["trial.db", "_platform.db"])
def test_data_of_a_newer_format(app, data, name):
    raw = bytearray((data / name).read_bytes())
    raw[VERSION_AT : VERSION_AT + 4] = (7).to_bytes(4, "big")
    (data / name).write_bytes(raw)
    before = everything(data)
    line = refusal(app, data)
    assert f"{data / name} has format 7, this version reads up to 1" in line
    assert line.endswith("nothing was changed")
    assert everything(data) == before


def test_a_file_that_is_no_data_of_ours(app, data):
    (data / "trial.db").write_bytes(b"the diary of a user\n" * 100)
    before = everything(data)
    assert "trial.db is not a SQLite database; nothing was changed" in refusal(app, data)
    assert everything(data) == before


@pytest.mark.parametrize("left", [50, 2048, 4096, -1])
def test_a_file_that_was_cut_off(app, data, left):
    file = data / "trial.db"
    with closing(sqlite3.connect(file)) as connection:  # else its log has all that is lost
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(file, left if left > 0 else file.stat().st_size + left)
    before = everything(data)
    line = refusal(app, data)
    assert f"trial.db has {file.stat().st_size} bytes and its header says " in line
    assert line.endswith(": it was cut off; nothing was changed")
    assert everything(data) == before


@pytest.mark.parametrize(
    "place", ["app", "app/data", "app/more/data", "other/../app/data", "link/data", "./app/./data"]
)
def test_a_place_inside_the_application_s_folder(app, tmp_path, place):
    """Also by another spelling, and through a symbolic link."""
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(app)
    before = everything(tmp_path)
    for spelling in (place, str(tmp_path / place)):
        assert f"lies inside the application's folder {app}" in refusal(app, spelling)
    assert everything(tmp_path) == before


def test_a_file_in_the_place_of_the_directory_or_above_it(app, tmp_path):
    (tmp_path / "file").write_text("kept")
    for place in ("file", "file/data"):
        line = refusal(app, tmp_path / place)
        assert "is not a directory" in line or "cannot be written: Not a directory" in line
    assert (tmp_path / "file").read_text() == "kept"


@pytest.fixture
def as_ordinary_user(app, tmp_path):
    """Runs a command as a user whom the modes of files stop."""
    if os.geteuid() != 0:
        return lambda command: command
    if lack := ordinary_user.missing():
        pytest.skip(f"as root, no file is closed: {lack}")
    return lambda command: ordinary_user.as_nobody(command, [CHECKOUT, tmp_path])


@pytest.mark.parametrize(
    ("closed", "mode", "told"),
    [
        ("data", 0o555, "data"),
        ("data/trial.db", 0o444, "trial.db may not be read and written; nothing was changed"),
        ("data/_platform.db", 0o444, "_platform.db may not be read and written"),
        ("data/clock", 0o444, "clock may not be read and written; nothing was changed"),
    ],
)
def test_a_place_that_may_not_be_written(app, data, as_ordinary_user, closed, mode, told):
    data.parent.chmod(0o755)
    for path in (data, *data.iterdir()):
        if os.geteuid() == 0:
            os.chown(path, ordinary_user.NOBODY, ordinary_user.NOBODY)
    (data.parent / closed).chmod(mode)
    before = everything(data)
    line = refusal(app, data, prefix=as_ordinary_user)
    assert told in line and ("may not be" in line or "cannot be written" in line)
    assert everything(data) == before
    (data.parent / closed).chmod(0o755)


def test_a_place_that_cannot_be_made(app, tmp_path, as_ordinary_user):
    tmp_path.chmod(0o755)
    (tmp_path / "closed").mkdir(mode=0o555)
    line = refusal(app, tmp_path / "closed" / "data", prefix=as_ordinary_user)
    assert "closed/data cannot be written: Permission denied; --storage_path names another" in line
    assert list((tmp_path / "closed").iterdir()) == []
