"""Queries for the entities of a model.

Source: App Engine, "Queries and Indexes" (`google.appengine.ext.db`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Generic, Self, TypeVar, cast, overload

from appengine.datastore import gql
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.expansion import Condition, expand
from appengine.datastore.client.filters import parse_filter
from appengine.datastore.client.multiqueries import MultiQuery
from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering
from appengine.datastore.client.queries import DEFAULT_COUNT_LIMIT
from appengine.datastore.client.queries import Query as PlainQuery
from appengine.datastore.client.query_options import QueryOptions
from appengine.datastore.datastore_errors import BadQueryError, BadValueError
from appengine.datastore.datastore_types import KEY_SPECIAL_PROPERTY, Key
from appengine.datastore.db.errors import NotSavedError, PropertyError
from appengine.datastore.db.instances import Instances
from appengine.datastore.db.kinds import class_for_kind
from appengine.datastore.db.properties import UnindexedProperty
from appengine.datastore.db.stored import Stored
from appengine.datastore.db.times import to_datetime

FILTER = re.compile(r"\s*(\S+)\s+(!=|in)\s*\Z", re.IGNORECASE)
"""The filters that become several queries."""

M = TypeVar("M")
"""What the results are. Those of a query for keys only are keys, which no annotation tells."""


class _BaseQuery(Generic[M]):
    """What `Query` and `GqlQuery` have in common: running, fetching, counting."""

    def __init__(self, model_class: type[M] | None) -> None:
        self._model_class = cast(type[Stored] | None, model_class)
        self._cursors: tuple[Cursor | None, Cursor | None] = (None, None)
        self._last: tuple[PlainQuery, QueryOptions] | None = None

    def _bound(self) -> PlainQuery:
        """Returns the plain query."""
        raise BadQueryError("a query is a Query or a GqlQuery")

    def is_keys_only(self) -> bool:
        """Returns whether the results are keys."""
        return self._bound().is_keys_only()

    def projection(self) -> Sequence[str] | None:
        """Returns the properties that the results hold; None for all."""
        return self._bound().options().projection

    def is_distinct(self) -> bool:
        """Returns whether equal results of the projection come once."""
        return self._bound().is_distinct()

    def run(self, **kwargs: object) -> Iterator[M]:
        """Returns an iterator over the results.

        Args:
            kwargs: `limit`, `offset`, `batch_size`, `keys_only`, `projection`, `start_cursor`,
                `end_cursor`, `deadline`, `read_policy` and the others of `QueryOptions`.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
            BadRequestError: in a transaction, a query without an ancestor.
        """
        start, end = self._cursors
        for name, value in (("start_cursor", start), ("end_cursor", end)):
            if value is not None:
                kwargs.setdefault(name, value)
        query = self._bound()
        results = query.run(**kwargs)
        self._last = (query, query.options())
        return Instances(self._load, results)

    def __iter__(self) -> Iterator[M]:
        return self.run()

    def __bool__(self) -> bool:
        return True  # a query is something, whatever it finds

    def get(self, **kwargs: object) -> M | None:
        """Returns the first result, or None."""
        return next(self.run(**kwargs | {"limit": 1}), None)

    def fetch(self, limit: int | None, offset: int = 0, **kwargs: object) -> list[M]:
        """Returns up to `limit` results after `offset`; None is all."""
        return list(self.run(limit=limit, offset=offset, **kwargs))

    def count(self, limit: int | None = DEFAULT_COUNT_LIMIT, **kwargs: object) -> int:
        """Returns the number of results, at most `limit`; None is no limit."""
        start, end = self._cursors
        query = self._bound()
        found = query.count(limit, **{"start_cursor": start, "end_cursor": end} | kwargs)
        self._last = (query, query.options())
        return found

    def cursor(self) -> str:
        """Returns the place after the last result of the last run or count, safe in URLs.

        Raises:
            AssertionError: the query has not run, or has `IN` or `!=`.
        """
        if self._last is None:
            raise AssertionError("No cursor available.")
        return self._last[0].cursor().to_websafe_string()

    def with_cursor(
        self,
        start_cursor: str | Cursor | None = None,
        end_cursor: str | Cursor | None = None,
    ) -> Self:
        """Sets where the next runs begin and stop.

        Raises:
            BadValueError: a text is no cursor's.
        """
        self._cursors = (_to_cursor(start_cursor), _to_cursor(end_cursor))
        return self

    def index_list(self) -> list[str]:
        """Returns the stanzas of the composite indexes that served the last run.

        Raises:
            AssertionError: the query has not run.
        """
        if self._last is None:
            raise AssertionError("No index list because query has not been run.")
        return self._last[0].index_list()

    @overload
    def __getitem__(self, place: int) -> M: ...
    @overload
    def __getitem__(self, place: slice) -> list[M]: ...
    def __getitem__(self, place: int | slice) -> M | list[M]:
        """Returns one result by its place, or those of a slice, of which both ends are known.

        Raises:
            IndexError: there are fewer results.
        """
        if isinstance(place, slice):
            first, last = place.start or 0, place.stop
            if first < 0 or (last is not None and last < 0) or place.step not in (None, 1):
                raise ValueError("Only slices with start>=0, stop>=0, step==1 are supported")
            if last is not None and last <= first:
                return []
            return self.fetch(None if last is None else last - first, first)
        if not isinstance(place, int):
            raise TypeError("Only integer indices and slices are supported")
        if place < 0:
            raise ValueError("Only indices >= 0 are supported")
        found = self.fetch(1, place)
        if not found:
            raise IndexError(f"The query returned fewer than {place + 1} results")
        return found[0]

    def _load(self, found: Entity | Key) -> M:
        if isinstance(found, Key):
            return cast(M, found)
        model = self._model_class
        if model is None:
            model = class_for_kind(found.kind())
        return cast(M, model.from_entity(found))


class Query(_BaseQuery[M]):
    """A query that is built step by step: `Pet.all().filter("age >", 3).order("-age")`."""

    def __init__(  # App Engine's own positions
        self,
        model_class: type[M] | None = None,
        keys_only: bool = False,
        cursor: str | Cursor | None = None,
        namespace: str | None = None,
        _app: str | None = None,
        distinct: bool = False,
        projection: Sequence[str] | None = None,
    ) -> None:
        """Makes a query for the entities of a model, or of any kind."""
        super().__init__(model_class)
        self._keys_only = keys_only
        self._namespace = namespace
        self._application = _app
        self._distinct = distinct
        self._projection = projection or None
        self._conditions: list[Condition] = []
        self._orderings: list[Ordering] = []
        self._ancestor: Key | None = None
        if cursor is not None:
            self.with_cursor(cursor)

    def filter(self, property_operator: str, value: object) -> Self:
        """Adds a filter: the property, white space, and `=`, `<`, `<=`, `>`, `>=`, `!=` or `IN`.

        Raises:
            BadFilterError: it is malformed.
            BadQueryError: a filter on another property than `__key__` without a model.
            BadValueError: `IN` with no list, or another operator with one.
            PropertyError: the property is not indexed.
        """
        name, operator = _parse(property_operator)
        if self._model_class is None and name != KEY_SPECIAL_PROPERTY:
            raise BadQueryError(
                f"Only {KEY_SPECIAL_PROPERTY} filters are allowed on kindless queries."
            )
        self._check_indexed(name)
        if operator in ("IN", "!=") and self._keys_only:
            raise BadQueryError(f"Keys only queries do not support {operator} filters.")
        if operator == "IN":
            if not isinstance(value, list | tuple | set | frozenset):
                raise BadValueError('Argument to the "in" operator must be a list')
            self._conditions.append((name, operator, [_to_stored(item) for item in value]))
        else:
            if isinstance(value, list | tuple):
                raise BadValueError("Filtering on lists is not supported")
            self._conditions.append((name, operator, _to_stored(value)))
        return self

    def order(self, property: str) -> Self:  # noqa: A002  # App Engine's own name
        """Adds a sort order by a property; a `-` before it is descending.

        Raises:
            BadQueryError: an order by another property than `__key__` without a model.
            PropertyError: the model has no such property, or it is not indexed.
        """
        name = property.removeprefix("-")
        direction = DESCENDING if property.startswith("-") else ASCENDING
        if self._model_class is None:
            if (name, direction) != (KEY_SPECIAL_PROPERTY, ASCENDING):
                raise BadQueryError(
                    f"Only {KEY_SPECIAL_PROPERTY} ascending orders are supported on kindless "
                    "queries"
                )
        elif name != KEY_SPECIAL_PROPERTY and not self._knows(name):
            raise PropertyError(f"Invalid property name {name!r}")
        self._check_indexed(name)
        self._orderings.append((name, direction))
        return self

    def ancestor(self, ancestor: Stored | Key) -> Self:
        """Limits the results to an entity and its descendants.

        Raises:
            NotSavedError: it has no key.
            TypeError: it is neither an entity nor a key.
        """
        if not isinstance(ancestor, Stored | Key):
            raise TypeError("ancestor should be Key or Model")
        key = ancestor.key() if isinstance(ancestor, Stored) else ancestor
        if not key.has_id_or_name():
            raise NotSavedError(f"an ancestor has a complete key; received {key!r}")
        self._ancestor = key
        return self

    def _bound(self) -> PlainQuery:
        queries = [self._plain(filters) for filters in expand(self._conditions)]
        if len(queries) == 1:  # also `IN` with one value: it has a cursor then
            return queries[0]
        return MultiQuery(queries, self._orderings)

    def _plain(self, filters: dict[str, object]) -> PlainQuery:
        kind = None if self._model_class is None else self._model_class.kind()
        query = PlainQuery(
            kind,
            filters,
            _app=self._application,
            keys_only=self._keys_only,
            namespace=self._namespace,
            projection=self._projection,
            distinct=self._distinct,
        )
        if self._ancestor is not None:
            query.ancestor(self._ancestor)
        return query.order(*self._orderings)

    def _knows(self, name: str) -> bool:
        model = cast(type[Stored], self._model_class)
        if hasattr(model, "_dynamic"):  # an expando: its instances have what they like
            return True
        return any(item.name == name for item in model._properties.values())

    def _check_indexed(self, name: str) -> None:
        model = self._model_class
        if model is None:
            return
        for item in model._properties.values():
            if item.name == name and not item.indexed and not isinstance(item, UnindexedProperty):
                raise PropertyError(f"Property {name!r} is not indexed")


class GqlQuery(_BaseQuery[M]):
    """A query in GQL: `GqlQuery("SELECT * FROM Pet WHERE age > :1", 3)`."""

    def __init__(self, query_string: str, *args: object, **kwds: object) -> None:
        """Parses the statement, and binds its parameters.

        Raises:
            BadQueryError: it is no GQL; the message names the symbol.
            KindError: no model has the kind.
        """
        namespace = kwds.pop("namespace", None)
        application = kwds.pop("_app", None)
        self._statement = gql.GQL(
            query_string,
            _app=cast(str | None, application),
            namespace=cast(str | None, namespace),
        )
        kind = self._statement.kind()
        super().__init__(None if kind is None else cast(type[M], class_for_kind(kind)))
        self._equalities: dict[str, object] = {}
        self._args: tuple[object, ...] = ()
        self._keyword_args: dict[str, object] = {}
        self.bind(*args, **kwds)

    def bind(self, *args: object, **kwds: object) -> None:
        """Sets the values of the parameters: by position from `:1` on, and by name."""
        self._args = tuple(_to_parameter(value) for value in args)
        self._keyword_args = {name: _to_parameter(value) for name, value in kwds.items()}

    def add_equality(self, name: str, value: object) -> None:
        """Adds a filter that the statement does not show: a polymodel's own."""
        self._equalities[f"{name} ="] = value

    def run(self, **kwargs: object) -> Iterator[M]:
        """Returns an iterator over the results; the statement's LIMIT and OFFSET hold by default.

        Args:
            kwargs: as of `Query.run`.
        """
        if self._statement.limit() >= 0:
            kwargs.setdefault("limit", self._statement.limit())
        kwargs.setdefault("offset", self._statement.offset())
        return super().run(**kwargs)

    def _bound(self) -> PlainQuery:
        query = self._statement.bind(self._args, self._keyword_args)
        for part in query.parts():
            part.update(self._equalities)
        return query


def _parse(condition: object) -> tuple[str, str]:
    if isinstance(condition, str) and (match := FILTER.match(condition)):
        return match.group(1), match.group(2).upper()
    return parse_filter(condition)


def _to_stored(value: object) -> object:
    """Returns what is stored for a filter's value: an entity's key, a date's midnight."""
    if isinstance(value, Stored):
        return value.key()
    return to_datetime(value)


def _to_parameter(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_to_stored(item) for item in value]
    return _to_stored(value)


def _to_cursor(value: object) -> Cursor | None:
    if value is None or isinstance(value, Cursor):
        return value
    return Cursor(urlsafe=cast(str, value))
