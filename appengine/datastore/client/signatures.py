"""A query as an unchangeable object: where it looks, its filter, its order; it runs in batches.

Source: App Engine, `google.appengine.datastore.datastore_query`, class `Query`.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from appengine.datastore import service as wire
from appengine.datastore.client.batches import Batch, Batcher
from appengine.datastore.client.calls import Operation
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity, key_of
from appengine.datastore.client.iterators import first_request
from appengine.datastore.client.ordering import DESCENDING
from appengine.datastore.client.orders import CompositeOrder, Order
from appengine.datastore.client.predicates import FilterPredicate, ranks_of
from appengine.datastore.client.query_options import QueryOptions
from appengine.datastore.client.wire import checked_query, key_to_wire, value_to_wire
from appengine.datastore.datastore_errors import BadArgumentError, BadRequestError
from appengine.datastore.datastore_types import (
    Key,
    resolve_application,
    resolve_namespace,
    validate_integer,
    validate_string,
)

Item = TypeVar("Item")


class Query:
    """What a query asks for, without how it runs: the same one can run many times."""

    def __init__(
        self,
        *,
        app: str | None = None,
        namespace: str | None = None,
        kind: str | None = None,
        ancestor: Key | Entity | None = None,
        filter_predicate: FilterPredicate | None = None,
        group_by: Sequence[str] | None = None,
        order: Order | None = None,
    ) -> None:
        """Makes a query.

        Args:
            app: the application's own id, or None.
            namespace: None is the one that is set.
            kind: None is all kinds.
            ancestor: whose descendants, and itself, are looked at.
            filter_predicate: what the results satisfy.
            group_by: properties of which each set of values is one result.
            order: how the results are sorted.

        Raises:
            BadArgumentError: an argument is of the wrong type, or the ancestor of another
                application or namespace.
        """
        if filter_predicate is not None and not isinstance(filter_predicate, FilterPredicate):
            raise BadArgumentError(
                f"filter_predicate should be datastore_query.FilterPredicate ({filter_predicate!r})"
            )
        if order is not None and not isinstance(order, Order):
            raise BadArgumentError(f"order should be Order ({order!r})")
        validate_string(kind, "kind", BadArgumentError, empty_ok=kind is None)
        self.app = resolve_application(app)
        self.namespace = resolve_namespace(namespace)
        self.kind = kind
        self.ancestor = None if ancestor is None else self._own(ancestor)
        self.filter_predicate = filter_predicate
        self.order = CompositeOrder([order]) if order is not None and order.names() else None
        self.group_by = None if group_by is None else _names(group_by)

    def run(self, conn: object = None, query_options: Configuration | None = None) -> Batcher:
        """Returns the batches of results; `conn` is not needed: a request has one connection.

        Raises:
            BadRequestError: projection and grouping do not fit; in a transaction, no ancestor.
        """
        options = _options(query_options)
        return Batcher(options, self.run_async(conn, options))

    def run_async(
        self, conn: object = None, query_options: Configuration | None = None
    ) -> Operation[Batch]:
        """Starts `run`, and returns the operation whose result is the first batch."""
        options = _options(query_options)
        return Batch.begin(self, options, first_request(self.to_wire(options), options))

    def advance(self, cursor: Cursor, offset: int) -> Cursor:
        """Returns the place that is so many results behind another.

        Raises:
            BadArgumentError: the offset is no positive number.
        """
        validate_integer(offset, "offset", BadArgumentError, zero_ok=True)
        options = QueryOptions(start_cursor=cursor, offset=offset, limit=0)
        return self.run(None, options).next_batch(Batcher.AT_LEAST_OFFSET).end_cursor

    def holds(self, key: Key) -> bool:
        """Returns whether it looks at the entity of a key, whatever its properties are."""
        return (
            (key.app(), key.namespace()) == (self.app, self.namespace)
            and self.kind in (None, key.kind())
            and (self.ancestor is None or _is_below(key, self.ancestor))
        )

    def to_wire(self, options: QueryOptions) -> wire.Query:
        """Returns the query's message.

        Raises:
            BadArgumentError: the filter can only judge entities in memory.
            BadRequestError: projection and grouping do not fit, or there is too much of it.
        """
        projection, distinct = tuple(options.projection or ()), self.group_by or ()
        if distinct and (not projection or set(projection) - set(distinct)):
            raise BadRequestError(
                f"a query that is grouped by {distinct} projects these; it projects {projection}"
            )
        conditions = self.filter_predicate.conditions() if self.filter_predicate else ()
        orderings = self.order.orderings() if self.order else ()
        return checked_query(
            wire.Query(
                namespace=self.namespace,
                kind=self.kind or "",
                ancestor=None if self.ancestor is None else key_to_wire(self.ancestor),
                filters=tuple(
                    wire.Filter(name, wire.Operator(operator), value_to_wire(value))
                    for name, operator, value in conditions
                ),
                orders=tuple(wire.Order(name, way == DESCENDING) for name, way in orderings),
                projection=projection,
                distinct=distinct,
                keys_only=bool(options.keys_only),
            )
        )

    def _own(self, ancestor: object) -> Key:
        if not isinstance(ancestor, Key | Entity):
            raise BadArgumentError(f"ancestor argument should be Key or Entity ({ancestor!r})")
        key = key_of(ancestor)
        for name, found, wanted in (
            ("app", key.app(), self.app),
            ("namespace", key.namespace(), self.namespace),
        ):
            if found != wanted:
                raise BadArgumentError(
                    f"ancestor argument should match {name} ({found!r} != {wanted!r})"
                )
        return key

    def _parts(self) -> tuple[object, ...]:
        return (
            self.app,
            self.namespace,
            self.kind,
            self.ancestor,
            self.filter_predicate,
            self.order,
            self.group_by,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        given = {
            "app": self.app,
            "namespace": self.namespace or None,
            "kind": self.kind,
            "ancestor": self.ancestor,
            "filter_predicate": self.filter_predicate,
            "order": self.order,
            "group_by": self.group_by,
        }
        parts = (f"{name}={value!r}" for name, value in given.items() if value is not None)
        return f"Query({', '.join(parts)})"


def apply_query(
    query: Query, entities: list[Item], _key: Callable[[Item], Entity] | None = None
) -> list[Item]:
    """Returns those of some results that a query finds, in its order; without one, in theirs.

    Also what the datastore cannot do: inequalities on several properties, `CorrelationFilter`.

    Args:
        query: what is asked for.
        entities: plain entities, or whatever `_key` makes them of.
        _key: returns the plain entity of a result.

    Raises:
        BadArgumentError: an argument is of the wrong type.
    """
    if not isinstance(query, Query):
        raise BadArgumentError(f"query argument must be a datastore_query.Query ({query!r})")
    if not isinstance(entities, list):
        raise BadArgumentError(f"entities argument must be a list ({entities!r})")
    pairs = [(item, cast(Entity, item) if _key is None else _key(item)) for item in entities]
    pairs = [(item, entity) for item, entity in pairs if query.holds(entity.key())]
    predicate, order = query.filter_predicate, query.order
    if order is None:
        return [item for item, entity in pairs if predicate is None or predicate(entity)]
    names = order.names() | (set() if predicate is None else predicate.names())
    placed = []
    for item, entity in pairs:
        ranks = ranks_of(entity, names)
        if all(ranks.values()) and (predicate is None or predicate.prune(ranks)):
            placed.append((order.place(ranks), item))
    return [item for _place, item in sorted(placed, key=lambda pair: pair[0])]


def _options(options: Configuration | None) -> QueryOptions:
    return options if isinstance(options, QueryOptions) else QueryOptions.of({"config": options})


def _names(group_by: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(group_by, list | tuple):
        raise BadArgumentError(f"group_by argument should be a list or tuple ({group_by!r})")
    if not group_by:
        raise BadArgumentError("group_by argument cannot be empty")
    for name in group_by:
        if not isinstance(name, str):
            raise BadArgumentError(f"group_by argument should contain only strings ({name!r})")
    return tuple(group_by)


def _is_below(key: Key, ancestor: Key) -> bool:
    path = ancestor.to_path()
    return key.to_path()[: len(path)] == path
