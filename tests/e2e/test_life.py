"""The server's life: start, stop, sudden death, second servers, and what it says of each."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, fetch, wait_until, wsgi_application

HELLO = """
import os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"hello from {os.environ['APPLICATION_ID']}".encode()]
"""

LOADS_FOR_EVER = "app = None\nprint('loading', flush=True)\nwhile True: pass\n"


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", HELLO)


def run(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "dev_appserver.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def descendants(pid: int) -> set[int]:
    """Returns the process numbers of all children, and theirs."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for thread in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            children = {int(word) for word in thread.read_text().split()}
            waiting += children - found
            found |= children
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_applications_answer_on_ports_of_their_own(app, tmp_path):
    other = wsgi_application(tmp_path / "other", HELLO, name="second")
    with DevServer([app, other]) as server:
        assert server.get("/").text == "hello from dev~trial"
        assert server.get("/", application=1).text == "hello from dev~second"
        assert server.get("/static/small.txt").text == "small\n"
        assert fetch(server.admin + "/instances").status == 200


def test_the_status_file_names_process_and_addresses_and_goes_on_a_clean_stop(app):
    with DevServer([app]) as server:
        status = json.loads(server.status_file.read_text())
        assert status["pid"] == server.process.pid
        assert status["applications"] == [
            {
                "application": "trial",
                "module": "default",
                "version": "1",
                "url": server.urls[0],
            }
        ]
        assert server.stop() < 2
        assert server.process.returncode == 0
        assert not server.status_file.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_within_two_seconds_and_leaves_no_process(app, number):
    script = HELLO.replace("start_response(", "__import__('time').sleep(0.01); start_response(")
    (app / "main.py").write_text(script)
    with DevServer([app]) as server:
        family = descendants(server.pid)
        assert len(family) >= 8
        started = time.monotonic()
        os.kill(server.pid, number)
        server.process.wait(10)
        assert time.monotonic() - started < 2
        assert server.process.returncode == 0
        wait_until(lambda: not any(map(is_running, family)), 5)


