"""The iterator over one query's results, which it fetches in batches.

Source: App Engine, `google.appengine.api.datastore`, class `Iterator`.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import call, datastore
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.query_options import QueryOptions
from appengine.datastore.client.transaction import Transaction, current_transaction
from appengine.datastore.client.wire import entity_from_wire, key_from_wire
from appengine.datastore.datastore_errors import BadRequestError
from appengine.datastore.datastore_types import Key, resolve_application
from appengine.rpc.errors import ResponseTooLargeError

Result = TypeVar("Result")

FIRST_BATCH = 20
"""Results of the first batch, where nothing else is said."""

GROWTH = 3
"""How many times larger each further batch is, up to the largest that the service gives."""


class ResultsIterator(Generic[Result]):
    """Yields a query's results; `cursor` tells the place after the one yielded last."""

    def __init__(
        self,
        query: wire.Query,
        options: QueryOptions,
        load: Callable[[str, msgspec.Raw], Result],
    ) -> None:
        transaction = current_transaction()
        if transaction is not None:
            touch(transaction, query)
        self._request = first_request(query, options)
        self._deadline_seconds = options.deadline_seconds
        self._load = load
        self._transaction = transaction
        self._application = resolve_application(None)
        self._grows = options.batch_size is None
        self._batch: wire.RunResponse | None = None
        self._start = self._request
        self._at = 0
        self._stanza = ""

    def __iter__(self) -> Iterator[Result]:
        return self

    def __next__(self) -> Result:
        while self._batch is None or self._at == len(self._batch.results):
            if self._batch is not None and not self._batch.more:
                raise StopIteration
            self._fetch()
        data = self._batch.results[self._at]
        self._at += 1
        return self._load(self._application, data)

    def next(self) -> Result:
        """Returns the next result.

        Raises:
            StopIteration: there is none.
        """
        return next(self)

    def cursor(self) -> Cursor:
        """Returns the place after the last result that was returned, or skipped by an offset."""
        if self._batch is not None:
            if self._at == len(self._batch.results):
                return Cursor(_cursor_bytes=self._batch.cursor)
            if self._batch.cursors and self._at:
                return Cursor(_cursor_bytes=self._batch.cursors[self._at - 1])
        if not self._start.offset and not self._at:
            return Cursor(_cursor_bytes=self._start.start)
        return Cursor(_cursor_bytes=self._place_within())

    def index_list(self) -> list[str]:
        """Returns the stanzas of the composite indexes that serve the query."""
        if self._batch is None:
            self._fetch()
        return [self._stanza] if self._stanza else []

    def GetCompiledCursor(self, _query: object = None) -> Cursor:  # noqa: N802  # App Engine's own
        """Returns the place after the last result that was returned; the query is known."""
        return self.cursor()

    GetIndexList = index_list

    def _fetch(self) -> None:
        self._start = self._request
        self._batch, size = run_fitting(self._request, self._transaction, self._deadline_seconds)
        self._at = 0
        self._stanza = self._batch.index or self._stanza
        limit = self._request.limit
        grows = self._grows and size == self._request.batch_size  # it was not too large
        self._request = msgspec.structs.replace(
            self._request,
            start=self._batch.cursor,
            offset=self._request.offset - self._batch.skipped,
            limit=None if limit is None else limit - len(self._batch.results),
            batch_size=min(size * GROWTH, wire.MAX_RESULTS) if grows else size,
        )
        self._grows = grows

    def _place_within(self) -> bytes:
        """Returns the place in the middle of a batch: the results before it are skipped again."""
        request = msgspec.structs.replace(
            self._start, offset=self._start.offset + self._at, limit=0, batch_size=0
        )
        while True:
            batch = run(request, self._transaction, self._deadline_seconds)
            offset = request.offset - batch.skipped
            if not offset or not batch.skipped:
                return batch.cursor
            request = msgspec.structs.replace(request, start=batch.cursor, offset=offset)


def loader_of(options: QueryOptions) -> Callable[[str, msgspec.Raw], Entity | Key]:
    """Returns what makes a query's results of what the service returns."""
    if options.keys_only:
        return _load_key
    return _load_projection if options.projection else entity_from_wire


def _load_key(application: str, data: msgspec.Raw) -> Entity | Key:
    return key_from_wire(application, wire.entity_decoder.decode(data).key)


def _load_projection(application: str, data: msgspec.Raw) -> Entity | Key:
    entity = entity_from_wire(application, data)
    entity._is_projection = True
    return entity


def first_request(query: wire.Query, options: QueryOptions) -> wire.RunRequest:
    """Returns the request of a query's first batch."""
    size = options.prefetch_size or options.batch_size
    limit = 0 if _stands_first(options.end_cursor) else options.limit
    if size is None:
        size = FIRST_BATCH if limit is None else max(limit, 1)
    return wire.RunRequest(
        query=query,
        start=b"" if options.start_cursor is None else options.start_cursor.to_bytes(),
        end=b"" if options.end_cursor is None else options.end_cursor.to_bytes(),
        offset=options.offset or 0,
        limit=limit,
        batch_size=min(size, wire.MAX_RESULTS),
        eventual=options.is_eventual,
        wants_cursors=bool(options.produce_cursors),
    )


def _stands_first(cursor: Cursor | None) -> bool:
    """Whether a cursor stands before all results; the service's own empty one is none at all."""
    return cursor is not None and not cursor.to_bytes()


def run_fitting(
    request: wire.RunRequest, transaction: Transaction | None, deadline_seconds: float | None
) -> tuple[wire.RunResponse, int]:
    """Returns a batch that an answer can hold, and its size: halved where it was too large."""
    size = request.batch_size
    while True:
        fitting = msgspec.structs.replace(request, batch_size=size)
        try:
            return run(fitting, transaction, deadline_seconds), size
        except ResponseTooLargeError:
            if size == 1:
                raise
            size //= 2


def run(
    request: wire.RunRequest, transaction: Transaction | None, deadline_seconds: float | None
) -> wire.RunResponse:
    """Returns one batch, as the transaction sees it if there is one."""
    if transaction is None:
        return call(datastore.run, request, deadline_seconds)
    transaction.touch(())
    request = msgspec.structs.replace(request, versions=transaction.snapshot())
    with transaction.noticing_conflicts():
        response = call(datastore.run, request, deadline_seconds)
        transaction.learn(response.versions)
    return response


def count(query: wire.Query, options: QueryOptions) -> int:
    """Returns the number of a query's results."""
    transaction = current_transaction()
    first = first_request(query, options)
    request = wire.CountRequest(
        query=query,
        start=first.start,
        end=first.end,
        offset=first.offset,
        limit=first.limit,
        eventual=first.eventual,
    )
    if transaction is None:
        return call(datastore.count, request, options.deadline_seconds).count
    touch(transaction, query)
    request = msgspec.structs.replace(request, versions=transaction.snapshot())
    with transaction.noticing_conflicts():
        response = call(datastore.count, request, options.deadline_seconds)
        transaction.learn(response.versions)
    return response.count


def touch(transaction: Transaction, query: wire.Query) -> None:
    """Notes that a query's entity group takes part in the transaction.

    Raises:
        BadRequestError: the query has no ancestor.
    """
    if query.ancestor is None:
        raise BadRequestError("Only ancestor queries are allowed inside transactions.")
    transaction.touch([query.ancestor])
