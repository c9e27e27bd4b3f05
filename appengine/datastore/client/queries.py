"""The plain query: a kind, and a dictionary of filters.

Source: App Engine, `google.appengine.api.datastore`, class `Query`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, Self

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.batches import Batcher
from appengine.datastore.client.conditions import Conditions
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity, key_of, listed
from appengine.datastore.client.filters import (
    FILTER,
    INEQUALITIES,
    parse_filter,
    parse_ordering,
)
from appengine.datastore.client.iterators import ResultsIterator, count, loader_of
from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering
from appengine.datastore.client.orders import CompositeOrder, PropertyOrder
from appengine.datastore.client.predicates import CompositeFilter, FilterPredicate, make_filter
from appengine.datastore.client.query_options import (
    ANCESTOR_FIRST,
    FILTER_FIRST,
    ORDER_FIRST,
    QueryOptions,
    limit_of_count,
)
from appengine.datastore.client.signatures import Query as Signature
from appengine.datastore.client.wire import checked_query, key_to_wire, value_to_wire
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadQueryError,
    BadRequestError,
)
from appengine.datastore.datastore_types import (
    KEY_SPECIAL_PROPERTY,
    Key,
    resolve_application,
    resolve_namespace,
    validate_string,
)
from appengine.datastore.datastore_types.keys import plain

DEFAULT_COUNT_LIMIT = 1000
"""Most results that a count without a limit counts. Source: App Engine, "Queries"."""


class Query(Conditions):
    """A query for entities of a kind; the filters are `query["age >"] = 5`."""

    ORDER_FIRST, ANCESTOR_FIRST, FILTER_FIRST = ORDER_FIRST, ANCESTOR_FIRST, FILTER_FIRST
    ASCENDING, DESCENDING = ASCENDING, DESCENDING
    FILTER_REGEX = FILTER
    INEQUALITY_OPERATORS = INEQUALITIES
    UPPERBOUND_INEQUALITY_OPERATORS = frozenset(("<", "<="))
    OPERATORS = {"<": 1, "<=": 2, ">": 3, ">=": 4, "=": 5, "==": 5}  # noqa: RUF012  # App Engine's

    def __init__(  # App Engine's own positions
        self,
        kind: str | None = None,
        filters: Mapping[str, object] | None = None,
        _app: str | None = None,
        keys_only: bool = False,
        compile: bool = True,  # noqa: A002  # App Engine's own name; nothing is compiled
        cursor: Cursor | None = None,
        namespace: str | None = None,
        end_cursor: Cursor | None = None,
        projection: Sequence[str] | None = None,
        distinct: bool | None = None,
        _namespace: str | None = None,
    ) -> None:
        """Makes a query; without a kind it is for entities of all kinds.

        Raises:
            BadArgumentError: an argument is of the wrong type.
            BadFilterError: a filter is malformed, or filters cannot stand together.
            BadRequestError: `projection` together with `keys_only`.
        """
        super().__init__()
        validate_string(kind, "kind", BadArgumentError, empty_ok=kind is None)
        self._kind = None if kind is None else str(plain(kind))
        self._application = resolve_application(_app)
        self._namespace = resolve_namespace(_namespace if namespace is None else namespace)
        self._options = QueryOptions(
            keys_only=bool(keys_only),
            start_cursor=cursor,
            end_cursor=end_cursor,
            projection=projection,
        )
        if distinct and projection is None:
            raise BadQueryError("cannot specify distinct without a projection")
        self._distinct = bool(distinct)
        self._ancestor: Key | None = None
        self._orderings: tuple[Ordering, ...] = ()
        self._last: ResultsIterator[Entity | Key] | None = None
        self.update(filters or {})

    def order(self, *orderings: str | tuple[str, int]) -> Self:
        """Sorts by properties: names, or tuples of name and `ASCENDING` or `DESCENDING`.

        Raises:
            BadArgumentError: an ordering is malformed, or the first one is not the property that
                has inequality filters.
        """
        chosen = tuple(parse_ordering(ordering) for ordering in orderings)
        inequality = self.inequality()
        if inequality and chosen and chosen[0][0] != inequality:
            raise BadArgumentError(
                "First ordering property must be the same as inequality filter property, if "
                f"specified for this query; received {chosen[0][0]}, expected {inequality}"
            )
        if self._kind is None and any(item != (KEY_SPECIAL_PROPERTY, ASCENDING) for item in chosen):
            raise BadArgumentError(
                f"Only {KEY_SPECIAL_PROPERTY} ascending orders are supported on kindless queries"
            )
        self._orderings = chosen
        return self

    def ancestor(self, ancestor: Entity | Key | str) -> Self:
        """Limits the results to an entity and its descendants.

        Raises:
            BadArgumentError: it is no entity or key, or of another application or namespace.
            BadKeyError: its key is incomplete.
        """
        key = key_of(ancestor)
        if key.app() != self._application:
            raise BadArgumentError(
                f"ancestor argument should match app ({self._application!r} != {key.app()!r})"
            )
        if key.namespace() != self._namespace:
            raise BadArgumentError(
                "ancestor argument should match namespace "
                f"({self._namespace!r} != {key.namespace()!r})"
            )
        self._ancestor = key
        return self

    def hint(self, hint: int) -> Self:
        """Takes a hint to the planner, which needs none."""
        self._options = msgspec.structs.replace(self._options, hint=hint)
        return self

    def is_keys_only(self) -> bool:
        """Returns whether the results are keys."""
        return bool(self._options.keys_only)

    def orderings(self) -> tuple[Ordering, ...]:
        """Returns the sort orders: names and directions."""
        return self._orderings

    def options(self) -> QueryOptions:
        """Returns the options that each run begins with."""
        return self._options

    def is_distinct(self) -> bool:
        """Returns whether equal results of the projection come once."""
        return self._distinct

    def sort_order(self) -> CompositeOrder | None:
        """Returns the sort orders as an object; None: there are none."""
        orders = [PropertyOrder(name, direction) for name, direction in self._orderings]
        return CompositeOrder(orders) if orders else None

    def filter_predicate(self) -> FilterPredicate | None:
        """Returns the filters as an object; None: there are none."""
        filters = [
            make_filter(name, operator, value)
            for condition, value in self.items()
            for name, operator in (parse_filter(condition),)
        ]
        return CompositeFilter(CompositeFilter.AND, filters) if filters else None

    def signature(self) -> Signature:
        """Returns the query, as it is now, as an object that cannot be changed."""
        return Signature(
            app=self._application,
            namespace=self._namespace,
            kind=self._kind,
            ancestor=self._ancestor,
            filter_predicate=self.filter_predicate(),
            order=self.sort_order(),
            group_by=self._options.projection if self._distinct else None,
        )

    def batches(self, config: Configuration | None = None) -> Batcher:
        """Runs the query, and returns its results batch by batch.

        Raises:
            BadArgumentError: `config` has another projection, and the query is distinct.
        """
        options = QueryOptions.of({"config": self._options.merge(config)})
        if self._distinct and options.projection != self._options.projection:
            raise BadArgumentError("cannot override projection when distinct is set")
        return self.signature().run(None, options)

    def parts(self) -> "tuple[Query, ...]":
        """Returns the queries that this one consists of: itself, where there are not several."""
        return (self,)

    def kind(self) -> str | None:
        """Returns the kind; None for all kinds."""
        return self._kind

    def run(self, **options: object) -> Iterator[Entity | Key]:
        """Returns an iterator over the results; `options` are those of `QueryOptions`.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
            BadRequestError: in a transaction, a query without an ancestor.
        """
        self._last = self.iterate(self._merged(options))
        return self._last

    def iterate(self, options: QueryOptions) -> "ResultsIterator[Entity | Key]":
        """Returns an iterator over the results with just these options."""
        return ResultsIterator(self.to_wire(options), options, loader_of(options))

    def fetch(self, limit: int | None, offset: int = 0, **options: object) -> list[Entity | Key]:
        """Returns up to `limit` results after `offset`; None is all."""
        return list(self.run(limit=limit, offset=offset, **options))

    def count(self, limit: int | None = DEFAULT_COUNT_LIMIT, **options: object) -> int:
        """Returns the number of results, at most `limit`; None is no limit."""
        merged = self._merged({"limit": limit_of_count(limit), **options})
        found = count(self.to_wire(merged), merged)
        behind = (merged.offset or 0) + found
        self._last = self.iterate(msgspec.structs.replace(merged, offset=behind, limit=0))
        return found

    def cursor(self) -> Cursor:
        """Returns the place after the last result that was returned, or counted.

        Raises:
            AssertionError: the query has not run.
        """
        if self._last is None:
            raise AssertionError(
                "No cursor available, either this query has not been executed or there is no "
                "compilation available for this kind of query"
            )
        return self._last.cursor()

    def index_list(self) -> list[str]:
        """Returns the stanzas of the composite indexes that served the last run.

        Raises:
            AssertionError: the query has not run.
        """
        if self._last is None:
            raise AssertionError("No index list because query has not been run.")
        return self._last.index_list()

    def compiled_query(self) -> NoReturn:
        """Refuses, as App Engine does since queries are no longer compiled.

        Raises:
            AssertionError: always.
        """
        raise AssertionError("No compiled query available: queries are not compiled.")

    def to_wire(self, options: QueryOptions) -> wire.Query:
        """Returns the query's message.

        Raises:
            BadRequestError: there are too many filters and orders, or a name is too long.
        """
        projection = tuple(options.projection or ())
        filters = tuple(self._filters_to_wire())
        return checked_query(
            wire.Query(
                namespace=self._namespace,
                kind=self._kind or "",
                ancestor=None if self._ancestor is None else key_to_wire(self._ancestor),
                filters=filters,
                orders=tuple(wire.Order(name, way == DESCENDING) for name, way in self._orderings),
                projection=projection,
                distinct=projection if self._distinct else (),
                keys_only=bool(options.keys_only),
            )
        )

    def __reduce__(self) -> tuple[object, ...]:
        state = vars(self) | {"_last": None}  # the place of a run is not kept
        return _remake, (type(self), dict(self), state)

    def _merged(self, options: Mapping[str, object]) -> QueryOptions:
        further = dict(options)
        config = further.pop("config", None) or further.pop("rpc", None)
        return QueryOptions.of({"config": self._options.merge(config), **further})

    def _filters_to_wire(self) -> Iterator[wire.Filter]:
        for condition, value in self.items():
            name, operator = parse_filter(condition)
            for item in listed(value):
                if name == KEY_SPECIAL_PROPERTY and isinstance(item, Key):
                    self._check_key(item)
                yield wire.Filter(name, wire.Operator(operator), value_to_wire(item))

    def _check_key(self, key: Key) -> None:
        for name, found, wanted in (
            ("app", key.app(), self._application),
            ("namespace", key.namespace(), self._namespace),
        ):
            if found != wanted:
                raise BadRequestError(
                    f"__key__ filter {name} is {found} but query {name} is {wanted}"
                )

    Order = order
    Ancestor = ancestor
    Hint = hint
    IsKeysOnly = is_keys_only
    GetDistinct = is_distinct
    GetQueryOptions = options
    GetOrder = sort_order
    GetFilterPredicate = filter_predicate
    GetQuery = signature
    GetBatcher = batches
    Run = run
    Get = fetch
    Count = count
    GetCursor = cursor
    GetCompiledCursor = cursor
    GetIndexList = index_list
    GetCompiledQuery = compiled_query


def _remake(kind: type[Query], filters: dict[str, object], state: dict[str, object]) -> Query:
    """Returns a query as another one was: copied, or pickled."""
    query = kind.__new__(kind)
    vars(query).update(state)
    dict.update(query, filters)
    return query
