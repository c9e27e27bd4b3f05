"""The served datastore, side by side with Flask and SQLAlchemy's ORM doing the same over HTTP.

Run it as `python -m benchmarks.guestbook [WORKERS [ENTITIES ...]]`; it needs the extra `bench`.
Both sides have the same workers, threads, indexes and synchronous=NORMAL, and are asked in turn;
every body is checked. Latencies are milliseconds of one client. A ratio above 1 means that ours
is faster: Flask's time divided by ours, or our rate divided by Flask's.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from appengine.supervisor.options import THREADS
from benchmarks.bodies import LOADED_FROM, NO_CALL, STEPS, Book, Step, by_author
from benchmarks.client import Client
from benchmarks.serving import accepts, free_port
from tests.e2e.serving import DevServer, wait_until

APPLICATIONS = Path(__file__).parent / "book"
SIZES = (1_000, 100_000)
BATCH = 500
ROUNDS = 500
WARM_UP = 100
CLIENTS = 8
SEGMENTS = 4
REQUESTS = 100
"""Of each client in each segment."""


def main() -> None:
    """Prints all figures."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for size in [int(text) for text in sys.argv[2:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)  # an instance's user reads the application there
            with platform(Path(folder), workers) as ours, flask(Path(folder), workers) as theirs:
                print(f"\n{size:,} entities; workers: {workers} of {THREADS} threads on each side")
                compare(Book(ours, size), Book(theirs, size))


def compare(ours: Book, theirs: Book) -> None:
    """Prints the figures of two servers whose books are empty."""
    show(f"load, {BATCH} at once, ms an entity", load(ours), load(theirs))
    show("first query of an author, its index built, ms", first_query(ours), first_query(theirs))
    compare_latencies((ours, theirs))
    for name, step in STEPS.items():
        rates = most_at_once(step, (ours, theirs))
        show(f"{name}, {CLIENTS} clients, requests/s", rates[0], rates[1], more_is_better=True)


def compare_latencies(books: Sequence[Book]) -> None:
    """Prints one client's latencies, and what is left of them without the page around the call."""
    sides = [(book, Client(*book.address)) for book in books]
    pages = [0.0, 0.0]
    for name, step in STEPS.items():
        figures = latencies(step, sides)
        medians = [statistics.median(found) for found in figures]
        show(f"{name}, median, ms", *medians)
        show(f"{name}, p99, ms", *map(ninety_ninth, figures))
        if name == NO_CALL:
            pages = medians
        else:
            left = [median - page for median, page in zip(medians, pages, strict=True)]
            show(f"{name}, median without the page, ms", *left)
    for _, client in sides:
        client.close()


def show(name: str, ours: float, theirs: float, *, more_is_better: bool = False) -> None:
    """Prints one line of the table."""
    ratio = ours / theirs if more_is_better else theirs / ours
    print(f"{name:<54} ours {ours:9.3f}   Flask {theirs:9.3f}   {ratio:5.2f}", flush=True)


def load(book: Book) -> float:
    """Fills a book; returns the milliseconds for each entity."""
    client = Client(*book.address)
    started = time.perf_counter()
    for first in range(LOADED_FROM, LOADED_FROM + book.size, BATCH):
        count = min(BATCH, LOADED_FROM + book.size - first)
        assert client.ask("POST", f"/load/{first}/{count}") == str(count).encode()
    client.close()
    return (time.perf_counter() - started) * 1000 / book.size


def first_query(book: Book) -> float:
    """Returns the milliseconds of the query for which an index may have to be built."""
    client = Client(*book.address)
    milliseconds = one(by_author, book, client, 0)
    client.close()
    return milliseconds


def latencies(step: Step, sides: Sequence[tuple[Book, Client]]) -> list[list[float]]:
    """Returns the milliseconds of each request, by side; the sides are asked in turn."""
    figures: list[list[float]] = [[] for _ in sides]
    for number in range(WARM_UP + ROUNDS):
        for (book, client), found in zip(sides, figures, strict=True):
            milliseconds = one(step, book, client, 0)
            if number >= WARM_UP:
                found.append(milliseconds)
    return figures


def one(step: Step, book: Book, client: Client, number: int) -> float:
    """Returns the milliseconds of one request, whose body is checked."""
    request = step(book, number)
    started = time.perf_counter()
    body = client.ask(request.method, request.path)
    milliseconds = (time.perf_counter() - started) * 1000
    request.check(body)
    return milliseconds


def most_at_once(step: Step, books: Sequence[Book]) -> list[float]:
    """Returns the requests per second of several clients at once: the median of some segments."""
    rates: list[list[float]] = [[] for _ in books]
    for _ in range(SEGMENTS):
        for book, found in zip(books, rates, strict=True):
            found.append(rate(step, book))
    return [statistics.median(found) for found in rates]


def rate(step: Step, book: Book) -> float:
    """Returns the requests per second of one segment."""

    def ask(number: int) -> None:
        for _ in range(REQUESTS):
            one(step, book, clients[number], number)

    clients = [Client(*book.address) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        started = time.perf_counter()
        list(pool.map(ask, range(CLIENTS)))
        seconds = time.perf_counter() - started
    for client in clients:
        client.close()
    return CLIENTS * REQUESTS / seconds


def ninety_ninth(figures: Sequence[float]) -> float:
    """Returns the 99th percentile."""
    return statistics.quantiles(figures, n=100)[98]


@contextmanager
def platform(folder: Path, workers: int) -> Iterator[tuple[str, int]]:
    """Gives the address of the application that our server serves."""
    app = Path(shutil.copytree(APPLICATIONS / "platform", folder / "platform"))
    with DevServer([app], f"--workers={workers}", storage=folder / "storage") as server:
        yield server.address()


@contextmanager
def flask(folder: Path, workers: int) -> Iterator[tuple[str, int]]:
    """Gives the address of the application that gunicorn serves."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(APPLICATIONS / "flask")]
    command += [f"--bind=127.0.0.1:{port}", "--worker-class=gthread", f"--workers={workers}"]
    command += [f"--threads={THREADS}", "--keep-alive=15", "--log-level=error", "--preload"]
    environ = {"BOOK_FILE": str(folder / "book.db"), "BOOK_THREADS": str(THREADS)}
    process = subprocess.Popen([*command, "main:app"], env={**os.environ, **environ})
    try:
        wait_until(lambda: accepts(port))
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