def test_a_signal_while_an_application_is_loaded_stops_too(tmp_path):
    app = wsgi_application(tmp_path / "endless", LOADS_FOR_EVER)
    server = DevServer([app])
    with server.log_file.open("ab") as log:
        process = subprocess.Popen(server.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_until(lambda: "loading" in server.log)
    family = descendants(process.pid)
    process.terminate()
    assert process.wait(5) == 0
    wait_until(lambda: not any(map(is_running, family)), 5)


def test_nobody_else_can_read_or_reach_what_the_server_keeps_while_it_runs(app):
    # a place of its own, whose name is short enough for sockets
    with (
        tempfile.TemporaryDirectory(prefix="appengine-test-") as place,
        DevServer([app], environ={"TMPDIR": place}, prefix=["sh", "-c", 'umask 0; "$@"', "-"]),
    ):
        (folder,) = Path(place).glob("appengine-run-*")
        kept = [path for path in folder.iterdir() if not path.is_dir()]
        assert {"control", "routes", "table"} <= {path.name for path in kept}
        assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_a_killed_server_takes_all_its_processes_with_it_and_does_not_hinder_the_next(app):
    with DevServer([app]) as server:
        family = descendants(server.pid)
        host, port = server.address()
        server.kill()
        wait_until(lambda: not any(map(is_running, family)), 5)
        socket.create_server((host, port)).close()
        server.status_file.unlink()
        server.start()
        assert server.get("/").status == 200


def test_a_part_that_dies_is_named_and_stops_the_server(app):
    with DevServer([app]) as server:
        os.kill(find_process(server, b"appengine.sandbox.nursery"), signal.SIGKILL)
        server.process.wait(10)
        assert server.process.returncode == 1
        assert "the nursery ended" in server.log


@pytest.mark.parametrize("flags", ["--port={} --admin_port=0", "--port=0 --admin_port={}"])
def test_a_port_that_is_taken_is_told_with_its_owner(app, tmp_path, flags):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = flags.format(port).split()
        done = run(*words, f"--storage_path={tmp_path / 'data'}", str(app))
    assert done.returncode == 2
    assert f"port {port} on localhost is in use by " in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_for_the_application_and_the_console_is_told(app, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    storage = f"--storage_path={tmp_path / 'data'}"
    done = run(f"--port={port}", f"--admin_port={port}", storage, str(app))
    assert done.returncode == 2
    assert "in use by this server itself" in done.stderr


def test_where_others_reach_the_server_it_prints_a_code_for_signing_in(app):
    with DevServer([app], "--host=0.0.0.0", "--dev_appserver_log_level=warning") as server:
        assert "code for signing in from other machines: " in server.log
        assert server.get("/").status == 200
        assert "GET /" not in server.log
    with DevServer([app]) as server:
        assert "code for signing in" not in server.log
        assert server.get("/").status == 200
        wait_until(lambda: "GET / 200 " in server.log)


def test_a_second_server_on_the_same_data_is_refused(app):
    with DevServer([app]) as server:
        done = run("--port=0", "--admin_port=0", f"--storage_path={server.storage}", str(app))
        assert done.returncode == 2
        assert f"is in use by process {server.pid}" in done.stderr
        assert server.get("/").status == 200


def test_data_inside_an_application_is_refused(app):
    done = run("--port=0", "--admin_port=0", f"--storage_path={app / 'data'}", str(app))
    assert done.returncode == 2
    assert "lies inside the application's folder" in done.stderr
    assert not (app / "data").exists()


def test_a_wrong_app_yaml_is_one_line_with_file_line_and_field(app):
    text = (app / "app.yaml").read_text().replace("script: main.app", "script: missing.app")
    (app / "app.yaml").write_text(text)
    done = run("--port=0", "--admin_port=0", str(app))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "app.yaml:10: handlers[1].script: " in done.stderr


def test_a_command_is_run_with_the_addresses_and_its_status_is_the_server_s(app, tmp_path):
    code = (
        "import os, urllib.request as u; "
        "print(u.urlopen(os.environ['APPENGINE_URL']).read()); raise SystemExit(7)"
    )
    command = f'{sys.executable} -c "{code}"'
    storage = f"--storage_path={tmp_path / 'data'}"
    done = run("--port=0", "--admin_port=0", storage, f"--run_command={command}", str(app))
    assert done.returncode == 7
    assert "hello from dev~trial" in done.stdout


COMMANDS = {
    "a plain one": "sleep 600",
    "one with parts": "sleep 600; true",
    "one that does not want to end": "trap '' TERM; sleep 600; sleep 600",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("is_killed", [False, True], ids=["a stop", "kill -9"])
def test_a_command_ends_with_the_server(app, command, is_killed):
    with DevServer([app], f"--run_command={command}") as server:
        wait_until(lambda: any(cmdline(p) == b"sleep\x00600\x00" for p in descendants(server.pid)))
        family = descendants(server.pid)
        server.kill() if is_killed else server.stop()
        wait_until(lambda: not any(map(is_running, family)), 10)


def test_a_command_that_a_signal_ends_has_the_shell_s_status(app, tmp_path):
    storage = f"--storage_path={tmp_path / 'data'}"
    done = run("--port=0", "--admin_port=0", storage, "--run_command=kill -9 $$", str(app))
    assert done.returncode == 128 + signal.SIGKILL


def find_process(server: DevServer, part: bytes) -> int:
    """Returns the server's own child whose command line has a part."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return next(int(child) for child in children if part in cmdline(int(child)))


def find_named(server: DevServer, name: str) -> int:
    """Returns the server's own child that has a name, as `ps` shows it."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return next(int(each) for each in children if name_of(int(each)) == name)


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def test_a_zygote_that_dies_is_replaced(app):
    with DevServer([app]) as server:
        nursery = find_process(server, b"appengine.sandbox.nursery")
        keeper = next(
            each
            for each in children_of(nursery)
            if any(children_of(zygote) for zygote in children_of(each))
        )
        family = {keeper} | descendants(keeper)
        os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: not any(map(is_running, family)), 5)
        wait_until(lambda: server.get("/").status == 200, 10)
        assert "its zygote ended" in server.log


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
