"""The pipe of a request under load and abuse, on the real server: two front workers, instances."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appengine.rpc.frames import Accepted, Call, Response, encode
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application
from tests.e2e.test_life import descendants, find_named

CALLER = """
from google.appengine.ext import db

SIZE, CALLS = 1_000_000, 100

class Blob(db.Model):
    data = db.BlobProperty()

def app(environ, start_response):
    group = environ["QUERY_STRING"]
    answer = b"fine"
    if environ["PATH_INFO"] == "/put":
        puts = [
            db.put_async(Blob(key_name=f"{group}-{n}", data=bytes([n]) * SIZE))
            for n in range(CALLS)
        ]
        answer = b"%d" % len({put.get_result() for put in puts})
    if environ["PATH_INFO"] == "/get":
        gets = [db.get_async(db.Key.from_path("Blob", f"{group}-{n}")) for n in range(CALLS)]
        found = [get.get_result().data == bytes([n]) * SIZE for n, get in enumerate(gets)]
        answer = b"%d" % sum(found)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer]
"""
LIAR = """
import os, sys

def app(environ, start_response):
    if environ["PATH_INFO"] == "/bytes":
        data = environ["wsgi.input"].read()
        for number in range(3, 64):
            try:
                os.write(number, data)
            except OSError:
                pass
        os._exit(0)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""
CALLS = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wire")
    caller = wsgi_application(folder / "caller", CALLER, name="caller")
    yaml = (caller / "app.yaml").read_text()
    write_files(caller, {"app.yaml": yaml + "instance_class: F4_1G\n"})
    liar = wsgi_application(folder / "liar", LIAR, name="liar")
    with DevServer([caller, liar], "--workers=2", "--max_module_instances=2") as running:
        yield running


MAX_GROWTH_KB = 2 * 60 * 1024
"""Of the front, by two such requests: 32 MiB each of replies that wait, and what is at work."""


def test_a_hundred_calls_of_a_megabyte_wait_side_by_side_and_each_is_answered(server):
    """All are sent before a reply is read; the replies, too, have a megabyte."""
    front = find_named(server, "appengine-front")
    wait_until(lambda: len(descendants(front)) == 2)  # ready is who has one
    workers = descendants(front)
    before = sum(map(anonymous_memory, workers))
    with highest(lambda: sum(map(anonymous_memory, workers))) as found:
        for group in "ab":
            assert server.get("/put?" + group, timeout=120).text == str(CALLS)
        with ThreadPoolExecutor(2) as pool:  # two instances at once
            replies = list(pool.map(lambda group: server.get("/get?" + group, timeout=120), "ab"))
    assert [reply.text for reply in replies] == [str(CALLS)] * 2
    assert before < max(found) < before + MAX_GROWTH_KB


def anonymous_memory(pid: int) -> int:
    """Returns a process's memory in kB, without the files that it has mapped."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+)", status)[0])


@contextmanager
def highest(measure: Callable[[], int]) -> Iterator[list[int]]:
    """Measures again and again while its block runs."""
    found = [measure()]
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.005):
            found.append(measure())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


FRAMES = [
    encode(Accepted(1)),
    encode(Call(1, "datastore", "get", b"\x80")),
    encode(Call(2**40, "nothing", "at all", b"")),
    encode(Response(200, "OK", [], 0)),
    encode(Response(200, "OK", [("Content-Type", "text/plain")], 4)),
    encode(Response(99, "OK\r\nX: y", [("A\n", "b")], 2**40)),
]
chunks = st.one_of(
    st.binary(max_size=100),
    st.binary(max_size=100).map(lambda data: len(data).to_bytes(4, "big") + data),
    st.sampled_from(FRAMES),
    st.builds(lambda frame, end: frame[:end], st.sampled_from(FRAMES), st.integers(0, 60)),
)
"""What an instance may send: noise, noise in a frame, frames, and frames that end early."""


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(chunks, min_size=1, max_size=4))
def test_any_bytes_of_an_instance_cost_its_own_client_an_error_and_nobody_else_anything(
    server, parts
):
    others: list[tuple[int, str]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            reply = server.get("/")
            others.append((reply.status, reply.text))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        reply = server.request("POST", "/bytes", b"".join(parts), application=1)
        assert server.get("/", application=1).text == "fine", "the next request has an instance"
    finally:
        stop.set()
        thread.join()
    is_answer = any(part in FRAMES[3:5] for part in parts)
    assert reply.status in ((200, 500, 502) if is_answer else (500, 502)), reply
    assert set(others) == {(200, "fine")}
    assert "Traceback" not in server.log


def test_bytes_that_are_no_message_are_502(server):
    for data in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x01\xc0", FRAMES[0], FRAMES[5]):
        reply = server.request("POST", "/bytes", data, application=1)
        assert reply.status == 502, (data, reply)
    assert re.search(r"liar.*ended: malformed: ", server.log)
