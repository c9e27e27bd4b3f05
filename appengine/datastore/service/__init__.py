"""Datastore: entities by key, queries over indexes, and transactions over entity groups."""

from appengine.datastore.service.entities import (
    ABSENT,
    AnyValue,
    Binary,
    Entity,
    Id,
    Integer,
    Key,
    Meaning,
    Meant,
    Name,
    Namespace,
    Point,
    Property,
    Reference,
    Stored,
    User,
    Value,
    entity_decoder,
)
from appengine.datastore.service.errors import (
    ERRORS,
    BadRequestError,
    CommittedButStillApplying,
    ConcurrentTransactionError,
    EntityTooLargeError,
    Error,
    InternalError,
    NeedIndexError,
    Timeout,
)
from appengine.datastore.service.limits import (
    DEADLINE_SECONDS,
    MAX_ACTIONS,
    MAX_ALLOCATION,
    MAX_BATCH,
    MAX_COMPONENTS,
    MAX_COMPOSITE_BYTES,
    MAX_CURSOR_BYTES,
    MAX_ENTITY_BYTES,
    MAX_GET,
    MAX_GROUPS,
    MAX_INDEX_ROWS,
    MAX_INDEXED_BYTES,
    MAX_LINK_BYTES,
    MAX_NAME_BYTES,
    MAX_PATH,
    MAX_RAW_BYTES,
    MAX_RESULTS,
)
from appengine.datastore.service.messages import (
    Action,
    AllocateRequest,
    AllocateResponse,
    CommitRequest,
    CommitResponse,
    CompleteRequest,
    CompleteResponse,
    DeleteRequest,
    DeleteResponse,
    Entities,
    GetRequest,
    GetResponse,
    Keys,
    PrecedeRequest,
    PrecedeResponse,
    PutRequest,
    PutResponse,
    Versions,
    VersionsRequest,
    VersionsResponse,
)
from appengine.datastore.service.queries import (
    Count,
    CountRequest,
    CountResponse,
    Cursor,
    Filter,
    Index,
    IndexesRequest,
    IndexesResponse,
    Operator,
    Order,
    Query,
    RunRequest,
    RunResponse,
)
from appengine.rpc.service import Service, call

__all__ = [
    "ABSENT",
    "DEADLINE_SECONDS",
    "ERRORS",
    "MAX_ACTIONS",
    "MAX_ALLOCATION",
    "MAX_BATCH",
    "MAX_COMPONENTS",
    "MAX_COMPOSITE_BYTES",
    "MAX_CURSOR_BYTES",
    "MAX_ENTITY_BYTES",
    "MAX_GET",
    "MAX_GROUPS",
    "MAX_INDEXED_BYTES",
    "MAX_INDEX_ROWS",
    "MAX_LINK_BYTES",
    "MAX_NAME_BYTES",
    "MAX_PATH",
    "MAX_RAW_BYTES",
    "MAX_RESULTS",
    "Action",
    "AllocateRequest",
    "AllocateResponse",
    "AnyValue",
    "BadRequestError",
    "Binary",
    "CommitRequest",
    "CommitResponse",
    "CommittedButStillApplying",
    "CompleteRequest",
    "CompleteResponse",
    "ConcurrentTransactionError",
    "Count",
    "CountRequest",
    "CountResponse",
    "Cursor",
    "DatastoreService",
    "DeleteRequest",
    "DeleteResponse",
    "Entities",
    "Entity",
    "EntityTooLargeError",
    "Error",
    "Filter",
    "GetRequest",
    "GetResponse",
    "Id",
    "Index",
    "IndexesRequest",
    "IndexesResponse",
    "Integer",
    "InternalError",
    "Key",
    "Keys",
    "Meaning",
    "Meant",
    "Name",
    "Namespace",
    "NeedIndexError",
    "Operator",
    "Order",
    "Point",
    "PrecedeRequest",
    "PrecedeResponse",
    "Property",
    "PutRequest",
    "PutResponse",
    "Query",
    "Reference",
    "RunRequest",
    "RunResponse",
    "Stored",
    "Timeout",
    "User",
    "Value",
    "Versions",
    "VersionsRequest",
    "VersionsResponse",
    "entity_decoder",
]


def count_keys(request: GetRequest | DeleteRequest | VersionsRequest) -> int:
    """Returns the cost of a call by its keys."""
    return max(1, len(request.keys))


def count_entities(request: PutRequest) -> int:
    """Returns the cost of a put."""
    return max(1, len(request.entities))


def count_writes(request: CommitRequest) -> int:
    """Returns the cost of a commit."""
    return max(1, len(request.puts) + len(request.deletes))


READS, WRITES, SMALL = "datastore_reads", "datastore_writes", "datastore_small_operations"


MODULES = {
    "google.appengine.api.datastore_errors": "datastore_errors",
    "google.appengine.api.datastore_types": "datastore_types",
    "google.appengine.datastore.datastore_query": "datastore_query",
    "google.appengine.datastore.datastore_rpc": "datastore_rpc",
    "google.appengine.ext.db": "db",
    "google.appengine.ext.db.metadata": "db.metadata",
    "google.appengine.ext.db.polymodel": "db.polymodel",
    "google.appengine.ext.db.stats": "db.stats",
    "google.appengine.ext.gql": "gql",
    "google.appengine.ext.key_range": "key_range",
}
"""The modules that applications import, by App Engine's names."""


class DatastoreService(
    Service,
    name="datastore",
    aliases=("google.appengine.api.datastore",),
    modules=MODULES,
):
    """The datastore. The application is the caller's: no message names it."""

    @call(quota=READS, cost=count_keys, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def get(self, request: GetRequest) -> GetResponse:
        """Reads entities by their keys."""

    @call(quota=WRITES, cost=count_entities, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def put(self, request: PutRequest) -> PutResponse:
        """Writes entities, each entity group atomically, and never conflicts."""

    @call(quota=WRITES, cost=count_keys, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def delete(self, request: DeleteRequest) -> DeleteResponse:
        """Deletes entities, each entity group atomically, and never conflicts."""

    @call(quota=WRITES, cost=count_writes, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def commit(self, request: CommitRequest) -> CommitResponse:
        """Commits a transaction, or changes nothing and raises ConcurrentTransactionError."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def precede(self, request: PrecedeRequest) -> PrecedeResponse:
        """Lets a transaction that met a conflict go first in its groups, for a moment."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def versions(self, request: VersionsRequest) -> VersionsResponse:
        """Reads the versions of entity groups: a transaction's first touch without a read."""

    @call(quota=READS, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def run(self, request: RunRequest) -> RunResponse:
        """Reads one batch of a query's results."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def count(self, request: CountRequest) -> CountResponse:
        """Counts a query's results."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def complete(self, request: CompleteRequest) -> CompleteResponse:
        """Gives ids to incomplete keys."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def allocate(self, request: AllocateRequest) -> AllocateResponse:
        """Reserves a range of ids that the datastore will never give out itself."""

    @call(quota=SMALL, deadline_seconds=DEADLINE_SECONDS, errors=ERRORS)
    def indexes(self, request: IndexesRequest) -> IndexesResponse:
        """Lists the composite indexes."""
