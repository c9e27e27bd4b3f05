"""The datastore in the Admin Console: its indexes, how far they are, and its statistics."""

from collections.abc import Mapping

import msgspec

from appengine.datastore.server.building import describe
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.planner import Planner
from appengine.datastore.server.queries import Answer
from appengine.datastore.server.statistics import Statistics
from appengine.datastore.service import (
    MAX_RESULTS,
    AnyValue,
    Entity,
    Index,
    Meant,
    Query,
    RunRequest,
    entity_decoder,
)
from appengine.rpc.admin import Page, View, Visit
from appengine.storage.connection import Connection

MICROSECONDS = 1_000_000


class Shown(msgspec.Struct, frozen=True):
    """An index as the page shows it."""

    kind: str
    ancestor: bool
    properties: str
    state: str
    done: int
    total: int


class Figures(msgspec.Struct, frozen=True):
    """What a statistic says.

    Attributes:
        name: the kind; empty for everything.
        made_at: seconds since 1970.
    """

    name: str
    count: int
    size: int
    entities: int
    built_in: int
    composite: int
    made_at: float


def show_datastore(visit: Visit) -> View:
    """Returns the indexes and the statistics; a form makes the latter anew."""
    storage = visit.resources.open_storage(visit.application)
    statistics = storage.companion(Statistics, visit.application)
    if visit.sends_form and visit.arguments.get("action") == "statistics":
        statistics.begin(visit.resources.clock)
    catalog = storage.companion(Catalog, visit.application)
    with storage.read() as connection:
        indexes = catalog.at(connection).all_composites()
        shown = [_shown(describe(connection, catalog, index)) for index in indexes]
        total = _figures(connection, catalog, "__Stat_Total__")
        kinds = _figures(connection, catalog, "__Stat_Kind__")
    return View(
        template="datastore/datastore.html",
        values={
            "indexes": shown,
            "total": total[0] if total else None,
            "kinds": sorted(kinds, key=lambda item: (-item.size, item.name)),
            "is_counting": statistics.is_counting,
        },
    )


def _shown(index: Index) -> Shown:
    parts = [f"{each.property}{' desc' if each.descending else ''}" for each in index.properties]
    return Shown(
        kind=index.kind,
        ancestor=index.ancestor,
        properties=", ".join(parts),
        state=index.state,
        done=index.done,
        total=max(index.total, index.done),
    )


def _figures(connection: Connection, catalog: Catalog, kind: str) -> list[Figures]:
    """Returns what is stored of one kind of statistics, without making them."""
    query = Query(kind=kind)
    plan = Planner(catalog.at(connection), query).plan()
    answer = Answer(connection, catalog.application, plan, None)
    found = answer.respond(RunRequest(query=query, batch_size=MAX_RESULTS))
    return [_figure(entity_decoder.decode(body)) for body in found.results]


def _figure(entity: Entity) -> Figures:
    values = {item.name: item.values[0] for item in entity.properties}
    made = values["timestamp"]
    moment = made.value if isinstance(made, Meant) and isinstance(made.value, int) else 0
    return Figures(
        name=str(values.get("kind_name", "")),
        count=_number(values, "count"),
        size=_number(values, "bytes"),
        entities=_number(values, "entity_bytes"),
        built_in=_number(values, "builtin_index_bytes"),
        composite=_number(values, "composite_index_bytes"),
        made_at=moment / MICROSECONDS,
    )


def _number(values: Mapping[str, AnyValue], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else 0


PAGES = (Page(path="/datastore", title="Datastore", show=show_datastore),)
