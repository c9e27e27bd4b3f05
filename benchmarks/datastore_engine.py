"""The datastore's engine beside the raw driver: gets, puts, batches, and queries of any kind size.

Run it as `python benchmarks/datastore_engine.py [ENTITIES]`. Each ratio is the raw driver's time
divided by the engine's for the same work in the same run; the answers are compared.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appengine.datastore.server import DatastoreServer
from appengine.datastore.service import (
    Entity,
    Filter,
    GetRequest,
    Key,
    Operator,
    Order,
    Property,
    PutRequest,
    Query,
    RunRequest,
)
from appengine.rpc.server import Caller, Resources
from appengine.rpc.service import Message
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata

ROUNDS = 5
"""Times that each piece of work is measured; the fastest counts."""


def no_services(service: str, method: str, _request: Message, /) -> Message:
    """Refuses calls of other services."""
    raise LookupError(f"{service}.{method}")


class Application:
    """A datastore without a front."""

    def __init__(self, directory: Path) -> None:
        self.storage = Storage(directory / "application.db")
        self._caller = Caller(application="guestbook")
        self._resources = Resources(
            open_storage=lambda _application: self.storage,
            platform=Storage(directory / "platform.db", platform_metadata),
            clock=Clock(),
        )

    def server(self) -> DatastoreServer:
        """Returns a server for one call."""
        return DatastoreServer(self._caller, self._resources, no_services)


def greeting(number: int | None, kind: str = "Greeting") -> Entity:
    """Returns an entity with five indexed properties."""
    count = number or 0
    return Entity(
        Key("", (kind, number)),
        (
            Property("author", (f"author {count % 100}",)),
            Property("content", (f"the content of greeting {count}",)),
            Property("date", (1_700_000_000_000_000 + count,)),
            Property("rating", (count % 5,)),
            Property("is_public", (count % 2 == 0,)),
        ),
    )


def seconds_of(work: Callable[[], object], times: int) -> float:
    """Returns the seconds of one piece of work, the best of some rounds."""
    best = float("inf")
    for _round in range(ROUNDS):
        start = time.perf_counter()
        for _time in range(times):
            work()
        best = min(best, (time.perf_counter() - start) / times)
    return best


def show(name: str, raw: float, ours: float) -> None:
    """Prints one line of the table."""
    print(f"{name:<28} raw {raw * 1e6:9.1f} us   ours {ours * 1e6:9.1f} us   {raw / ours:5.2f}")


def copied_rows(application: Application, key: Key) -> dict[str, list[tuple[object, ...]]]:
    """Returns all rows that a put of one entity has written, by table."""
    application.server().put(PutRequest(entities=(greeting(int(str(key.path[1]))),)))
    rows: dict[str, list[tuple[object, ...]]] = {}
    with application.storage.read() as connection:
        for table in ("entity_groups", "entities", "index_entries", "commit_log"):
            found = connection.driver.execute(f"SELECT * FROM datastore_{table}").fetchall()
            rows[table] = found[-6:] if table == "index_entries" else found[-1:]
    return rows


class RawWriter:
    """Writes with the raw driver what a put writes: the same rows in a file of the same form."""

    def __init__(self, application: Application, directory: Path) -> None:
        rows = copied_rows(application, Key("", ("Greeting", 1)))
        self.connection = sqlite3.connect(directory / "raw.db", isolation_level=None)
        with application.storage.read() as source:
            self.connection.executescript(
                ";".join(
                    row[0]
                    for row in source.driver.execute(
                        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
                    )
                )
            )
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self._rows = rows
        self._number = 0

    def _numbered(self, number: int) -> dict[str, list[tuple[object, ...]]]:
        key = number.to_bytes(8, "big")
        group, entity, entries, log = (self._rows[name] for name in self._rows)
        return {
            "entity_groups": [(group[0][0], key, *group[0][2:])],
            "entities": [(entity[0][0], key, *entity[0][2:])],
            "index_entries": [(*row[:4], key, row[5]) for row in entries],
            "commit_log": [(log[0][0], key, *log[0][2:6], number, log[0][7])],
        }

    def put(self, count: int = 1) -> None:
        """Writes the rows of new entities in one transaction, table by table."""
        tables: dict[str, list[tuple[object, ...]]] = {name: [] for name in self._rows}
        for _entity in range(count):
            self._number += 1
            for name, rows in self._numbered(self._number).items():
                tables[name] += rows
        self.connection.execute("BEGIN IMMEDIATE")
        for name, rows in tables.items():
            marks = ",".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO datastore_{name} VALUES ({marks})", rows)
        self.connection.execute("COMMIT")


def measure_gets(application: Application) -> None:
    """Gets by key, beside the driver selecting the same bytes."""
    application.server().put(PutRequest(entities=(greeting(1),)))
    request = GetRequest(keys=(Key("", ("Greeting", 1)),))
    raw = sqlite3.connect(application.storage.path, isolation_level=None)
    row = raw.execute("SELECT application, key, bucket FROM datastore_entities").fetchone()
    text = "SELECT body FROM datastore_entities WHERE application=? AND key=? AND bucket=?"
    body = raw.execute(text, row).fetchone()[0]
    (stored,) = application.server().get(request).entities
    assert stored is not None and bytes(stored) == body
    show(
        "get",
        seconds_of(lambda: raw.execute(text, row).fetchone(), 20_000),
        seconds_of(lambda: application.server().get(request), 20_000),
    )


def measure_puts(application: Application, directory: Path) -> None:
    """Puts of new entities, one and 500 at once, beside the driver writing the same rows."""
    writer = RawWriter(application, directory)
    numbers = iter(range(2, 10**9))

    def put(count: int) -> None:
        entities = tuple(greeting(next(numbers)) for _entity in range(count))
        application.server().put(PutRequest(entities=entities))

    show("put", seconds_of(writer.put, 1000), seconds_of(lambda: put(1), 1000))
    show("put of 500", seconds_of(lambda: writer.put(500), 4), seconds_of(lambda: put(500), 4))


def measure_queries(application: Application, sizes: list[int]) -> None:
    """A filtered and ordered query of 20 in kinds of several sizes."""
    for size in sizes:
        kind = f"Kind{size}"
        for start in range(1, size + 1, 500):
            entities = tuple(greeting(n, kind) for n in range(start, min(start + 500, size + 1)))
            application.server().put(PutRequest(entities=entities))
        query = Query(
            kind=kind,
            filters=(Filter("rating", Operator.EQUAL, 3),),
            orders=(Order("date", True),),
        )
        request = RunRequest(query=query, limit=20, batch_size=20)
        results = application.server().run(request).results
        dates = [msgspec.msgpack.decode(body)[1][2][1][0] for body in results]
        assert dates == sorted(dates, reverse=True)
        assert len(dates) == 20
        seconds = seconds_of(lambda request=request: application.server().run(request), 200)
        print(f"query of 20 out of {size:>9,} {seconds * 1e6:9.1f} us")


def main() -> None:
    """Measures everything on an empty file."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        application = Application(Path(name))
        measure_gets(application)
        measure_puts(application, Path(name))
        measure_queries(application, [n for n in (1_000, 10_000, 100_000, 1_000_000) if n <= most])


if __name__ == "__main__":
    main()
