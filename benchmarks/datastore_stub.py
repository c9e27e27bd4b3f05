"""The same calls on Google's stub of the datastore, in memory, and on ours, durable, by the wire.

Run it as `python -m benchmarks.datastore_stub`; it wants App Engine's SDK, which
`APPENGINE_TEST_DIFFERENTIAL=1 python -m tests.differential.environment` installs. Each side is a
process of its own; ours makes its calls through a pipe to a front's executor and a real file. The
results of both are compared.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SIZES = (1_000, 18_000)
"""Entities of the kind that is queried."""

SECONDS = 3600.0
"""Deadline of the request that our side is."""


def measure(work: Callable[[], object], times: int) -> float:
    """Returns the median milliseconds of some calls."""
    found = []
    for _time in range(times):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return statistics.median(found)


def play() -> None:
    """Makes the calls on whatever datastore there is; prints times and results as JSON."""
    from google.appengine.ext import db  # noqa: PLC0415  # either side's

    class Greeting(db.Model):
        author = db.StringProperty()
        content = db.StringProperty()
        date = db.IntegerProperty()
        rating = db.IntegerProperty()
        is_public = db.BooleanProperty()

    def make(number: int) -> object:
        return Greeting(
            key_name=f"g{number:07}",
            author=f"author {number % 100}",
            content=f"the content of greeting {number}",
            date=number * 7919 % 100_003,
            rating=number % 5,
            is_public=number % 2 == 0,
        )

    def query() -> list[int]:
        found = Greeting.all().filter("rating =", 3).order("-date").fetch(20)
        return [greeting.date for greeting in found]

    def add() -> None:
        greeting = Greeting.get_by_key_name("g0000001")
        greeting.rating = 1
        greeting.put()

    times, stored, results = {}, 0, []
    for size in SIZES:
        query()
        for start in range(stored, size, 500):
            db.put([make(number) for number in range(start, min(start + 500, size))])
        stored = size
        numbers = iter(range(10**6, 10**7))
        few = 3 if size > SIZES[0] else 20
        times[size] = {
            "get": measure(lambda: Greeting.get_by_key_name("g0000500"), 200),
            "put": measure(lambda numbers=numbers: make(next(numbers)).put(), few * 5),
            "batch put of 500": measure(
                lambda: db.put([make(number) for number in range(500)]), few
            ),
            "batch get of 500": measure(
                lambda: Greeting.get_by_key_name([f"g{n:07}" for n in range(500)]), few
            ),
            "query of 20": measure(query, few),
            "transaction": measure(lambda: db.run_in_transaction(add), few * 5),
        }
        results.append(query())
    print(json.dumps([times, results]))


def play_theirs() -> None:
    """Plays on the stub, in memory."""
    from google.appengine.ext import testbed  # noqa: PLC0415  # in its own environment only

    bed = testbed.Testbed()
    bed.activate()
    bed.init_datastore_v3_stub()
    bed.init_memcache_stub()
    play()


def play_ours(directory: Path) -> None:
    """Plays on ours: this thread is an instance, another one the front."""
    from appengine.datastore.server import DatastoreServer  # noqa: PLC0415  # not on their side
    from appengine.front.calls import Executor  # noqa: PLC0415  # not on their side
    from appengine.front.exchange import Exchange  # noqa: PLC0415  # not on their side
    from appengine.front.instances import Accepting  # noqa: PLC0415  # not on their side
    from appengine.front.spool import Spool  # noqa: PLC0415  # not on their side
    from appengine.rpc.client import transport  # noqa: PLC0415  # not on their side
    from appengine.rpc.frames import FrameBuffer, Request, Response, encode  # noqa: PLC0415  # not on their side
    from appengine.rpc.pipe import Pipe  # noqa: PLC0415  # not on their side
    from appengine.rpc.server import Caller, Resources  # noqa: PLC0415  # not on their side
    from appengine.storage.clock import Clock  # noqa: PLC0415  # not on their side
    from appengine.storage.engine import Storage, platform_metadata  # noqa: PLC0415  # not on their side

    storage = Storage(directory / "application.db")
    resources = Resources(
        open_storage=lambda _application: storage,
        platform=Storage(directory / "platform.db", platform_metadata),
        clock=Clock(),
    )
    executor = Executor({"datastore": DatastoreServer}, resources, lambda *_charge: None)
    caller = Caller(application="guestbook")
    front, own = socket.socketpair()

    def serve() -> None:
        buffer = FrameBuffer()
        while buffer.take_frame() is None:  # Accepted, and not a byte more
            buffer.feed(front.recv(1))
        front.setblocking(False)
        frame = encode(Request("r1", "main.app", {}, 0, SECONDS))
        with ThreadPoolExecutor(1) as pool, front:
            Exchange(
                Accepting(front, 1, 0.0, frame, b""),
                time.monotonic() + SECONDS,
                lambda call: executor.execute(caller, call.service, call.method, call.message),
                lambda call: False,
                pool,
            ).run(Spool())

    thread = threading.Thread(target=serve)
    thread.start()
    pipe = Pipe(own)
    pipe.receive_request()
    transport.set(pipe)
    os.environ["APPLICATION_ID"] = "guestbook"
    play()
    pipe.respond(Response(200, "OK", [], 0), [])
    thread.join()


def run(python: Path | str, *arguments: str) -> list[dict[str, dict[str, float]]]:
    """Returns what one side printed."""
    command = [str(python), "-m", "benchmarks.datastore_stub", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: list[dict[str, dict[str, float]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measures both sides and prints them beside each other."""
    if sys.argv[1:2] == ["theirs"]:
        play_theirs()
        return
    if sys.argv[1:2] == ["ours"]:
        play_ours(Path(sys.argv[2]))
        return
    from tests.differential import environment  # noqa: PLC0415  # the SDK's own environment

    with tempfile.TemporaryDirectory() as directory:
        ours, our_results = run(sys.executable, "ours", directory)
    theirs, their_results = run(environment.find(), "theirs")
    assert our_results == their_results
    for size in theirs:
        for name, their_time in theirs[size].items():
            our_time = ours[size][name]
            print(
                f"{name:<17} of {int(size):>6,}: Google's stub {their_time:8.2f} ms, "
                f"ours {our_time:7.2f} ms, {their_time / our_time:7.1f} x"
            )


if __name__ == "__main__":
    main()
