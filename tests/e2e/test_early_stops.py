"""A signal at any moment of the start ends the server quietly, and leaves nothing behind."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.serving import DevServer, wait_until, wsgi_application
from tests.e2e.test_life import HELLO, descendants, is_running


def has_mapped(pid: int, name: str) -> bool:
    try:
        return name in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


MOMENTS = {
    "its modules are being imported": lambda start: has_mapped(start.pid, "/_asyncio."),
    "its data are open": lambda start: (start.server.storage / "server.lock").exists(),
    "its own directory is there": lambda start: any(start.temporary.glob("appengine-run-*")),
    "the first process is started": lambda start: len(descendants(start.pid)) >= 1,
    "the servers are started": lambda start: len(descendants(start.pid)) >= 3,
    "the application is being loaded": lambda start: len(descendants(start.pid)) >= 6,
    "it serves": lambda start: start.server.status_file.exists(),
}
"""What is seen of a start from outside, in its order."""


class Start:
    """A server that is being started, in a directory for temporary files of its own."""

    def __init__(self, folder: Path) -> None:
        self.server = DevServer([wsgi_application(folder / "app", HELLO)])
        self.temporary = self.server.folder / "temporary"  # whose name is short enough for sockets
        self.temporary.mkdir()
        with self.server.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self.server.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "TMPDIR": str(self.temporary)},
                start_new_session=True,
            )
        self.pid = self.process.pid


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize(
    ("number", "send"),
    [(signal.SIGINT, os.killpg), (signal.SIGTERM, os.kill)],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_signal_while_the_server_starts_ends_it_quietly(tmp_path, moment, number, send):
    start = Start(tmp_path)
    wait_until(lambda: moment(start) or start.process.poll() is not None)
    family = descendants(start.pid)
    runs = [run.name for run in start.temporary.glob("appengine-run-*")]
    send(start.pid, number)
    assert start.process.wait(10) in (0, -number, 128 + number), start.server.log
    wait_until(lambda: not any(map(is_running, family)), 5)
    assert "Traceback" not in start.server.log
    assert "KeyboardInterrupt" not in start.server.log
    assert list(start.temporary.glob("appengine-*")) == []
    assert not any((Path("/dev/shm") / run).exists() for run in runs)
    assert not start.server.status_file.exists()
    if (lock := start.server.storage / "server.lock").exists():
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_impatience_changes_nothing(tmp_path):
    """Ctrl-C again and again: the second one comes while the server is stopping."""
    start = Start(tmp_path)
    wait_until(start.server.status_file.exists)
    family = descendants(start.pid)
    while start.process.poll() is None:
        os.killpg(start.pid, signal.SIGINT)
        signal.sigtimedwait([], 0.01)
    assert start.process.returncode in (0, -signal.SIGINT)
    wait_until(lambda: not any(map(is_running, family)), 5)
    assert "Traceback" not in start.server.log
    assert list(start.temporary.glob("appengine-*")) == []


HEEDING = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a program that a hangup ends, also where these tests are run under nohup."""


def test_a_server_under_nohup_outlives_its_terminal(tmp_path):
    app = wsgi_application(tmp_path / "app", HELLO)
    with DevServer([app], prefix=["sh", "-c", 'trap "" HUP; exec "$@"', "-"]) as server:
        os.kill(server.pid, signal.SIGHUP)
        assert server.get("/").status == 200
        assert server.stop() < 5
    with DevServer([app], prefix=[sys.executable, "-c", HEEDING]) as server:
        os.kill(server.pid, signal.SIGHUP)
        assert server.process.wait(10) == 0
