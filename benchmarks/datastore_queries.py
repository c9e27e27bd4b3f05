"""Queries of 20 out of 1k to 1M entities: the same time and the same rows, whatever is around.

Run it as `python -m benchmarks.datastore_queries [ENTITIES]`. The store is built once and kept in
the user's cache. Five shapes are asked of kinds of each size: filtered and ordered; the same with
all matches at the end of the kind; spread over 100 namespaces; after half of the kind was deleted;
and a merge join. Each time is the median of interleaved rounds; the ratio is to the smallest
kind's. The rows that a query read come from the call's trace; bodies are checked.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from appengine.datastore.server import DatastoreServer
from appengine.datastore.service import (
    DeleteRequest,
    Entity,
    Filter,
    Key,
    Operator,
    Order,
    Property,
    PutRequest,
    Query,
    RunRequest,
    entity_decoder,
)
from benchmarks.datastore_engine import Application

SIZES = (1_000, 10_000, 100_000, 1_000_000)
RESULTS = 20
NAMESPACES = 100
ROUNDS = 300
BATCH = 500

MOST_ROWS = 1.05
"""Index rows that a query may read for each result, skipped ones not counted."""


def entity(number: int, kind: str, namespace: str, size: int) -> Entity:
    """Returns an entity: every fifth is of rating 3, the last hundred are late."""
    return Entity(
        Key(namespace, (kind, number)),
        (
            Property("rating", (number % 5,)),
            Property("date", (1_700_000_000_000_000 + number * 7919 % size,)),
            Property("late", (number > size - 100,)),
            Property("content", (f"the content of entity {number}",), indexed=False),
        ),
    )


def put_all(application: Application, entities: Iterator[Entity]) -> None:
    """Stores entities in batches."""
    batch: list[Entity] = []
    for item in entities:
        batch.append(item)
        if len(batch) == BATCH:
            application.server().put(PutRequest(entities=tuple(batch)))
            batch.clear()
    if batch:
        application.server().put(PutRequest(entities=tuple(batch)))


def build(application: Application, size: int) -> None:
    """Stores the kinds of one size."""
    for query in (of_rating("Whole", size), of_rating("Late", size, late=True)):
        application.server().run(RunRequest(query=query))  # defines the index before the entities
    for kind in ("Whole", "Halved"):
        name = f"{kind}{size}"
        application.server().run(RunRequest(query=of_rating(kind, size)))
        put_all(application, (entity(n, name, "", size) for n in range(1, size + 1)))
    spread = f"Spread{size}"
    application.server().run(RunRequest(query=of_rating("Spread", size, "n1")))
    put_all(
        application,
        (entity(n, spread, f"n{n // 5 % NAMESPACES}", size) for n in range(1, size + 1)),
    )
    for first in range(1, size + 1, BATCH):
        gone = tuple(Key("", (f"Halved{size}", n)) for n in range(first, first + BATCH) if n % 2)
        application.server().delete(DeleteRequest(keys=gone))


def of_rating(kind: str, size: int, namespace: str = "", *, late: bool = False) -> Query:
    """Returns the query for entities of one rating, the newest first."""
    filters = (Filter("rating", Operator.EQUAL, 3),)
    if late:
        kind, filters = "Whole", (*filters, Filter("late", Operator.EQUAL, True))
    return Query(
        namespace=namespace,
        kind=f"{kind}{size}",
        filters=filters,
        orders=(Order("date", descending=True),),
    )


def questions(size: int) -> dict[str, Query]:
    """Returns the queries of one size by the names of their shapes."""
    found = {
        "filtered and ordered": of_rating("Whole", size),
        "matches at the end": of_rating("Late", size, late=True),
        "half deleted": of_rating("Halved", size),
        "merge join": Query(
            kind=f"Whole{size}",
            filters=(Filter("rating", Operator.EQUAL, 3), Filter("late", Operator.EQUAL, True)),
        ),
    }
    if size // NAMESPACES // 5 >= RESULTS:
        found["of 100 namespaces"] = of_rating("Spread", size, "n1")
    return found


def ask(application: Application, query: Query) -> tuple[float, int]:
    """Returns the seconds of one query and the rows that it read; checks what it gave."""
    server: DatastoreServer = application.server()
    start = time.perf_counter()
    answer = server.run(RunRequest(query=query, limit=RESULTS, batch_size=RESULTS))
    seconds = time.perf_counter() - start
    found = [entity_decoder.decode(body) for body in answer.results]
    values = [{item.name: item.values[0] for item in one.properties} for one in found]
    dates = [str(value["date"]) for value in values]
    assert len(found) in (RESULTS, 19), len(found)
    assert {value["rating"] for value in values} == {3}
    if query.orders:
        assert dates == sorted(dates, reverse=True)
    return seconds, int(server.notes["rows_read"])


def measure(application: Application, sizes: list[int]) -> None:
    """Prints each shape's times by size, and its rows."""
    times: dict[tuple[str, int], list[float]] = {}
    rows: dict[tuple[str, int], int] = {}
    asked = [(name, size, query) for size in sizes for name, query in questions(size).items()]
    for _round in range(ROUNDS):
        for name, size, query in asked:
            seconds, rows[name, size] = ask(application, query)
            times.setdefault((name, size), []).append(seconds)
    for name in dict.fromkeys(name for name, _size, _query in asked):
        of_shape = [size for size in sizes if (name, size) in times]
        first = statistics.median(times[name, of_shape[0]])
        for size in of_shape:
            median = statistics.median(times[name, size])
            print(
                f"{name:<21} {size:>9,} {median * 1e6:8.0f} us {median / first:5.2f} x  "
                f"{rows[name, size]:>4} rows read for {RESULTS}"
            )


def cached(most: int) -> Path:
    """Returns the folder of the store of some size, building it if it is not there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "appengine-benchmarks" / f"queries-{most}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        application = Application(folder)
        for size in [size for size in SIZES if size <= most]:
            start = time.perf_counter()
            build(application, size)
            print(f"built {size:,} in {time.perf_counter() - start:.0f} s", flush=True)
        (folder / "complete").write_bytes(msgspec.msgpack.encode(most))
    return folder


def main() -> None:
    """Builds the store if need be, and measures."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    application = Application(cached(most))
    measure(application, [size for size in SIZES if size <= most])


if __name__ == "__main__":
    main()
