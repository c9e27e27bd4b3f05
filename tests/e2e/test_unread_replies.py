"""An instance that sends calls of a service and never reads a reply harms nobody but itself.

Each call that a room declares is tried, whatever the room: what is sent is small or as large as a
frame may be, and right, wrong or no message at all.
"""

import threading
from pathlib import Path

import pytest

from appengine.rpc.rooms import find_services
from tests.e2e.serving import DevServer, wsgi_application

HOSTILE = """
import os, select
from msgspec import msgpack
from appengine.rpc.client import transport
from appengine.rpc.frames import Call, encode

SENT = 40 * 2**20


def send(connection, data, patience):
    view, poller = memoryview(data), select.poll()
    poller.register(connection, select.POLLOUT)
    while view:
        if not poller.poll(patience):
            os._exit(7)  # nobody takes it any more, for nobody reads the replies
        try:
            view = view[connection.send(view):]
        except BlockingIOError:
            continue
        except OSError:
            os._exit(8)  # the front has put an end to it


def app(environ, start_response):
    _, way, service, method = environ["PATH_INFO"].split("/")
    message = {
        "empty": b"\\x80",
        "unknown": msgpack.encode({"there is no such field": 1}),
        "huge": msgpack.encode({"there is no such field": bytes(30 * 2**20)}),
    }[way]
    connection = transport.get()._connection
    call = encode(Call(0, service, method, message))
    for _ in range(SENT // len(call)):
        send(connection, call, 500 if way == "empty" else 20_000)
    select.select([], [], [], 20)  # the front has it all, and ends this
    os._exit(9)
"""

PEACEFUL = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""

CALLS = [
    (service.name, method)
    for service in find_services().values()
    if service.__module__.startswith("appengine.")
    for method in service.methods
]
MEGABYTE = 2**20
MOST = 200 * MEGABYTE
"""By which the front may grow over all that is sent here: 100 x as much."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("applications")
    folder.chmod(0o755)
    applications = [
        wsgi_application(folder / "hostile", HOSTILE, "hostile"),
        wsgi_application(folder / "peaceful", PEACEFUL, "peaceful"),
    ]
    with DevServer(applications, "--request_deadline=30") as running:
        assert running.get("/", application=1).text == "fine"
        yield running


@pytest.fixture(scope="module")
def before(server):
    """Returns the memory of the front before the first of the tests."""
    return resident_bytes(server)


def resident_bytes(server: DevServer) -> int:
    """Returns the memory of the front, which takes what instances send."""
    own = [pid for pid in descendants(server.pid) if b"appengine.front.serve" in command_line(pid)]
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in own) * 4096


def descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(("service", "method"), CALLS, ids=[".".join(each) for each in CALLS])
def test_whoever_reads_no_reply_harms_nobody_else(server, before, service, method):
    answers, done = [], threading.Event()

    def flood():
        answers.extend(
            server.get(f"/{way}/{service}/{method}", timeout=60).status
            for way in ("empty", "unknown", "huge")
        )
        done.set()

    thread = threading.Thread(target=flood)
    thread.start()
    while not done.wait(0.02):
        assert server.get("/", application=1).text == "fine"
    thread.join()
    assert answers[0] in {500, 502} and answers[1:] == [502, 502]
    assert resident_bytes(server) - before < MOST
