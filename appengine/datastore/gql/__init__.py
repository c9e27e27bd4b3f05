"""GQL: queries as text, in the manner of SQL.

Source: App Engine, "GQL Reference" (`google.appengine.ext.gql`).
"""

from collections.abc import Iterator, Mapping, Sequence

from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.expansion import expand
from appengine.datastore.client.multiqueries import MAX_ALLOWABLE_QUERIES, MultiQuery
from appengine.datastore.client.ordering import Ordering
from appengine.datastore.client.queries import Query
from appengine.datastore.datastore_errors import BadArgumentError, BadQueryError
from appengine.datastore.datastore_types import Key
from appengine.datastore.gql.functions import apply
from appengine.datastore.gql.parser import parse
from appengine.datastore.gql.statements import Condition, Literal, Operand
from appengine.datastore.gql.tokens import KEYWORDS, TOKEN

LOG_LEVEL = 9
"""Level of the SDK's own messages; here nothing is logged."""

__all__ = [
    "GQL",
    "LOG_LEVEL",
    "MAX_ALLOWABLE_QUERIES",
    "Execute",
    "Literal",
    "MultiQuery",
    "execute",
]


class GQL:
    """A statement, parsed once; `bind` makes a query of it."""

    MAX_ALLOWABLE_QUERIES = MAX_ALLOWABLE_QUERIES
    RESERVED_KEYWORDS = KEYWORDS
    TOKENIZE_REGEX = TOKEN

    def __init__(
        self,
        query_string: str,
        _app: str | None = None,
        _auth_domain: str | None = None,
        namespace: str | None = None,
    ) -> None:
        """Parses a statement.

        Raises:
            BadQueryError: it is no GQL; the message names the symbol.
        """
        self._statement = parse(query_string)
        self._application = _app
        self._namespace = namespace

    def bind(
        self,
        args: Sequence[object],
        keyword_args: Mapping[str, object],
        cursor: Cursor | None = None,
        end_cursor: Cursor | None = None,
    ) -> Query:
        """Returns the query with these values for its parameters.

        Raises:
            BadArgumentError: a parameter has no value, or a value by position no parameter.
            BadQueryError: a function cannot take its values.
        """
        self._check_used(args)
        statement = self._statement
        bound = self._bound(args, keyword_args)
        expanded = any(operator in ("IN", "!=") for _, operator, _ in bound)
        if expanded and statement.keys_only:
            raise BadQueryError("Keys only queries do not support IN or != filters.")
        filters = expand(item for item in bound if item[1] != "is")
        ancestors = [value for _, operator, value in bound if operator == "is"]
        queries = [self._query(choice, ancestors, cursor, end_cursor) for choice in filters]
        if len(queries) == 1:  # also `IN` with one value: it has a cursor then
            return queries[0]
        return MultiQuery(queries, statement.orderings)

    def enumerate_queries(
        self, used_args: set[int], args: Sequence[object], keyword_args: Mapping[str, object]
    ) -> list[dict[str, object]]:
        """Returns the filters of each query that `bind` would make, by `property operator`.

        Args:
            used_args: the positions of the values that are used, from 0 on, are added to it.
            args: values by position.
            keyword_args: values by name.
        """
        bound = self._bound(args, keyword_args)
        used_args |= {number - 1 for number in self._positions()}
        return expand(item for item in bound if item[1] != "is")

    def _bound(
        self, args: Sequence[object], keyword_args: Mapping[str, object]
    ) -> list[tuple[str, str, object]]:
        return [
            (condition.property, condition.operator, _evaluate(condition, args, keyword_args))
            for condition in self._statement.conditions
        ]

    def _positions(self) -> set[int]:
        return {
            operand
            for condition in self._statement.conditions
            for operand in condition.operands
            if isinstance(operand, int)
        }

    def run(self, *args: object, **keyword_args: object) -> Iterator[Entity | Key]:
        """Returns an iterator over the results, with these values for the parameters."""
        query = self.bind(args, keyword_args)
        limit = None if self.limit() < 0 else self.limit()
        return query.run(limit=limit, offset=self.offset())

    def filters(self) -> dict[tuple[str, str], list[tuple[str, list[Operand]]]]:
        """Returns functions and operands by property and operator."""
        found: dict[tuple[str, str], list[tuple[str, list[Operand]]]] = {}
        for item in self._statement.conditions:
            entry = (item.function, list(item.operands))
            found.setdefault((item.property, item.operator), []).append(entry)
        return found

    def hint(self) -> str:
        """Returns the hint, which changes nothing; empty for none."""
        return self._statement.hint

    def kind(self) -> str | None:
        """Returns the kind; None for all kinds."""
        return self._statement.kind

    def limit(self) -> int:
        """Returns the limit; -1 for none."""
        return self._statement.limit

    def offset(self) -> int:
        """Returns the number of results to skip."""
        return self._statement.offset

    def orderings(self) -> list[Ordering]:
        """Returns names and directions: 1 is ascending, 2 descending."""
        return list(self._statement.orderings)

    def projection(self) -> tuple[str, ...] | None:
        """Returns the properties that the results hold; None for all."""
        return self._statement.projection

    def is_distinct(self) -> bool:
        """Returns whether equal results of the projection come once."""
        return self._statement.distinct

    def is_keys_only(self) -> bool:
        """Returns whether the results are keys."""
        return self._statement.keys_only

    def _check_used(self, args: Sequence[object]) -> None:
        used = self._positions()
        unused = [number for number in range(1, len(args) + 1) if number not in used]
        if unused:
            raise BadArgumentError(f"Unused positional arguments {unused}")

    def _query(
        self,
        filters: Mapping[str, object],
        ancestors: Sequence[object],
        cursor: Cursor | None,
        end_cursor: Cursor | None,
    ) -> Query:
        statement = self._statement
        query = Query(
            statement.kind,
            filters,
            _app=self._application,
            keys_only=statement.keys_only,
            cursor=cursor,
            namespace=self._namespace,
            end_cursor=end_cursor,
            projection=statement.projection,
            distinct=statement.distinct and statement.projection is not None,
        )
        query.order(*statement.orderings)
        for ancestor in ancestors:
            query.ancestor(_ancestor_key(ancestor))
        return query

    Bind = bind
    EnumerateQueries = enumerate_queries
    Run = run


