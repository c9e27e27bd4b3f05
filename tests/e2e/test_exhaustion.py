"""An application that takes all that it can get, where it is loaded or in a request."""

import pytest

from appengine.supervisor.cgroups import open_cgroups
from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application
from tests.e2e.test_life import descendants

GOOD = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"good"]
"""
GREEDY = """
import os, threading, time

def fill_with_threads():
    started = 0
    try:
        while started < 5000:
            threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
            started += 1
    except RuntimeError:
        return started
    return started

def fill_with_files():
    kept = []
    try:
        while len(kept) < 5000:
            kept.append(os.dup(1))
    except OSError:
        pass
    for number in kept:
        os.close(number)
    return len(kept)

def fill_with_pipes():
    kept = []
    try:
        while len(kept) < 5000:
            for number in os.pipe():
                os.set_blocking(number, False)
                kept.append(number)
            os.write(kept[-1], b"x" * 2**20)
    except OSError:
        pass
    for number in kept:
        os.close(number)
    return len(kept)

ACTS = {"/threads": fill_with_threads, "/files": fill_with_files, "/pipes": fill_with_pipes}

def app(environ, start_response):
    act = ACTS.get(environ["PATH_INFO"], lambda: "good")
    text = str(act())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
"""
FORK_BOMB = """
import os, time

while True:
    try:
        if os.fork() == 0:
            time.sleep(1000)
    except OSError:
        time.sleep(0.01)
"""
MEMORY_BOMB = """
import mmap

shared = mmap.mmap(-1, 2**29)
for place in range(0, 2**29, 4096):
    shared[place] = 1
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("greedy")
    apps = [
        wsgi_application(folder / "greedy", GREEDY, name="greedy"),
        wsgi_application(folder / "good", GOOD, name="good"),
    ]
    with DevServer(apps, "--max_module_instances=2") as running:
        yield running


@pytest.mark.parametrize(("path", "most"), [("/threads", 400), ("/files", 100), ("/pipes", 100)])
def test_what_a_request_takes_has_an_end_and_others_are_served(server, path, most):
    answers = []
    wait_until(lambda: answers.append(server.get(path, timeout=60)) or answers[-1].status == 200)
    assert int(answers[-1].text) <= most
    assert server.get("/", application=1).text == "good"
    wait_until(lambda: server.get("/").text == "good", 30)


@pytest.mark.parametrize(
    ("hostile", "told"),
    [(FORK_BOMB, "bad: loading"), (MEMORY_BOMB, "bad: its first process died")],
    ids=["processes", "memory"],
)
def test_what_loading_takes_has_an_end_and_others_are_served(hostile, told, tmp_path):
    if hostile is MEMORY_BOMB:
        tree, layer = open_cgroups()
        if tree is None:
            pytest.skip(f"no cgroups here: {layer.detail}")
        for directory in tree._directories:
            directory.rmdir()
    good = wsgi_application(tmp_path / "good", GOOD, name="good")
    start = (str(CHECKOUT / "tests/e2e/without_layers.py"), "python", "--")
    with DevServer([good], start=start, environ={"PYTHONPATH": str(CHECKOUT)}) as server:
        before = len(descendants(server.pid))
        (good / "main.py").write_text(hostile)
        wait_until(lambda: is_bounded(server, before), 60)
        assert server.get("/").text == "good", "the version before it serves on"


def is_bounded(server, before):
    """Tells whether the hostile version has been ended, having taken no more than it may."""
    count = len(descendants(server.pid))
    assert count < before + 250
    return "its first process died" in server.log or "it has started process" in server.log
