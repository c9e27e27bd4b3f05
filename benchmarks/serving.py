"""Serving, side by side with bare gunicorn and the same callable, in one run.

Run: `python -m benchmarks.serving`. Every body is checked. Figures are milliseconds; the two
servers are asked in turn, so that a machine that is busy with other things is busy for both.
"""

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import family, idle_figures
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

SOURCE = """
TEXT = b"{text}" * {times}

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [TEXT]
"""
ROUNDS = 1000
WARM_UP = 200
SIZES = {"1 kB": 128, "100 kB": 12800}
EDITS = 15
STARTS = 5
SPAWNS = 10
SETTLE_SECONDS = 0.3
"""An instance is there for so long, before it is killed, and its start is no failure."""

INSTANCE = "instance"
"""The name of an instance's process."""


def main() -> None:
    """Prints all figures."""
    with tempfile.TemporaryDirectory() as folder:
        for name, times in SIZES.items():
            compare_latency(Path(folder) / name.replace(" ", ""), name, times)
        measure_start(Path(folder) / "start")
        measure_edits(Path(folder) / "edits")
        measure_deadline(Path(folder) / "deadline")


def compare_latency(folder: Path, name: str, times: int) -> None:
    """Prints the median of a request through each server, and the difference."""
    app = wsgi_application(folder, SOURCE.format(text="8 bytes.", times=times))
    body = b"8 bytes." * times
    with DevServer([app]) as server, bare_gunicorn(app) as port:
        ours = http.client.HTTPConnection(*server.address())
        bare = http.client.HTTPConnection("127.0.0.1", port)
        figures: dict[str, list[float]] = {"ours": [], "bare": []}
        for number in range(ROUNDS + WARM_UP):
            for key, connection in (("ours", ours), ("bare", bare)):
                seconds = ask(connection, body)
                if number >= WARM_UP:
                    figures[key].append(seconds * 1000)
        ours_ms, bare_ms = (statistics.median(figures[key]) for key in ("ours", "bare"))
        p99 = [statistics.quantiles(figures[key], n=100)[98] for key in ("ours", "bare")]
        print(
            f"request of {name}: ours {ours_ms:.3f} (p99 {p99[0]:.3f}), "
            f"bare gunicorn {bare_ms:.3f} (p99 {p99[1]:.3f}), added {ours_ms - bare_ms:.3f}"
        )


def ask(connection: http.client.HTTPConnection, body: bytes) -> float:
    """Returns the seconds of one request, whose body is checked."""
    started = time.perf_counter()
    connection.request("GET", "/")
    found = connection.getresponse().read()
    seconds = time.perf_counter() - started
    assert found == body
    return seconds


@contextmanager
def bare_gunicorn(app: Path) -> Iterator[int]:
    """Gives the port of gunicorn with one threaded worker and the same callable."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(app), "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class=gthread", "--workers=1", "--threads=64", "--log-level=error"]
    process = subprocess.Popen([*command, "main:app"])
    try:
        wait_until(lambda: accepts(port))
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Returns a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Returns whether something listens."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def measure_start(folder: Path) -> None:
    """Prints the time from the command to the first answer, idle figures, and of an instance."""
    app = wsgi_application(folder, SOURCE.format(text="hello", times=1))
    starts = []
    for _ in range(STARTS):
        started = time.perf_counter()
        with DevServer([app]) as server:
            assert server.get("/").text == "hello"
            starts.append((time.perf_counter() - started) * 1000)
    print(f"command to first answer: median {statistics.median(starts):.0f}, min {min(starts):.0f}")
    with DevServer([app]) as server:
        server.get("/")
        memory_mb, cpu_percent = idle_figures(server.pid, seconds=10.0)
        print(f"idle: {memory_mb:.1f} MB PSS in all, {cpu_percent:.2f} % of one CPU")
        print(f"death to next answer: {describe(replacements(server))}")


def replacements(server: DevServer) -> list[float]:
    """Returns the times from the kill of both instances to the next good answer."""
    found = []
    for _ in range(SPAWNS):
        wait_until(lambda: len(instances(server)) == 2)
        time.sleep(SETTLE_SECONDS)
        for victim in instances(server):
            os.kill(victim, signal.SIGKILL)
        started = time.perf_counter()
        wait_until(lambda: server.get("/").text == "hello")
        found.append((time.perf_counter() - started) * 1000)
    return found


def instances(server: DevServer) -> list[int]:
    """Returns the process numbers of the instances."""
    return [
        pid
        for pid in family(server.pid)
        if Path(f"/proc/{pid}/comm").read_text().strip() == INSTANCE
    ]


def measure_edits(folder: Path) -> None:
    """Prints the time from an edit's end to the first answer with it."""
    app = wsgi_application(folder, SOURCE.format(text="first", times=1))
    times = []
    with DevServer([app]) as server:
        for number in range(EDITS):
            text = f"edit {number}"
            write_files(app, {"main.py": SOURCE.format(text=text, times=1)})
            started = time.perf_counter()
            wait_until(lambda t=text: server.get("/").text == t)  # type: ignore[misc]  # a default binds it
            times.append((time.perf_counter() - started) * 1000)
    print(f"edit to served: {describe(times)}")


def measure_deadline(folder: Path) -> None:
    """Prints how late after a deadline of 0.5 s its answer comes, and the next request's time."""
    source = SOURCE.format(text="hello", times=1).replace(
        "    start_response", '    while environ["PATH_INFO"] == "/loop": pass\n    start_response'
    )
    app = wsgi_application(folder, source)
    late, after = [], []
    with DevServer([app], "--request_deadline=0.5") as server:
        for _ in range(5):
            started = time.perf_counter()
            assert server.get("/loop").status == http.client.INTERNAL_SERVER_ERROR
            late.append((time.perf_counter() - started - 0.5) * 1000)
            after.append(seconds_of(lambda: server.get("/")) * 1000)
    print(f"answer after a deadline: {describe(late)}; the next request: {describe(after)}")


def seconds_of(work: Callable[[], object]) -> float:
    """Returns how long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def describe(times: list[float]) -> str:
    """Returns median and extremes."""
    return f"median {statistics.median(times):.1f}, min {min(times):.1f}, max {max(times):.1f}"


if __name__ == "__main__":
    main()