def execute(query_string: str, *args: object, **keyword_args: object) -> Iterator[Entity | Key]:
    """Returns an iterator over the results of a statement, with values for its parameters."""
    app = keyword_args.pop("_app", None)
    return GQL(query_string, _app=str(app) if app else None).run(*args, **keyword_args)


Execute = execute


def _ancestor_key(value: object) -> Entity | Key | str:
    has_key = getattr(value, "key", None)  # an instance of a model stands for its key
    key = has_key() if callable(has_key) and not isinstance(value, Entity) else value
    if not isinstance(key, Entity | Key | str):
        raise BadArgumentError(
            f"Expects argument to be an Entity or Key; received {value} (a {type(value).__name__})."
        )
    return key


def _evaluate(
    condition: Condition, args: Sequence[object], keyword_args: Mapping[str, object]
) -> object:
    values = [_value(operand, args, keyword_args) for operand in condition.operands]
    return apply(condition.function, values)


def _value(operand: Operand, args: Sequence[object], keyword_args: Mapping[str, object]) -> object:
    if isinstance(operand, Literal):
        return operand.value
    if isinstance(operand, int):
        if not 1 <= operand <= len(args):
            raise BadArgumentError(
                f"Missing argument for bind, requires argument #{operand}, but only has "
                f"{len(args)} args."
            )
        return args[operand - 1]
    if operand not in keyword_args:
        raise BadArgumentError(f"Missing named arguments for bind, requires argument {operand}")
    return keyword_args[operand]
