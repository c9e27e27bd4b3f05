"""Many clients of one entity group, and many processes that commit into one file.

Run it as `python -m benchmarks.datastore_clients [SECONDS]`. Increments are transactions of
`db` with its back-off; blind puts are puts outside of transactions. Each client is a thread with
its own transport to the executor; the processes commit to entity groups of their own. What was
acknowledged is compared with what is stored.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from appengine.datastore import db
from appengine.datastore.server import DatastoreServer
from appengine.front.calls import Executor
from appengine.rpc.client import transport
from appengine.rpc.frames import Reply
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata

SECONDS = 10.0
"""Length of each measurement, unless the command says otherwise."""

PROCESSES = 8
"""Processes that commit at once."""


class Tally(db.Model):
    """What all clients increment."""

    count = db.IntegerProperty(default=0)


class Direct:
    """A transport that executes each call in the caller's thread."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._caller = Caller(application="guestbook")
        self._replies: list[Reply] = []

    def start(self, service: str, method: str, message: bytes) -> int:
        """Executes a call."""
        outcome = self._executor.execute(self._caller, service, method, message)
        self._replies.append(Reply(0, outcome.message, outcome.error, outcome.detail))
        return len(self._replies) - 1

    def finish(self, number: int) -> Reply:
        """Returns the answer of a call."""
        reply = self._replies[number]
        if number == len(self._replies) - 1:
            self._replies.clear()
        return reply


def open_executor(directory: Path) -> Executor:
    """Returns an executor over the files of a directory."""
    storage = Storage(directory / "application.db")
    resources = Resources(
        open_storage=lambda _application: storage,
        platform=Storage(directory / "platform.db", platform_metadata),
        clock=Clock(),
    )
    return Executor({"datastore": DatastoreServer}, resources, lambda *_charge: None)


def increment() -> None:
    """Adds one to the tally."""
    tally = Tally.get_by_key_name("t")
    assert isinstance(tally, Tally)
    tally.count += 1
    tally.put()


def transact() -> bool:
    """Increments once; returns False if it gave up after four attempts."""
    try:
        db.run_in_transaction(increment)
    except db.TransactionFailedError:
        return False
    return True


def put_blind() -> bool:
    """Puts without a transaction."""
    Tally(key_name="blind", count=1).put()
    return True


def run_clients(
    executor: Executor, count: int, seconds: float, work: Callable[[], bool]
) -> tuple[list[int], int]:
    """Returns how often each client succeeded, and how often all of them gave up."""
    done, failed = [0] * count, [0] * count
    started = threading.Barrier(count)
    ends: list[float] = []

    def run(number: int) -> None:
        os.environ["APPLICATION_ID"] = "guestbook"
        transport.set(Direct(executor))
        started.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if work():
                done[number] += 1
            else:
                failed[number] += 1
        ends.append(time.monotonic() - end + seconds)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, sum(failed)


def measure_group(executor: Executor, seconds: float) -> None:
    """One entity group: 1, 16 and 64 clients."""
    transport.set(Direct(executor))
    Tally(key_name="t", count=0).put()
    expected = 0
    for name, work in (("increments", transact), ("blind puts", put_blind)):
        alone = 0.0
        for count in (1, 16, 64):
            done, failed = run_clients(executor, count, seconds, work)
            expected += sum(done) if work is transact else 0
            rate = sum(done) / seconds
            alone = alone or rate
            gave_up = failed / max(1, failed + sum(done)) * 100
            print(
                f"{name:<11} {count:>3} clients {rate:8.0f}/s  {rate / alone:5.2f} of one's  "
                f"{gave_up:5.2f} % give up  slowest/fastest {min(done) / max(done):5.2f}"
            )
    tally = Tally.get_by_key_name("t")
    assert isinstance(tally, Tally)
    assert tally.count == expected, (tally.count, expected)


def commit_alone(directory: Path, name: str, seconds: float) -> None:
    """Commits to a group of its own for some seconds; prints each commit's microseconds."""
    os.environ["APPLICATION_ID"] = "guestbook"
    transport.set(Direct(open_executor(directory)))
    end = time.monotonic() + seconds
    times, count = [], 0
    while time.monotonic() < end:
        start = time.perf_counter()
        count += 1
        Tally(key_name=name, count=count).put()
        times.append(round((time.perf_counter() - start) * 1e6))
    tally = Tally.get_by_key_name(name)
    assert isinstance(tally, Tally)
    assert tally.count == count
    print(*times)


def measure_processes(directory: Path, seconds: float) -> None:
    """Processes that commit to one file."""
    command = [sys.executable, "-m", "benchmarks.datastore_clients", "--commit", str(directory)]
    processes = [
        subprocess.Popen([*command, f"p{number}", str(seconds)], stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert not any(process.returncode for process in processes)
    counts = [len(output.split()) for output in outputs]
    times = sorted(int(word) / 1000 for output in outputs for word in output.split())
    median, p99 = statistics.median(times), times[int(len(times) * 0.99)]
    print(
        f"{PROCESSES} processes   {len(times) / seconds:8.0f}/s  median {median:6.2f} ms  "
        f"p99 {p99:6.2f} ms = {p99 / median:4.1f} x  worst {times[-1]:6.1f} ms  "
        f"slowest/fastest {min(counts) / max(counts):5.2f}"
    )


def main() -> None:
    """Measures everything on new files."""
    if sys.argv[1:2] == ["--commit"]:
        commit_alone(Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
        return
    os.environ["APPLICATION_ID"] = "guestbook"
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as name:
        measure_group(open_executor(Path(name)), seconds)
    with tempfile.TemporaryDirectory() as name:
        open_executor(Path(name))
        measure_processes(Path(name), 3 * seconds)


if __name__ == "__main__":
    main()
