"""Several queries as one: what `IN` and `!=` become, merged in order and without repetition.

Source: App Engine, `google.appengine.api.datastore`, class `MultiQuery`.
"""

import heapq
from collections.abc import Iterator, Sequence
from typing import NoReturn

import msgspec

from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.merging import SortOrderEntity
from appengine.datastore.client.ordering import ASCENDING, Ordering, sort_key
from appengine.datastore.client.queries import DEFAULT_COUNT_LIMIT, Query
from appengine.datastore.client.query_options import QueryOptions, limit_of_count
from appengine.datastore.datastore_errors import BadArgumentError, BadRequestError
from appengine.datastore.datastore_types import Key

MAX_ALLOWABLE_QUERIES = 30
"""Queries that `IN` and `!=` may become. Source: App Engine, "Datastore Queries"."""


Results = Iterator[Entity | Key]
"""What a query gives."""


class MultiQuery(Query):
    """The union of queries that differ in their filters only."""

    def __init__(
        self, bound_queries: Sequence[Query], orderings: Sequence[str | tuple[str, int]]
    ) -> None:
        """Joins queries, each of which has the sort orders `orderings`.

        Raises:
            BadArgumentError: there are more than 30.
        """
        if len(bound_queries) > MAX_ALLOWABLE_QUERIES:
            raise BadArgumentError(
                f"Cannot satisfy query -- too many subqueries (max: {MAX_ALLOWABLE_QUERIES}, got "
                f"{len(bound_queries)}). Probable cause: too many IN/!= filters in query."
            )
        first = bound_queries[0] if bound_queries else Query()
        super().__init__(first.kind())
        self._options = first.options()
        if any(query.options() != self._options for query in bound_queries):
            raise BadArgumentError("the queries of a MultiQuery have the same options")
        self._queries = tuple(bound_queries)
        self._merge_orderings = tuple(
            (item, ASCENDING) if isinstance(item, str) else (item[0], item[-1])
            for item in orderings
        )
        self._distinct = first.is_distinct()

    def parts(self) -> tuple[Query, ...]:
        """Returns the queries."""
        return self._queries

    def run(self, **options: object) -> Iterator[Entity | Key]:
        """Returns an iterator over the results of all queries; each entity comes once.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
            BadRequestError: a cursor is given: a MultiQuery has no single place.
        """
        merged = self._merged(options)
        if merged.start_cursor is not None or merged.end_cursor is not None:
            raise BadRequestError("a query with IN or != takes no cursor")
        start = merged.offset or 0
        stop = None if merged.limit is None else start + merged.limit
        wanted = self._part_options(merged, stop)
        streams = [(query, query.iterate(wanted)) for query in self._queries]
        return _between(self._merge(streams), start, stop)

    def count(self, limit: int | None = DEFAULT_COUNT_LIMIT, **options: object) -> int:
        """Returns the number of different results, at most `limit`; None is no limit."""
        return sum(1 for _ in self.run(limit=limit_of_count(limit), **options))

    def cursor(self) -> Cursor:
        """Refuses: several queries have no single place.

        Raises:
            AssertionError: always.
        """
        self._refuse()

    def index_list(self) -> list[str]:
        """Refuses, as `cursor` does.

        Raises:
            AssertionError: always.
        """
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise AssertionError(
            'No cursor available for a MultiQuery (queries using "IN" or "!=" operators)'
        )

    def _part_options(self, merged: QueryOptions, stop: int | None) -> QueryOptions:
        """Returns the options of each query: what merging must see is not left out."""
        projection = merged.projection
        if projection is not None:
            names = [name for name, _ in self._merge_orderings]
            projection = list(dict.fromkeys([*projection, *names]))
            if self._distinct and len(projection) > len(merged.projection or ()):
                raise BadArgumentError("cannot override projection when distinct is set")
        needs_values = any(name != "__key__" for name, _ in self._merge_orderings)
        return msgspec.structs.replace(
            merged,
            offset=None,
            limit=stop,
            projection=projection,
            keys_only=False if needs_values else merged.keys_only,
        )

    def _merge(self, parts: Sequence[tuple[Query, Results]]) -> Iterator[Entity | Key]:
        streams = [self._ordered(query, results) for query, results in parts]
        seen: set[object] = set()
        for _, result in heapq.merge(*streams, key=lambda pair: pair[0]):
            identity = _identity(result)
            if identity not in seen:
                seen.add(identity)
                yield self._reduce(result)

    def _reduce(self, result: Entity | Key) -> Entity | Key:
        """Returns a result without what merging alone had to see."""
        if isinstance(result, Entity):
            if self.is_keys_only():
                return result.key()
            if result.is_projection():
                for name in result.keys() - set(self._options.projection or result):
                    del result[name]
        return result

    def _ordered(
        self, query: Query, results: Results
    ) -> Iterator[tuple[tuple[object, ...], Entity | Key]]:
        for result in results:
            if isinstance(result, Key):
                place = _key_place(result, self._merge_orderings)
            else:
                place = sort_key(result, self._merge_orderings, query.accepts)
            yield place, result

    SortOrderEntity = SortOrderEntity
    GetCursor = cursor
    GetCompiledCursor = cursor
    GetIndexList = index_list
    Run = run
    Count = count


def _between(found: Iterator[Entity | Key], start: int, stop: int | None) -> Results:
    """Yields results from `start` to `stop`; the queries begin even where none is wanted.

    What the service refuses is an error then, too, as it is for one query.
    """
    for number, result in enumerate(found):
        if stop == 0:
            return
        if number >= start:
            yield result
        if number + 1 == stop:
            return


def _identity(result: Entity | Key) -> object:
    if isinstance(result, Key):
        return result
    if result.is_projection():  # one entity may have several rows
        return result.key(), repr(sorted(result.items()))
    return result.key()


def _key_place(key: Key, orderings: Sequence[Ordering]) -> tuple[object, ...]:
    return sort_key(Entity._load(key, {}), orderings, lambda name, value: True)
