"""Odd ends of requests: stopped, exhausted, without descriptors; each costs an instance at most."""

import pytest

from tests.e2e.serving import DevServer, wsgi_application

SOURCE = """
import ctypes, os, signal, sys, threading, time

def recurse(number):
    return sorted([number], key=recurse)  # through C: no RecursionError comes before the end

def close_all():
    for number in range(3, 64):
        try:
            os.close(number)
        except OSError:
            pass

def exchange_all():
    for number in range(64):
        try:
            os.dup2(1, number)
        except OSError:
            pass

def start_threads():
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()

def wait_deaf():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        time.sleep(0.05)

def endless():
    while True:
        yield b"x" * 65536

ENDS = {
    "/stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "/deep": lambda: (sys.setrecursionlimit(10**9), recurse(1)),
    "/close": close_all,
    "/exchange": exchange_all,
    "/threads": start_threads,
    "/deaf": wait_deaf,
    "/thread-ends": lambda: ctypes.CDLL(None).syscall(60, 0),
}

def app(environ, start_response):
    path, headers = environ["PATH_INFO"], [("Content-Type", "text/plain")]
    if path in ENDS:
        ENDS[path]()
    if path == "/headers":
        headers += [(f"X-{number}", "y" * 1000) for number in range(100_000)]
    if path == "/header":
        headers.append(("X-Large", "y" * 10_000_000))
    start_response("200 OK", headers)
    return endless() if path == "/endless" else [b"fine"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ends")
    applications = [
        wsgi_application(folder / name, SOURCE, name=name) for name in ("trial", "other")
    ]
    with DevServer(applications, "--request_deadline=2") as running:
        yield running


@pytest.mark.parametrize(
    "path",
    ("/stop /deep /close /exchange /threads /deaf /thread-ends /headers /header /endless").split(),
)
def test_it_is_an_error_of_one_request_and_both_applications_serve_on(server, path):
    assert server.get(path).status == 500
    assert [server.get("/").text for _ in range(4)] == ["fine"] * 4
    assert server.get("/", application=1).text == "fine"
