"""The results of a query batch by batch, each with the places around its results.

Source: App Engine, `google.appengine.datastore.datastore_query`, classes `Batch` and `Batcher`.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import Operation, datastore, start
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.cursors import Advancing, Cursor
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.iterators import loader_of, run_fitting, touch
from appengine.datastore.client.query_options import FetchOptions, QueryOptions
from appengine.datastore.client.transaction import Transaction, current_transaction
from appengine.datastore.datastore_errors import BadArgumentError
from appengine.datastore.datastore_types import Key, resolve_application, validate_integer
from appengine.rpc.errors import ResponseTooLargeError


class Batch:
    """What one call returned of a query's results.

    Attributes:
        query: the query.
        query_options: those with which it runs.
        results: plain entities, or keys.
        skipped_results: how many an offset skipped before them.
        start_cursor: the place before what was skipped.
        end_cursor: the place behind the last result.
        more_results: whether there are further ones.
        index_list: the stanzas of the composite indexes that serve the query.
    """

    def __init__(
        self,
        query: Advancing,
        options: QueryOptions,
        request: wire.RunRequest,
        response: wire.RunResponse,
        transaction: Transaction | None,
    ) -> None:
        """Takes what a call returned; `Query.run` and `run_async` make batches."""
        self.query = query
        self.query_options = options
        load = loader_of(options)
        application = resolve_application(None)
        self.results: list[Entity | Key] = [load(application, data) for data in response.results]
        self.skipped_results = response.skipped
        self.start_cursor = Cursor(_cursor_bytes=request.start)
        self.end_cursor = Cursor(_cursor_bytes=response.cursor)
        self.more_results = response.more
        self.index_list = [response.index] if response.index else []
        self._cursors = [Cursor(_cursor_bytes=place) for place in response.cursors]
        self._request = request
        self._transaction = transaction
        self._is_followed = not response.more

    @classmethod
    def begin(
        cls, query: Advancing, options: QueryOptions, request: wire.RunRequest
    ) -> "Operation[Batch]":
        """Starts the call of a query's first batch."""
        transaction = current_transaction()
        if transaction is not None:
            touch(transaction, request.query)
        request = msgspec.structs.replace(request, wants_cursors=True)
        return cls._start(query, options, request, transaction)

    @classmethod
    def _start(
        cls,
        query: Advancing,
        options: QueryOptions,
        request: wire.RunRequest,
        transaction: Transaction | None,
    ) -> "Operation[Batch]":
        sent, deadline = request, options.deadline_seconds
        if transaction is not None:
            transaction.touch(())
            sent = msgspec.structs.replace(request, versions=transaction.snapshot())
        wait = start(datastore.run, sent, deadline)

        def finish() -> Batch:
            try:
                if transaction is None:
                    response = wait()
                else:
                    with transaction.noticing_conflicts():
                        response = wait()
                        transaction.learn(response.versions)
            except ResponseTooLargeError:
                response, _size = run_fitting(request, transaction, deadline)
            return cls(query, options, request, response, transaction)

        return Operation(finish)

    @property
    def keys_only(self) -> bool:
        """Whether the results are keys."""
        return bool(self.query_options.keys_only)

    def cursor(self, index: int) -> Cursor:
        """Returns the place before the result of an index; before 0 are those that were skipped.

        Raises:
            BadArgumentError: the index is not from -skipped_results to the number of results.
        """
        if not isinstance(index, int):
            raise BadArgumentError(f"index argument should be an integer ({index!r})")
        if not -self.skipped_results <= index <= len(self.results):
            raise BadArgumentError(
                "index argument must be in the inclusive range "
                f"[{-self.skipped_results}, {len(self.results)}]"
            )
        if index == len(self.results):
            return self.end_cursor
        if index > 0:
            return self._cursors[index - 1]
        return self.query.advance(self.start_cursor, index + self.skipped_results)

    def next_batch(self, fetch_options: Configuration | None = None) -> "Batch | None":
        """Returns the batch behind this one; None where there is none, and the second time."""
        following = self.next_batch_async(fetch_options)
        return None if following is None else following.get_result()

    def next_batch_async(
        self, fetch_options: Configuration | None = None
    ) -> "Operation[Batch] | None":
        """Starts `next_batch`.

        Args:
            fetch_options: `offset` and `batch_size` of this batch; else those that are left.
        """
        if self._is_followed:
            return None
        given = FetchOptions.of({"config": fetch_options})
        self._is_followed = True
        limit = self._request.limit
        left = self._request.offset - self.skipped_results
        request = msgspec.structs.replace(
            self._request,
            start=self.end_cursor.to_bytes(),
            offset=left if given.offset is None else given.offset,
            limit=None if limit is None else limit - len(self.results),
            batch_size=min(given.batch_size or self._request.batch_size, wire.MAX_RESULTS),
        )
        return self._start(self.query, self.query_options, request, self._transaction)

    def extend(self, following: "Batch") -> None:
        """Takes the batch behind this one into this one."""
        self.skipped_results += following.skipped_results
        self.results += following.results
        self.end_cursor = following.end_cursor
        self.more_results = following.more_results
        self.index_list = following.index_list or self.index_list
        self._cursors += following._cursors
        self._request = following._request
        self._is_followed = following._is_followed


