"""A disk without room, or read-only: what cannot be kept is refused with a sentence, reads go on.

Where nobody may mount a small file system there is none to fill; where no file can be made
immutable, none becomes read-only under a server that has it open.
"""

import http.client
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.e2e.serving import DevServer, wait_until, wsgi_application
from tests.e2e.test_life import children_of, find_named

APP = """
from google.appengine.ext import db


class Note(db.Model):
    text = db.TextProperty()


def notes(environ):
    if environ["REQUEST_METHOD"] == "POST":
        db.put([Note(text="x" * 20000), Note(text="y" * 20000)])
    return b"%d" % Note.all().count()


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/notes":
        return [notes(environ)]
    if environ["PATH_INFO"] == "/large":
        return [b"x" * int(environ["QUERY_STRING"])]
    return [b"%d" % len(environ["wsgi.input"].read())]
"""
DISK_BYTES = 3 * 2**20


@pytest.fixture
def small_disk():
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = Path(tempfile.mkdtemp())  # a short name, in which sockets have room for theirs
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", APP)


def fill(folder: Path) -> Path:
    """Takes all the room that is left; returns the file that holds it."""
    path = folder / "fill"
    with pytest.raises(OSError, match="No space"), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return path


def test_bodies_that_cannot_be_kept_are_refused_and_others_served(app, small_disk):
    with DevServer([app], environ={"TMPDIR": str(small_disk)}) as server:
        refused = server.request("POST", "/", bytes(2 * DISK_BYTES))
        assert (refused.status, "no room" in refused.text) == (503, True)
        refused = server.get(f"/large?{2 * DISK_BYTES}")
        assert (refused.status, "no room" in refused.text) == (503, True)
        assert server.request("POST", "/", b"small").text == "5"
        assert "Traceback" not in server.log


def test_an_edit_that_finds_no_room_is_told_and_the_version_before_it_serves_on(app, small_disk):
    with DevServer([app], environ={"TMPDIR": str(small_disk)}) as server:
        taken = fill(small_disk)
        (app / "main.py").write_text(APP.replace('b"%d" % len', 'b"now %d" % len'))
        wait_until(lambda: "its files cannot be shown: " in server.log, 10)
        assert server.get("/").text == "0"
        taken.unlink()
        (app / "more.py").write_text("")
        wait_until(lambda: server.get("/").text == "now 0", 10)


def test_a_full_disk_stops_writes_whole_and_no_reads_until_there_is_room(app, small_disk):
    with DevServer([app], storage=small_disk / "data") as server:
        assert server.request("POST", "/notes").text == "2"
        while (reply := server.request("POST", "/notes")).status == 200:
            stored = reply.text
        assert "the disk is full" in reply.text
        assert server.get("/notes").text == stored
        assert server.get("/_ah/login").status == 200
        subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
        assert server.request("POST", "/notes").text == str(int(stored) + 2)


def test_a_start_on_a_full_disk_is_refused_in_one_line(app, small_disk):
    taken = fill(small_disk)
    server = DevServer([app], storage=small_disk / "data")
    with pytest.raises(AssertionError, match=r"exit status 2: .* has no room for data: No space"):
        server.start()
    assert len(server.log.splitlines()) == 1
    taken.unlink()
    with server:
        assert server.request("POST", "/notes").text == "2"


def make_immutable(folder: Path, *, is_so: bool) -> None:
    """Makes all files of a folder read-only, also for those that have them open, or undoes that."""
    sign = "+i" if is_so else "-i"
    subprocess.run(["chattr", "-R", sign, str(folder)], check=True, capture_output=True)


@pytest.fixture
def storage(tmp_path):
    """A folder whose files can be made immutable, and are not in the end."""
    folder = tmp_path / "data"
    folder.mkdir()
    probe = folder / "probe"
    with probe.open("wb", buffering=0) as file:
        try:
            make_immutable(folder, is_so=True)
            file.write(b"x")
        except (OSError, subprocess.CalledProcessError) as error:
            works = isinstance(error, PermissionError)
        else:
            works = False
    if not works:
        pytest.skip("this file system has no immutable files, or only another user's")
    make_immutable(folder, is_so=False)
    probe.unlink()
    yield folder
    make_immutable(folder, is_so=False)


def test_storage_that_becomes_read_only_refuses_writes_whole_and_reads_go_on(app, storage):
    """Reads go on where a worker has the data open; one that has not says what is the matter."""
    with DevServer([app], storage=storage) as server:
        assert server.request("POST", "/notes").text == "2"
        before = {path.name: path.read_bytes() for path in storage.glob("trial.db*")}
        make_immutable(storage, is_so=True)
        for _ in range(4):
            refused = server.request("POST", "/notes")
            assert refused.status == 500
            assert "CapabilityDisabledError: the datastore is read-only now" in refused.text
            assert server.get("/notes").text == "2"
        assert "trial.db: Operation not permitted" in server.log
        for name in ("trial.db", "trial.db-wal", "trial.db-queue"):
            assert (storage / name).read_bytes() == before[name]
        make_immutable(storage, is_so=False)
        assert server.request("POST", "/notes").text == "4"


def test_a_worker_that_starts_on_read_only_storage_says_so_and_serves_when_that_ends(app, storage):
    with DevServer([app], storage=storage) as server:
        assert server.request("POST", "/notes").text == "2"
        (worker,) = children_of(find_named(server, "appengine-front"))
        make_immutable(storage, is_so=True)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: answers(server))
        for method in ("POST", "GET"):
            refused = server.request(method, "/notes")
            assert refused.status == 500
            assert "CapabilityDisabledError: the datastore is read-only now" in refused.text
        make_immutable(storage, is_so=False)
        assert server.get("/notes").text == "2"
        assert server.request("POST", "/notes").text == "4"


def answers(server):
    try:
        return server.get("/static/small.txt").status == 200
    except (OSError, http.client.HTTPException):
        return False
