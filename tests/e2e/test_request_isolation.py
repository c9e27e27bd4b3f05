"""`isolation: request`: each request has a process of its own, behind the same walls."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

SOURCE = """
import ctypes, errno, json, mmap, os, random, sys, threading, time

SEEN = []
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p

def share(kind):
    # memory that all forks would write into, if they could
    address = libc.mmap(None, 4096, 3, kind | mmap.MAP_ANONYMOUS, -1, 0)
    refused = address == ctypes.c_void_p(-1).value
    return None if refused else (ctypes.c_char * 4096).from_address(address)

SHARED = [share(mmap.MAP_SHARED), share(3), share(mmap.MAP_PRIVATE)]
try:
    SHARED.append(mmap.mmap(-1, 4096))
except PermissionError:
    SHARED.append(None)

def attempt(call, *arguments):
    return "done" if call(*arguments) >= 0 else errno.errorcode[ctypes.get_errno()]

def spoil():
    for number in range(3, 64):
        try:
            os.write(number, b"\\xff\\xff\\xff\\xff junk")
        except OSError:
            pass

def app(environ, start_response):
    SEEN.append(environ["PATH_INFO"])
    path, answer = environ["PATH_INFO"], None
    if path == "/crash":
        ctypes.string_at(0)
    elif path == "/exit":
        os._exit(3)
    elif path == "/junk":
        spoil()
        os._exit(0)
    elif path == "/loop":
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
    elif path == "/sleep":
        time.sleep(1)
    elif path == "/later":
        threading.Thread(target=lambda: (time.sleep(0.2), print("CODE RAN ON", flush=True))).start()
    elif path == "/walls":
        answer = {
            "fork": attempt(libc.fork),
            "kill parent": attempt(libc.kill, os.getppid(), 9),
            "kill all": attempt(libc.kill, -1, 9),
            "socket": attempt(libc.socket, 1, 1, 0),
            "ptrace": attempt(libc.ptrace, 16, os.getppid(), 0, 0),
            "descriptors": sorted(int(name) for name in range(64) if is_open(name)),
        }
    elif path == "/shared":
        answer = [[memory and bytes(memory[:5]).hex() for memory in SHARED]]
        for memory in SHARED:
            if memory is not None:
                memory[:5] = b"state"
    elif path == "/body":
        answer = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "application/json")])
    own = [SEEN, os.getpid(), random.random(), os.environ["INSTANCE_ID"]]
    return [json.dumps(answer or own).encode()]

def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
"""
DEADLINE = 3.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = wsgi_application(tmp_path_factory.mktemp("requests") / "app", SOURCE)
    yaml = (folder / "app.yaml").read_text()
    write_files(folder, {"app.yaml": f"{yaml}platform:\n  isolation: request\n"})
    flags = (f"--request_deadline={DEADLINE}", "--workers=2", "--max_module_instances=2")
    with DevServer([folder], *flags) as running:
        yield running


def children_of(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return []
    return [int(word) for word in words]


def slots(server: DevServer) -> list[int]:
    """Returns the instances: the forking processes below nursery, keeper and zygote."""
    found = [server.pid]
    for _ in range(4):
        found = [child for parent in found for child in children_of(parent)]
    return found


def test_nothing_of_a_request_is_left_for_the_next(server):
    answers = [json.loads(server.get(f"/{number}").text) for number in range(6)]
    assert [answer[0] for answer in answers] == [[f"/{number}"] for number in range(6)]
    assert len({answer[1] for answer in answers}) == 6
    assert len({answer[2] for answer in answers}) == 6, "each has random numbers of its own"
    assert len({answer[3] for answer in answers}) <= 2


def test_no_memory_is_shared_by_requests(server):
    for _ in range(6):
        [found] = json.loads(server.get("/shared").text)
        assert found == [None, None, "0000000000", None]


def test_the_walls_of_an_instance_are_around_each_request(server):
    walls = json.loads(server.get("/walls").text)
    descriptors = walls.pop("descriptors")
    assert walls == {
        "fork": "EPERM",
        "kill parent": "EPERM",
        "kill all": "EPERM",
        "socket": "EPERM",
        "ptrace": "EPERM",
    }
    assert descriptors[:3] == [0, 1, 2]
    assert len(descriptors) <= 5, "the standard streams, and the request's own connection"


def test_requests_at_once_are_served_side_by_side(server):
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: server.get("/sleep"), range(12)))
    assert {answer.status for answer in answers} == {200}
    assert len({json.loads(answer.text)[1] for answer in answers}) == 12


def test_a_body_is_read_whole(server):
    reply = server.request("POST", "/body", b"x" * 3_000_000)
    assert reply.text == "3000000"


@pytest.mark.parametrize(
    ("path", "told"), [("/crash", "killed by SIGSEGV"), ("/exit", "exited with status 3")]
)
def test_a_crash_ends_one_request_and_is_told_with_its_cause(server, path, told):
    reply = server.get(path)
    assert reply.status == 500
    assert f"The instance ended: {told}" in reply.text or "The instance ended: died" in reply.text
    assert server.get("/").status == 200
    assert "its zygote ended" not in server.log


def test_the_deadline_kills_one_request_and_no_other(server):
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(server.get, "/loop")
        wait_until(lambda: server.get("/").status == 200)
        assert "took longer than 3 s" in late.result().text
    wait_until(lambda: "request's process" in server.log and "deadline of 3 s" in server.log, 5)
    assert server.get("/").status == 200


def test_junk_costs_one_request_its_life_and_no_other(server):
    for _ in range(3):
        assert server.get("/junk").status == 502
        assert server.get("/").status == 200
    assert "is no instance of it" not in server.log
    assert "its zygote ended" not in server.log


def test_no_code_runs_on_after_the_response(server):
    assert server.get("/later").status == 200
    before = slots(server)
    wait_until(lambda: not any(children_of(slot) for slot in before), 5)
    assert "CODE RAN ON" not in server.log


def test_processes_end_with_their_requests(server):
    for _ in range(20):
        server.get("/")
    found = slots(server)
    assert len(found) == 2
    wait_until(lambda: not any(children_of(slot) for slot in found), 5)


def test_an_instance_that_dies_takes_its_requests_along_and_is_replaced(server):
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(server.get, "/loop")
        wait_until(lambda: any(children_of(slot) for slot in slots(server)), 5)
        busy = [slot for slot in slots(server) if children_of(slot)]
        for slot in busy:
            os.kill(slot, signal.SIGKILL)
        assert late.result().status == 500
    wait_until(lambda: len(slots(server)) == 2 and not set(busy) & set(slots(server)), 10)
    assert server.get("/").status == 200


def test_many_short_requests_cost_no_instance_its_life(server):
    """Ends of requests come while those before them are let go."""

    def ask_many():
        assert {server.get("/").status for _ in range(60)} == {200}

    with ThreadPoolExecutor(4) as pool:
        for asked in [pool.submit(ask_many) for _ in range(4)]:
            asked.result()
    assert "ChildProcessError" not in server.log
    assert not re.search(r"\] instance \d+ ended: exited with status 70", server.log)
