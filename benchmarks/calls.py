"""What a service call costs beside a plain msgpack echo between two Pythons, and a memcache get.

Run as `python -m benchmarks.calls`. Everything is measured in turns, for the machine may be busy;
each figure is the best of its rounds.
"""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from appengine import memcache
from appengine.front.calls import Executor
from appengine.front.exchange import Exchange
from appengine.front.instances import Accepting, InstanceGoneError
from appengine.front.spool import Spool
from appengine.memcache.server import MemcacheServer
from appengine.memcache.server.local import Limits, LocalStore
from appengine.memcache.service import Item, SetRequest
from appengine.rpc.callers import Caller
from appengine.rpc.client import stub, transport
from appengine.rpc.frames import Request, Response, encode
from appengine.rpc.pipe import Pipe
from appengine.rpc.server import Resources, Server
from appengine.rpc.service import Message, Service, call
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata
from tests.rpc.echo import take_accepted

CALLS = 3000
ROUNDS = 5
TURNS = 4
SPREAD_KEYS = 20_000
CALL_GOAL, GET_GOAL, SHARED_GOAL = 3.0, 1.5, 2.5
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # where the server keeps it


class Nothing(Message):
    """An empty message."""


class EmptyService(Service, name="empty"):
    """A service that does nothing."""

    @call()
    def empty(self, request: Nothing) -> Nothing:
        """Returns nothing."""


class EmptyServer(Server, EmptyService):
    """Does it."""

    def empty(self, request: Nothing) -> Nothing:
        """Returns nothing."""
        return request


def measure_echo() -> float:
    """Returns the seconds of one msgpack echo over a socket pair between two processes."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        with suppress(BaseException):
            while data := theirs.recv(65536):
                theirs.sendall(msgspec.msgpack.encode(msgspec.msgpack.decode(data)))
        os._exit(0)
    theirs.close()
    message = {"number": 1, "service": "empty", "method": "empty", "message": b""}
    best = 1.0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(CALLS):
            ours.sendall(msgspec.msgpack.encode(message))
            msgspec.msgpack.decode(ours.recv(65536))
        best = min(best, (time.perf_counter() - started) / CALLS)
    ours.close()
    os.wait()
    return best


def measure_call(
    servers: dict[str, type[Server]], work: Callable[[], object], cache: Path | None = None
) -> float:
    """Returns the seconds of one call from an instance's process to the front's executor."""
    with tempfile.TemporaryDirectory() as folder:
        front, own = socket.socketpair()
        reader, writer = os.pipe()
        if os.fork() == 0:
            front.close()
            code = 1
            with suppress(BaseException):
                os.write(writer, msgspec.json.encode(_be_instance(own, work)))
                code = 0
            os._exit(code)
        own.close()
        os.close(writer)
        _be_front(front, servers, Path(folder), cache or Path(folder))
        data = os.read(reader, 100)
        os.close(reader)
        os.wait()
        return float(msgspec.json.decode(data))


def _be_instance(own: socket.socket, work: Callable[[], object]) -> float:
    pipe = Pipe(own)
    pipe.receive_request()
    transport.set(pipe)
    best = 1.0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(CALLS):
            work()
        best = min(best, (time.perf_counter() - started) / CALLS)
    pipe.respond(Response(200, "OK", [], 0), [])
    return best


def _be_front(
    front: socket.socket, servers: dict[str, type[Server]], folder: Path, cache: Path
) -> None:
    storage = Storage(folder / "trial.db")
    resources = Resources(
        open_storage=lambda name: storage,
        platform=Storage(folder / "platform.db", platform_metadata),
        clock=Clock(),
        settings={"memcache.directory": str(cache)},
    )
    executor = Executor(servers, resources, lambda caller, quota, units: None)
    caller = Caller(application="trial", deadline=time.monotonic() + 600)
    take_accepted(front)
    front.setblocking(False)
    frame = encode(Request("r1", "main.app", {}, 0, 600))
    with ThreadPoolExecutor(1) as pool, suppress(InstanceGoneError):
        Exchange(
            Accepting(front, 1, 0.0, frame, b""),
            time.monotonic() + 600,
            lambda made: executor.execute(caller, made.service, made.method, made.message),
            lambda made: False,
            pool,
        ).run(Spool())


def measure_get(*, has_others: bool = False, keys: int = 1) -> float:
    """Returns the seconds of one memcache get, on the store that workers share.

    Args:
        has_others: another process reads and writes items of the same store all the time.
        keys: asked for in turn: a process remembers some 20,000 such items.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        other = os.fork() if has_others else 0
        if has_others and not other:
            with suppress(BaseException):
                _be_another_worker(Path(folder))
            os._exit(0)
        try:
            return measure_call({"memcache": MemcacheServer}, Getter(keys).get, Path(folder))
        finally:
            if other:
                os.kill(other, signal.SIGKILL)
                os.wait()


class Getter:
    """Stores items at its first step, then gets one after the other."""

    def __init__(self, keys: int) -> None:
        """Takes how many items there are."""
        self._keys = [f"key{number}" for number in range(keys)]
        self._next = -1

    def get(self) -> object:
        """Returns the next item's value."""
        if self._next < 0:
            for start in range(0, len(self._keys), 1000):
                part = self._keys[start : start + 1000]
                memcache.set_multi(dict.fromkeys(part, "x" * 100))
        self._next = (self._next + 1) % len(self._keys)
        if (value := memcache.get(self._keys[self._next])) is None:
            raise LookupError(self._keys[self._next])
        return value


def _be_another_worker(folder: Path) -> None:
    """Changes an item a thousand times a second at the most, and reads others in between."""
    store = LocalStore(folder / "memcache-trial.db", Limits(64 * 2**20), Clock().now_microseconds)
    number = 0
    while True:
        number += 1
        item = Item(b"other%d" % (number % 1000), b"x" * 100)
        store.set(SetRequest(items=(item,)))
        for _ in range(9):
            store.get("", [b"other1"], peek=False)
        signal.sigtimedwait([], 0.001)


def main() -> int:
    """Prints the figures; returns 1 where a goal is missed."""
    empty = stub(EmptyService)
    echo = made = alone = spread = shared = 1.0
    for _ in range(TURNS):
        echo = min(echo, measure_echo())
        made = min(made, measure_call({"empty": EmptyServer}, lambda: empty.empty(Nothing())))
        alone = min(alone, measure_get())
        spread = min(spread, measure_get(keys=SPREAD_KEYS))
        shared = min(shared, measure_get(has_others=True))
    rows = [
        ("empty call", made, "msgpack echo", echo, CALL_GOAL),
        ("memcache get, one worker", alone, "empty call", made, GET_GOAL),
        ("memcache get of 20,000 in turn", spread, "empty call", made, GET_GOAL),
        ("memcache get, another worker busy", shared, "empty call", made, SHARED_GOAL),
    ]
    for what, seconds, beside, base, goal in rows:
        verdict = "reached" if seconds <= goal * base else "MISSED"
        print(
            f"{what}: {seconds * 1e6:.1f} us, {seconds / base:.2f} x {beside} "
            f"({base * 1e6:.1f} us), goal {goal:g} x: {verdict}"
        )
    return int(any(seconds > goal * base for _, seconds, _, base, goal in rows))


if __name__ == "__main__":
    sys.exit(main())