class Batcher:
    """The batches of one run of a query, one after the other."""

    ASYNC_ONLY: Final = None
    AT_LEAST_OFFSET: Final = 0
    AT_LEAST_ONE: Final = object()

    def __init__(self, query_options: QueryOptions, first_async_batch: Operation[Batch]) -> None:
        """Takes what `Query.run_async` returned, and its options."""
        self._following: Operation[Batch] | None = first_async_batch
        self._left = query_options.offset or 0

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        return self.next_batch(self.AT_LEAST_ONE)

    def next(self) -> Batch:
        """Returns the next batch, with at least one result if there are any.

        Raises:
            StopIteration: there is none.
        """
        return next(self)

    def next_batch(self, min_batch_size: object) -> Batch:
        """Returns the next batch, which has at least so many results if there are.

        Args:
            min_batch_size: a number; `AT_LEAST_OFFSET`: what the offset skips; `AT_LEAST_ONE`;
                `ASYNC_ONLY`: what the next call returns.

        Raises:
            StopIteration: there is none.
            BadArgumentError: it is none of these.
        """
        wanted = self._wanted(min_batch_size)
        if self._following is None:
            raise StopIteration
        batch = self._following.get_result()
        self._left -= batch.skipped_results
        while wanted is not None and (self._left > 0 or len(batch.results) < wanted):
            following = batch.next_batch()
            if following is None:
                break
            self._left -= following.skipped_results
            batch.extend(following)
        self._following = batch.next_batch_async()
        return batch

    def _wanted(self, size: object) -> int | None:
        if size is self.ASYNC_ONLY:
            return None
        if size is self.AT_LEAST_ONE:
            return 1
        validate_integer(size, "min_batch_size", BadArgumentError, zero_ok=True)
        return size if isinstance(size, int) else 0


class BatchIterator:
    """The results of batches one by one; `datastore_query.ResultsIterator` of old."""

    def __init__(self, batcher: Batcher) -> None:
        """Takes what `Query.run` returned.

        Raises:
            BadArgumentError: it is something else.
        """
        if not isinstance(batcher, Batcher):
            raise BadArgumentError(
                f"batcher argument should be datastore_query.Batcher ({batcher!r})"
            )
        self._batcher = batcher
        self._batch: Batch | None = None
        self._at = 0

    def __iter__(self) -> Iterator[Entity | Key]:
        return self

    def __next__(self) -> Entity | Key:
        while self._batch is None or self._at == len(self._batch.results):
            self._batch = self._batcher.next_batch(Batcher.AT_LEAST_OFFSET)
            self._at = 0
        self._at += 1
        return self._batch.results[self._at - 1]

    def next(self) -> Entity | Key:
        """Returns the next result.

        Raises:
            StopIteration: there is none.
        """
        return next(self)

    def cursor(self) -> Cursor:
        """Returns the place after the last result that was returned, or skipped by an offset."""
        return self._current().cursor(self._at)

    def index_list(self) -> list[str]:
        """Returns the stanzas of the composite indexes that serve the query."""
        return self._current().index_list

    def _current(self) -> Batch:
        if self._batch is None:
            self._batch = self._batcher.next_batch(Batcher.AT_LEAST_OFFSET)
        return self._batch
