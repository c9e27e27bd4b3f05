"""The datastore's server: each call is checked, done in the application's storage, answered."""

import logging
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import ParamSpec, TypeVar

import msgspec

from appengine.datastore.server.building import describe
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.commit import read_body
from appengine.datastore.server.describing import describe_keys, describe_query
from appengine.datastore.server.entities import place_of
from appengine.datastore.server.ids import Ids
from appengine.datastore.server.index_file import IndexFile, stanza_of
from appengine.datastore.server.indexes import COMPOSITE, Indexes, Want
from appengine.datastore.server.keys import bucket_of, check_key, decode_key, encode_key
from appengine.datastore.server.metadata import KINDS as METADATA_KINDS
from appengine.datastore.server.metadata import Metadata, MetadataAnswer
from appengine.datastore.server.metadata import check_query as check_metadata_query
from appengine.datastore.server.missing import MissingIndexes
from appengine.datastore.server.planner import MissingIndexError, Plan, Planner, check
from appengine.datastore.server.queries import Answer
from appengine.datastore.server.snapshot import Snapshot
from appengine.datastore.server.statistics import Statistics, is_statistic
from appengine.datastore.server.writes import (
    Writer,
    all_different,
    delete_of,
    last_of_each,
    put_of,
)
from appengine.datastore.service import (
    ABSENT,
    ERRORS,
    MAX_GROUPS,
    Action,
    AllocateRequest,
    AllocateResponse,
    BadRequestError,
    CommitRequest,
    CommitResponse,
    CompleteRequest,
    CompleteResponse,
    CountRequest,
    CountResponse,
    DatastoreService,
    DeleteRequest,
    DeleteResponse,
    Entity,
    GetRequest,
    GetResponse,
    IndexesRequest,
    IndexesResponse,
    InternalError,
    Key,
    PrecedeRequest,
    PrecedeResponse,
    PutRequest,
    PutResponse,
    Query,
    RunRequest,
    RunResponse,
    Stored,
    Timeout,
    VersionsRequest,
    VersionsResponse,
)
from appengine.rpc.errors import CapabilityDisabledError
from appengine.rpc.rooms import find_services
from appengine.rpc.server import Server
from appengine.rpc.service import ApplicationError, Message
from appengine.storage.connection import Connection
from appengine.storage.errors import (
    StorageBusyError,
    StorageError,
    StorageFullError,
    StorageLateError,
    StorageReadOnlyError,
)

BUILDS = 8
"""Composite indexes that one query may have to wait for, one after the other."""

_logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


