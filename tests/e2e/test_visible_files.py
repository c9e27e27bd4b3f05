"""What an application sees of its own files and of its environment, by a real server."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wait_until, write_files, wsgi_application

SOURCE = """
import errno, json, os

LOADED = dict(os.environ)

def attempt(call, path):
    try:
        call(path)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def app(environ, start_response):
    names = environ["QUERY_STRING"].split("&")
    answer = {
        "walk": sorted(os.path.join(top, name)[2:] for top, _, files in os.walk(".")
                       for name in files),
        "tried": {name: [attempt(call, name) for call in (open, os.listdir, os.stat)]
                  for name in names},
        "text": open("private.txt").read(),
        "directory": os.getcwd(),
        "loaded": LOADED,
        "environ": dict(os.environ),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""
HIDDEN = ["static/small.txt", "static", ".env", "old.pyc", "passwd", "etc"]
WAYS = {
    "isolated": (str(CHECKOUT / "dev_appserver.py"),),
    "without namespaces": (
        str(Path(__file__).parent / "without_layers.py"),
        "namespaces",
        "privileges",  # the interpreter may lie where only its owner goes
        "--",
    ),
}


@pytest.fixture
def folder(tmp_path):
    made = wsgi_application(tmp_path / "app", SOURCE)
    files = {".env": "SECRET=1", "old.pyc": "x", "private.txt": "first", "both/seen.txt": "seen"}
    both = "handlers:\n- url: /both\n  static_dir: both\n  application_readable: true\n"
    yaml = (made / "app.yaml").read_text().replace("handlers:\n", both)
    write_files(made, files | {"app.yaml": yaml})
    (made / "private.txt").chmod(0o600)
    (made / "passwd").symlink_to("/etc/passwd")
    (made / "etc").symlink_to("/etc")
    return made


@pytest.fixture(params=WAYS, ids=str)
def server(request, folder):
    environ = {"PYTHONPATH": str(CHECKOUT)}
    with DevServer([folder], start=WAYS[request.param], environ=environ) as running:
        yield running


def ask(server: DevServer) -> dict:
    return json.loads(server.get("/?" + "&".join(HIDDEN)).text)


def test_hidden_files_are_not_there(server):
    answer = ask(server)
    assert answer["walk"] == ["app.yaml", "both/seen.txt", "main.py", "private.txt"]
    assert answer["tried"] == {name: ["ENOENT"] * 3 for name in HIDDEN}
    assert server.get("/static/small.txt").text == "small\n"
    assert server.get("/both/seen.txt").text == "seen"
    assert "'passwd' is not visible to the application: a symbolic link that leads" in server.log


def test_an_edit_of_any_file_is_seen(server, folder):
    assert ask(server)["text"] == "first"
    write_files(folder, {"private.txt": "second"})
    wait_until(lambda: ask(server)["text"] == "second", 10)


def test_copies_are_removed_with_their_generations(server, folder):
    runs = [
        Path(f"/proc/{server.pid}/fd/{number}") for number in os.listdir(f"/proc/{server.pid}/fd")
    ]
    run = next(path.readlink().parent for path in runs if path.readlink().name == "lock")
    write_files(folder, {"private.txt": "second"})
    wait_until(lambda: ask(server)["text"] == "second", 10)
    wait_until(lambda: len(list(run.glob("*.files"))) == 1, 10)


def test_the_environment_holds_the_platform_s_variables_and_no_others(server):
    answer = ask(server)
    loaded, environ = answer["loaded"], answer["environ"]
    assert environ["PWD"] == answer["directory"]
    assert re.fullmatch("[0-9a-f]{32}", environ["INSTANCE_ID"])
    assert loaded.items() <= environ.items()
    assert set(loaded) == {
        "APPENGINE_RUNTIME",
        "APPLICATION_ID",
        "AUTH_DOMAIN",
        "BACKEND_ID",
        "CURRENT_MODULE_ID",
        "CURRENT_VERSION_ID",
        "DATACENTER",
        "PWD",
        "SERVER_SOFTWARE",
        "TZ",
    }
