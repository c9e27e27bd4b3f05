"""`breakpoint()` in a caged instance, on the terminal of the server."""

import os
import pty
import sys
import threading

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application
from tests.e2e.test_life import run

APP = """
import pdb
from google.appengine.ext import db

class Note(db.Model):
    text = db.StringProperty()

def app(environ, start_response):
    answer = 42
    if environ["PATH_INFO"] == "/stop":
        breakpoint()
        Note(text=str(answer)).put()
    if environ["PATH_INFO"] == "/trace":
        pdb.set_trace()
        answer += 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(answer).encode()]
"""
DEADLINE = 1.0


@pytest.fixture(params=["instance", "request"])
def typing(request, tmp_path):
    """Returns a server at a pseudo-terminal, and what types there."""
    app = wsgi_application(tmp_path / "app", APP)
    yaml = (app / "app.yaml").read_text()
    write_files(app, {"app.yaml": f"{yaml}platform:\n  isolation: {request.param}\n"})
    master, slave = pty.openpty()
    flags = ("--debugger", f"--request_deadline={DEADLINE}")
    with DevServer([app], *flags, terminal=slave) as server:
        os.close(slave)
        yield server, lambda line: os.write(master, line.encode() + b"\n")
    os.close(master)


def ask(server, path):
    """Returns the thread that asks, and the list in which the reply will be."""
    replies = []
    thread = threading.Thread(target=lambda: replies.append(server.get(path, timeout=60)))
    thread.start()
    return thread, replies


def prompts(server):
    return server.log.count("(Pdb) ")


def test_a_developer_looks_changes_and_goes_on_while_deadlines_pause(typing):
    server, write = typing
    thread, replies = ask(server, "/stop")
    wait_until(lambda: prompts(server) == 1, 30)
    line = "breakpoint()" if sys.version_info >= (3, 13) else "Note(text=str(answer)).put()"
    assert f"-> {line}" in server.log
    assert server.get("/").text == "42", "another instance serves meanwhile"
    thread.join(DEADLINE * 2)
    assert not replies, "it has waited longer than its deadline"
    write("p answer * 2")
    wait_until(lambda: prompts(server) == 2, 30)
    assert "84\n" in server.log
    write("answer = 7")
    wait_until(lambda: prompts(server) == 3, 30)
    write("c")
    thread.join(30)
    assert (replies[0].status, replies[0].text) == (200, "7")
    assert " ended: " not in server.log


def test_steps_and_the_end_of_a_session_are_the_debugger_s_own(typing):
    server, write = typing
    thread, replies = ask(server, "/trace")
    wait_until(lambda: prompts(server) == 1, 30)
    write("n")
    wait_until(lambda: prompts(server) == 2, 30)
    write("q")
    thread.join(30)
    assert replies[0].status == 500
    assert "BdbQuit" in replies[0].text


def test_without_the_flag_a_breakpoint_is_told_and_passed_over(tmp_path):
    with DevServer([wsgi_application(tmp_path / "app", APP)]) as server:
        assert server.get("/stop").text == "42"
        wait_until(lambda: "dev_appserver.py --debugger stops there" in server.log, 10)


def test_where_nobody_can_type_the_debugger_gives_up(tmp_path):
    with DevServer([wsgi_application(tmp_path / "app", APP)], "--debugger") as server:
        assert server.get("/stop").status == 500
        assert server.get("/").text == "42"


def test_a_server_that_others_can_reach_has_no_debugger(tmp_path):
    app = wsgi_application(tmp_path / "app", APP)
    storage = f"--storage_path={tmp_path / 'data'}"
    done = run("--port=0", "--admin_port=0", storage, "--host=0.0.0.0", "--debugger", str(app))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--debugger: only where nobody else can reach the server" in done.stderr