def _translated(call: Callable[P, R]) -> Callable[P, R]:
    """Makes App Engine's errors of what can go wrong with the storage."""

    @wraps(call)
    def translated(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except StorageBusyError as error:
            raise Timeout("the datastore is busy; try again") from error
        except StorageLateError as error:
            raise Timeout("the call's deadline came before its answer") from error
        except (StorageFullError, StorageReadOnlyError) as error:
            _logger.error("%s", error)
            why = "the disk is full" if isinstance(error, StorageFullError) else "the log says why"
            raise CapabilityDisabledError(f"the datastore is read-only now: {why}") from error
        except StorageError as error:
            _logger.error("%s", error)
            raise InternalError("the datastore's storage failed; the log says how") from error

    return translated


class DatastoreServer(Server, DatastoreService):
    """Executes the datastore's calls for one application."""

    @_translated
    def get(self, request: GetRequest) -> GetResponse:
        """See `DatastoreService`."""
        application = self.caller.application
        self.note("key", describe_keys(request.keys))
        if request.versions is None and len(request.keys) == 1:  # the hottest call of all
            key = request.keys[0]
            place = place_of(key)
            if is_statistic(key.path[-2]):
                self._refresh_statistics()
            with self.storage.look() as connection:
                body = read_body(connection, application, place)
                if body is None and key.path[-2] in METADATA_KINDS:
                    body = self._made(connection, None, key)
            return GetResponse(entities=(ABSENT if body is None else msgspec.Raw(body),))
        places = [place_of(key) for key in request.keys]
        if request.versions is None and any(is_statistic(key.path[-2]) for key in request.keys):
            self._refresh_statistics()
        with self.storage.read() as connection:
            snapshot = None
            if request.versions is not None:
                snapshot = Snapshot(connection, application, request.versions)
            bodies = [
                self._made(connection, snapshot, key)
                if key.path[-2] in METADATA_KINDS
                else read_body(connection, application, place)
                if snapshot is None
                else snapshot.body(place)
                for key, place in zip(request.keys, places, strict=True)
            ]
        versions = {} if snapshot is None else snapshot.new_versions
        return GetResponse(entities=_stored(bodies), versions=versions)

    @_translated
    def put(self, request: PutRequest) -> PutResponse:
        """See `DatastoreService`."""
        keys = self._complete([entity.key for entity in request.entities])
        self.note("key", describe_keys(keys))
        writes = [
            put_of(entity if entity.key is key else Entity(key, entity.properties))
            for entity, key in zip(request.entities, keys, strict=True)
        ]
        if writes:
            self._writer().write(last_of_each(writes), {})
        return PutResponse(keys=tuple(keys))

    @_translated
    def delete(self, request: DeleteRequest) -> DeleteResponse:
        """See `DatastoreService`."""
        self.note("key", describe_keys(request.keys))
        if request.keys:
            self._writer().write(last_of_each(delete_of(key) for key in request.keys), {})
        return DeleteResponse()

    @_translated
    def commit(self, request: CommitRequest) -> CommitResponse:
        """See `DatastoreService`."""
        writes = all_different(
            [*map(put_of, request.puts), *(delete_of(key) for key in request.deletes)]
        )
        changed = [*(entity.key for entity in request.puts), *request.deletes]
        self.note("key", describe_keys(changed))
        if not writes and not request.actions:
            return CommitResponse(versions={})  # what it read was one moment: nothing to check
        reads = _roots(request.reads)
        if len({*reads, *(write.place.root for write in writes)}) > MAX_GROUPS:
            raise BadRequestError(
                f"operating on too many entity groups in a single transaction: at most {MAX_GROUPS}"
            )
        actions = [self._action(action) for action in request.actions]
        precedence = self.storage.precedence
        precedence.give_way(reads, request.ticket)
        try:
            versions = self._writer().write(writes, reads, actions)
        finally:
            precedence.end(request.ticket)
        return CommitResponse(versions={decode_key(root): n for root, n in versions.items()})

    @_translated
    def precede(self, request: PrecedeRequest) -> PrecedeResponse:
        """See `DatastoreService`."""
        roots = [place_of(key).root for key in request.keys]
        ticket = self.storage.precedence.take(roots)
        with self.storage.transaction():
            pass  # its turn comes when those have committed that did not give way yet
        return PrecedeResponse(ticket=ticket)

    @_translated
    def versions(self, request: VersionsRequest) -> VersionsResponse:
        """See `DatastoreService`."""
        roots = {place_of(key).root for key in request.keys}
        with self.storage.read() as connection:
            snapshot = Snapshot(connection, self.caller.application, request.versions)
            for root in roots:
                snapshot.touch(root)
        return VersionsResponse(versions=snapshot.new_versions)

    @_translated
    def run(self, request: RunRequest) -> RunResponse:
        """See `DatastoreService`."""
        found = self._answer(
            request.query, request.versions, lambda answer: answer.respond(request)
        )
        self.note("rows_returned", len(found.results))
        return found

    @_translated
    def count(self, request: CountRequest) -> CountResponse:
        """See `DatastoreService`."""
        places = (request.start, request.end, request.offset, request.limit)
        return self._answer(
            request.query,
            request.versions,
            lambda answer: CountResponse(count=answer.count(*places), versions=answer.new_versions),
        )

    @_translated
    def complete(self, request: CompleteRequest) -> CompleteResponse:
        """See `DatastoreService`."""
        return CompleteResponse(keys=tuple(self._complete(list(request.keys))))

    @_translated
    def allocate(self, request: AllocateRequest) -> AllocateResponse:
        """See `DatastoreService`."""
        check_key(request.key, complete=False)
        if request.size is not None and request.max is None:
            start, end = self._ids().allocate(request.key, request.size)
        elif request.max is not None and request.size is None:
            start, end = self._ids().allocate_to(request.key, request.max)
        else:
            raise BadRequestError("ids are allocated by size or up to a maximum: one of the two")
        return AllocateResponse(start=start, end=end)

    @_translated
    def indexes(self, request: IndexesRequest) -> IndexesResponse:
        """See `DatastoreService`."""
        with self.storage.read() as connection:
            found = self._catalog().at(connection).all_composites()
            return IndexesResponse(
                indexes=tuple(describe(connection, self._catalog(), item) for item in found)
            )

    def _answer(
        self, query: Query, versions: Mapping[Key, int] | None, give: Callable[[Answer], R]
    ) -> R:
        """Returns what `give` makes of a query's answer; a missing index is built before."""
        check(query)
        self.note("query", describe_query(query))
        if query.kind in METADATA_KINDS:
            check_metadata_query(query)
            if versions is not None:
                raise BadRequestError(f"transactional queries on {query.kind} not allowed")
        if versions is None and is_statistic(query.kind):
            self._refresh_statistics()
        missing: Want | None = None
        for _build in range(BUILDS):
            try:
                with self.storage.read() as connection:
                    plan = Planner(self._usable(connection), query).plan()
                    answer = self._open(connection, plan, versions)
                    given = give(answer)
                    self.note("rows_read", answer.rows_read)
                self._keep(plan)
                return given
            except MissingIndexError as error:
                missing = error.want
            self._missing_indexes().serve(missing)
        raise Timeout(f"the index is not ready yet:\n{stanza_of(missing)}")

    def _open(
        self, connection: Connection, plan: Plan, versions: Mapping[Key, int] | None
    ) -> Answer:
        application = self.caller.application
        if plan.query.kind in METADATA_KINDS:
            return MetadataAnswer(connection, application, plan, self._catalog().at(connection))
        snapshot = None if versions is None else Snapshot(connection, application, versions)
        return Answer(connection, application, plan, snapshot)

    def _made(self, connection: Connection, snapshot: Snapshot | None, key: Key) -> bytes | None:
        """Returns an entity that is not stored: metadata."""
        metadata = Metadata(
            connection, self.caller.application, self._catalog().at(connection), snapshot
        )
        return metadata.body(key)

    def _refresh_statistics(self) -> None:
        statistics = self.storage.companion(Statistics, self.caller.application)
        statistics.refresh(self.resources.clock)

    def _usable(self, connection: Connection) -> Indexes:
        """Returns the indexes that queries may use: where they are required, the listed ones."""
        indexes = self._catalog().at(connection)
        file = self._index_file() if self._requires_indexes else None
        return indexes if file is None else file.only(indexes)

    def _keep(self, plan: Plan) -> None:
        """Sees to it that index.yaml lists the composites that a query has used."""
        composites = [one.index.name for one in plan.sources or () if one.index.form == COMPOSITE]
        if composites and not self._requires_indexes and (file := self._index_file()) is not None:
            file.keep(composites)

    @property
    def _requires_indexes(self) -> bool:
        return self.resources.settings.get("datastore.require_indexes") == "true"

    def _index_file(self) -> IndexFile | None:
        path = self.resources.settings.get(f"datastore.index_yaml:{self.caller.application}")
        return self.storage.companion(IndexFile, path) if path else None

    def _missing_indexes(self) -> MissingIndexes:
        return MissingIndexes(
            self.storage,
            self.caller.application,
            self._index_file(),
            required=self._requires_indexes,
        )

    def _complete(self, keys: list[Key]) -> list[Key]:
        for key in keys:
            check_key(key, complete=False)
        name = f"datastore.auto_id_policy:{self.caller.application}"
        policy = self.resources.settings.get(name, "default")
        return self._ids().complete(keys, sequential=policy == "legacy")

    def _action(self, action: Action) -> Callable[[], object]:
        """Returns the call of another service that an action stands for.

        Raises:
            BadRequestError: there is no such call, or its message is malformed.
        """
        service = find_services().get(action.service)
        method = service.methods.get(action.method) if service is not None else None
        if method is None:
            raise BadRequestError(f"there is no call {action.service}.{action.method}")
        try:
            message: Message = msgspec.msgpack.decode(action.message, type=method.request)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequestError(f"{action.service}.{action.method}: {error}") from error
        return partial(self._act, action, message)

    def _act(self, action: Action, message: Message) -> None:
        """Does an action; what its service declares crosses this service's wire as its own."""
        try:
            self.services(action.service, action.method, message)
        except ERRORS:
            raise
        except ApplicationError as error:
            raise BadRequestError(
                f"{action.service}.{action.method}: {type(error).__name__}: {error}"
            ) from error

    def _writer(self) -> Writer:
        return Writer(self.storage, self.caller.application, self.resources.clock)

    def _catalog(self) -> Catalog:
        return self.storage.companion(Catalog, self.caller.application)

    def _ids(self) -> Ids:
        return self.storage.companion(Ids, self.caller.application)


def _stored(bodies: list[bytes | None]) -> tuple[Stored, ...]:
    return tuple(ABSENT if body is None else msgspec.Raw(body) for body in bodies)


def _roots(reads: Mapping[Key, int]) -> dict[bytes, tuple[int, int]]:
    """Returns the bucket and the version of each group by its encoded root.

    Raises:
        BadRequestError: a key is no root, or a version is negative.
    """
    found = {}
    for key, version in reads.items():
        check_key(key)
        if len(key.path) != 2 or version < 0:  # noqa: PLR2004  # one pair
            raise BadRequestError(f"{key.path!r} at version {version} is no entity group")
        root = encode_key(key)
        found[root] = (bucket_of(root), version)
    return found
