"""The datastore's engine beside the raw driver: gets, puts, batches, and queries of any kind size.

Run it as `python benchmarks/datastore_engine.py [ENTITIES]`. Each ratio is the raw driver's time
divided by the engine's for the same work in the same run; the answers are compared. Times are
those of the processor: nothing waits, as no commit forces the disk.
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

SINGLE_PUTS, BATCHES = 1000, 4
"""Puts of one entity, and of 500, in each round."""


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
        start = time.process_time()  # others use the machine too; nothing here waits
        for _time in range(times):
            work()
        best = min(best, (time.process_time() - start) / times)
    return best


def show(name: str, raw: float, ours: float) -> None:
    """Prints one line of the table."""
    print(f"{name:<28} raw {raw * 1e6:9.1f} us   ours {ours * 1e6:9.1f} us   {raw / ours:5.2f}")


TABLES = ("entity_groups", "entities", "index_entries", "commit_log")
"""The tables that a put writes, in its order."""

Rows = dict[str, list[tuple[object, ...]]]
"""Rows by table."""


def recorded_rows(application: Application) -> list[Rows]:
    """Returns the rows that each entity's put has written, entity by entity."""
    by_key: dict[object, Rows] = {}
    with application.storage.read() as connection:
        for table in TABLES:
            cursor = connection.driver.execute(f"SELECT * FROM datastore_{table}")
            names = [column[0] for column in cursor.description]
            at = names.index("key" if "key" in names else "group_key")
            for row in cursor:
                rows = by_key.setdefault(row[at], {name: [] for name in TABLES})
                rows[table].append(row)
    return [by_key[key] for key in sorted(by_key, key=str)]


class RawWriter:
    """Writes with the raw driver the very rows that puts write, in a file of the same form."""

    def __init__(self, rows: list[Rows], application: Application, directory: Path) -> None:
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
        self._rows = iter(rows)

    def put(self, count: int = 1) -> None:
        """Writes the rows of new entities in one transaction, table by table."""
        mine = [next(self._rows) for _entity in range(count)]
        self.connection.execute("BEGIN IMMEDIATE")
        for name in TABLES:
            rows = [row for entity in mine for row in entity[name]]
            if name == "index_entries":
                rows.sort()
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
    total = ROUNDS * (SINGLE_PUTS + BATCHES * 500)
    entities = [greeting(number) for number in range(2, total + 2)]
    (directory / "recorded").mkdir()
    recorder = Application(directory / "recorded")
    for start in range(0, total, 500):
        recorder.server().put(PutRequest(entities=tuple(entities[start : start + 500])))
    writer = RawWriter(recorded_rows(recorder), application, directory)
    waiting = iter(entities)

    def put(count: int) -> None:
        some = tuple(next(waiting) for _entity in range(count))
        application.server().put(PutRequest(entities=some))

    show(
        "put",
        seconds_of(writer.put, SINGLE_PUTS),
        seconds_of(lambda: put(1), SINGLE_PUTS),
    )
    show(
        "put of 500",
        seconds_of(lambda: writer.put(500), BATCHES),
        seconds_of(lambda: put(500), BATCHES),
    )


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
