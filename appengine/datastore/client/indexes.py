"""The composite indexes of the application, as it may list them.

Source: App Engine, `google.appengine.api.datastore`, `GetIndexes`.
"""

from typing import ClassVar

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import Operation, datastore, start
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering

BUILDING, SERVING, DELETING, ERROR = range(4)
STATES = {"building": BUILDING, "serving": SERVING, "deleting": DELETING, "error": ERROR}


class Index(msgspec.Struct, frozen=True):
    """A composite index; `properties` are names and directions in its order."""

    BUILDING: ClassVar[int] = BUILDING
    SERVING: ClassVar[int] = SERVING
    DELETING: ClassVar[int] = DELETING
    ERROR: ClassVar[int] = ERROR
    ASCENDING: ClassVar[int] = ASCENDING
    DESCENDING: ClassVar[int] = DESCENDING

    index_id: int
    index_kind: str
    ancestor: bool
    index_properties: tuple[Ordering, ...]

    def id(self) -> int:
        """Returns the number, which is never used again."""
        return self.index_id

    def kind(self) -> str:
        """Returns the kind whose entities it holds."""
        return self.index_kind

    def has_ancestor(self) -> bool:
        """Returns whether it serves queries with an ancestor."""
        return self.ancestor

    def properties(self) -> tuple[Ordering, ...]:
        """Returns names and directions: 1 is ascending, 2 descending."""
        return self.index_properties

    Id = id  # noqa: A003  # App Engine's own name
    Kind = kind
    HasAncestor = has_ancestor
    Properties = properties


def get_indexes_async(**options: object) -> Operation[list[tuple[Index, int]]]:
    """Starts `get_indexes`, and returns the operation whose result it gives."""
    config = Configuration.of(options)
    wait = start(datastore.indexes, wire.IndexesRequest(), config.deadline_seconds)
    return Operation(
        lambda: [(_index(index), STATES[index.state]) for index in wait().indexes],
        config.on_completion,
    )


def get_indexes(**options: object) -> list[tuple[Index, int]]:
    """Returns the application's composite indexes and their states.

    A state is 0 building, 1 serving, 2 deleting or 3 error.
    """
    return get_indexes_async(**options).get_result()


def _index(index: wire.Index) -> Index:
    properties = tuple(
        (order.property, DESCENDING if order.descending else ASCENDING)
        for order in index.properties
    )
    return Index(index.id, index.kind, index.ancestor, properties)
