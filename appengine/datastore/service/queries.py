"""The messages of queries and indexes."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appengine.datastore.service.entities import AnyValue, Key, Name, Namespace
from appengine.datastore.service.limits import MAX_COMPONENTS, MAX_CURSOR_BYTES, MAX_RESULTS
from appengine.datastore.service.messages import Versions
from appengine.rpc.service import Message


class Operator(StrEnum):
    """How a filter compares. `!=` and `IN` are several queries of the client's."""

    LESS = "<"
    LESS_OR_EQUAL = "<="
    EQUAL = "="
    GREATER_OR_EQUAL = ">="
    GREATER = ">"


class Filter(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A condition on a property, or on `__key__` (its value is a `Reference`)."""

    property: Name
    operator: Operator
    value: AnyValue


class Order(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A sort order by a property or by `__key__`."""

    property: Name
    descending: bool = False


class Query(Message):
    """What a query asks for, without its place and size.

    Attributes:
        kind: empty for a kindless query.
        projection: property names; the results hold these only, one for each index row.
        distinct: names that lead the projection; one result for each different set of values.
    """

    namespace: Namespace = ""
    kind: Name = ""
    ancestor: Key | None = None
    filters: Annotated[tuple[Filter, ...], Meta(max_length=MAX_COMPONENTS)] = ()
    orders: Annotated[tuple[Order, ...], Meta(max_length=MAX_COMPONENTS)] = ()
    projection: Annotated[tuple[Name, ...], Meta(max_length=MAX_COMPONENTS)] = ()
    distinct: Annotated[tuple[Name, ...], Meta(max_length=MAX_COMPONENTS)] = ()
    keys_only: bool = False


Cursor = Annotated[bytes, Meta(max_length=MAX_CURSOR_BYTES)]
"""A place between two results; empty for none. It holds values and a key, not an offset, and
serves the same query with every order reversed too."""

Count = Annotated[int, Meta(ge=0, lt=2**31)]


class RunRequest(Message):
    """Reads one batch of a query's results; the next batch starts at its `cursor`.

    Attributes:
        offset: results to skip first; what a batch has not skipped yet is the next one's offset.
        limit: results wanted in this and all later batches; None for no limit.
        batch_size: at most this many results now.
        versions: None outside of a transaction; inside, the groups touched up to now.
        wants_cursors: a cursor after each result is wanted.
    """

    query: Query
    start: Cursor = b""
    end: Cursor = b""
    offset: Count = 0
    limit: Count | None = None
    batch_size: Annotated[int, Meta(ge=0, le=MAX_RESULTS)] = 20
    versions: Versions | None = None
    eventual: bool = False
    wants_cursors: bool = False


class RunResponse(Message):
    """One batch.

    Attributes:
        results: entities as `entity_decoder` reads them; without properties where the query is
            keys-only, with the projected ones where it is a projection.
        skipped: of the request's offset.
        cursor: after the last result or skipped result; where there was none, the start.
        more: there may be further results within the request's limit.
        cursors: after each result, if wanted.
        index: the stanza of the composite index that served the query, or empty.
    """

    results: tuple[msgspec.Raw, ...]
    skipped: int
    cursor: bytes
    more: bool
    cursors: tuple[bytes, ...] = ()
    versions: dict[Key, int] = msgspec.field(default_factory=dict)
    index: str = ""


class CountRequest(Message):
    """Counts a query's results, at most `limit` after `offset`."""

    query: Query
    start: Cursor = b""
    end: Cursor = b""
    offset: Count = 0
    limit: Count | None = None
    versions: Versions | None = None
    eventual: bool = False


class CountResponse(Message):
    """The number of results; `versions` as in `RunResponse`."""

    count: int
    versions: dict[Key, int] = msgspec.field(default_factory=dict)


class Index(Message):
    """A composite index.

    Attributes:
        properties: in the index's order; never `__key__` last and ascending, which is built in.
        done: while it is built, the entities that the build has gone through, of `total`.
    """

    id: int
    kind: str
    ancestor: bool
    properties: tuple[Order, ...]
    state: Literal["building", "serving", "deleting", "error"]
    done: int = 0
    total: int = 0


class IndexesRequest(Message):
    """Asks for the application's composite indexes."""


class IndexesResponse(Message):
    """By id."""

    indexes: tuple[Index, ...]
