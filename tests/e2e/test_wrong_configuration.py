"""A wrong app.yaml: told with file, line and field before a port is opened, or while it serves."""

import html
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e import ordinary_user
from tests.e2e.serving import CHECKOUT, DevServer, fetch, wait_until, wsgi_application

SOURCE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"first"]
"""


class Wrong(NamedTuple):
    """A change of a good app.yaml, and what is told of it behind the file's name."""

    old: str
    new: str
    told: str


WRONG = {
    "not YAML": Wrong("- url: /.*", "- url: [", r":\d+: not YAML: "),
    "a tabulator": Wrong("- url: /.*", "\t- url: /.*", r":9: not YAML: "),
    "an alias": Wrong("trial", "*other", r":1: the alias '\*other': aliases are refused"),
    "an empty file": Wrong("", "", r":1: the file is empty"),
    "a list": Wrong("", "- application\n", r":1: "),
    "an unknown key": Wrong("runtime:", "bogus: 1\nruntime:", r":3: bogus: "),
    "a mistyped key": Wrong("threadsafe", "thredsafe", r":5: thredsafe: .*'threadsafe'"),
    "a mistyped key of a handler": Wrong(
        "static_dir:", "static_dri:", r":8: handlers\[0\]\.static_dri: .*'static_dir'"
    ),
    "a value of another kind": Wrong(
        "threadsafe: true", "threadsafe: perhaps", r":5: threadsafe: .*perhaps"
    ),
    "a key twice": Wrong("runtime:", "version: 2\nruntime:", r":3: .*'version' stands twice"),
    "a bad expression": Wrong("url: /.*", "url: /(", r":9: handlers\[1\]\.url: "),
    "an expression that nobody can bound": Wrong(
        "url: /.*", r"url: /(a)\1", r":9: handlers\[1\]\.url: "
    ),
    "a CGI script that is not there": Wrong(
        "threadsafe: true\nhandlers:\n- url: /static\n  static_dir: static\n"
        "- url: /.*\n  script: main.app",
        "handlers:\n- url: /.*\n  script: gone.py",
        r":7: handlers\[0\]\.script: there is no file 'gone\.py'",
    ),
    "a module that is not there": Wrong(
        "main.app", "gone.app", r":10: handlers\[1\]\.script: there is no module 'gone'"
    ),
    "an object that is not there": Wrong(
        "main.app",
        "main.gone",
        r":10: handlers\[1\]\.script: 'main\.gone': main\.py makes no 'gone'",
    ),
    "neither": Wrong("main.app", "mainapp", r":10: handlers\[1\]\.script: 'mainapp' is neither"),
}
HOLDING = """
import socket, subprocess, sys
with socket.create_server(("127.0.0.1", 0)) as taken:
    port = str(taken.getsockname()[1])
    command = [word.replace("PORT", port) for word in sys.argv[1:]]
    raise SystemExit(subprocess.run(command).returncode)
"""
"""Runs a command while somebody listens on its port: a server that opened it would say so."""


def spoil(app: Path, wrong: Wrong) -> None:
    file = app / "app.yaml"
    text = file.read_text()
    assert wrong.old in text
    file.write_text(text.replace(wrong.old, wrong.new) if wrong.old else wrong.new)


def start(app: Path, storage: Path, *, is_nobody: bool = False) -> subprocess.CompletedProcess[str]:
    """Starts the server with ports that are taken; returns what it has said."""
    flags = ["--port=PORT", "--admin_port=PORT", f"--storage_path={storage}", str(app)]
    command = [sys.executable, "-c", HOLDING, sys.executable, str(CHECKOUT / "dev_appserver.py")]
    command += flags
    if is_nobody:
        command = ordinary_user.as_nobody(command, [CHECKOUT, app])
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
    )


def assert_refused(done: subprocess.CompletedProcess[str], told: str, storage: Path) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(f"[^\n]*{told}[^\n]*\n", done.stderr), done.stderr
    assert "in use" not in done.stderr, "a port was opened"
    assert not storage.exists(), "data were opened"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_it_is_one_line_with_status_2_and_no_port_is_opened(tmp_path, wrong):
    app = wsgi_application(tmp_path / "app", SOURCE)
    spoil(app, wrong)
    done = start(app, tmp_path / "data")
    assert_refused(done, f"{re.escape(str(app))}/app.yaml(?:{wrong.told})", tmp_path / "data")


def test_with_a_good_one_the_same_command_says_that_the_port_is_taken(tmp_path):
    done = start(wsgi_application(tmp_path / "app", SOURCE), tmp_path / "data")
    assert (done.returncode, "is in use by" in done.stderr) == (2, True), done.stderr


def test_one_that_is_missing_is_told_with_its_name(tmp_path):
    app = wsgi_application(tmp_path / "app", SOURCE)
    (app / "app.yaml").unlink()
    done = start(app, tmp_path / "data")
    assert_refused(done, "app/app.yaml: cannot be read: No such file", tmp_path / "data")


@pytest.mark.skipif(bool(ordinary_user.missing()), reason=ordinary_user.missing() or "-")
def test_one_that_an_ordinary_user_cannot_read_is_told(tmp_path):
    app = wsgi_application(tmp_path / "app", SOURCE)
    (app / "app.yaml").chmod(0o600)
    done = start(app, tmp_path / "data", is_nobody=True)
    assert_refused(done, "app/app.yaml: cannot be read: Permission denied", tmp_path / "data")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("wrong") / "app", SOURCE)
    with DevServer([app], "--workers=2") as running:
        yield running


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_while_it_serves_page_and_log_tell_and_the_version_before_it_serves_on(server, wrong):
    good = (server.application / "app.yaml").read_text()
    before = len(server.log)
    try:
        spoil(server.application, wrong)
        told = re.compile(rf"app\.yaml(?:{wrong.told}).*the version before it is served on", re.M)
        wait_until(lambda: found(told, server.log[before:]))
        assert server.get("/").text == "first"
        assert server.get("/static/small.txt").text == "small\n"
        line = found(told, server.log[before:]).partition(" (the version")[0]
        wait_until(lambda: line in html.unescape(fetch(server.admin + "/instances").text))
    finally:
        (server.application / "app.yaml").write_text(good)


def found(told: "re.Pattern[str]", log: str) -> str:
    match = told.search(log)
    return match.group() if match else ""


def test_one_that_is_taken_away_is_told_and_its_version_serves_on(server):
    file = server.application / "app.yaml"
    good, before = file.read_text(), len(server.log)
    file.unlink()
    wait_until(lambda: "app.yaml: cannot be read: No such file" in server.log[before:])
    assert server.get("/").text == "first"
    file.write_text(good.replace("url: /.*", "url: /only"))
    wait_until(lambda: server.get("/").status == 404)
    assert server.get("/only").text == "first"
    page = html.unescape(fetch(server.admin + "/instances").text)
    assert "cannot be read" not in page.partition("<h2")[0]
    file.write_text(good)
    wait_until(lambda: server.get("/").status == 200)


def test_two_ports_are_looked_at_when_all_is_read(tmp_path):
    """The second application's error, too, is told before the first one's port is opened."""
    good = wsgi_application(tmp_path / "good", SOURCE)
    bad = wsgi_application(tmp_path / "bad", SOURCE, name="second")
    spoil(bad, WRONG["an unknown key"])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, CHECKOUT / "dev_appserver.py", f"--port={port}", good, bad],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "bad/app.yaml:3: bogus: " in done.stderr
