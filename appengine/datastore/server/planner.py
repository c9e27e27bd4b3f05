"""Plans queries: checks them, and chooses the indexes whose scans give the results in order."""

from collections.abc import Iterable
from itertools import groupby

import msgspec

from appengine.datastore.server.entities import RESERVED, Values
from appengine.datastore.server.indexes import (
    COMPOSITE,
    KEY_NAME,
    SERVING,
    Definition,
    Indexes,
    Want,
    combine,
    kind_index,
    property_index,
)
from appengine.datastore.server.keys import AFTER, check_key, checked_key, encode_text
from appengine.datastore.server.values import (
    encode_reference,
    encode_value,
    invert,
    is_indexable,
)
from appengine.datastore.service import (
    MAX_COMPONENTS,
    BadRequestError,
    Filter,
    Operator,
    Order,
    Query,
    Reference,
)

LESS = (Operator.LESS, Operator.LESS_OR_EQUAL)
STRICT = (Operator.LESS, Operator.GREATER)


class MissingIndexError(Exception):
    """The query needs a composite index that is not there, or not built yet."""

    def __init__(self, want: Want) -> None:
        super().__init__(f"no composite index {want!r}")
        self.want = want


class Range(msgspec.Struct, frozen=True):
    """Bytes from `low` on and before `high`."""

    low: bytes
    high: bytes

    def __contains__(self, value: bytes) -> bool:
        return self.low <= value < self.high

    def meet(self, other: "Range") -> "Range":
        """Returns what lies in both."""
        return Range(max(self.low, other.low), min(self.high, other.high))


ALL = Range(b"", AFTER * 2)
"""Every encoded value and key."""


class Source(msgspec.Struct, frozen=True):
    """One scan: the rows of an index whose values start with `prefix`."""

    index: Definition
    prefix: bytes


class Plan(msgspec.Struct, frozen=True):
    """How a query is answered: joined scans that all yield (suffix value, key), ascending.

    Attributes:
        sources: the indexes to scan; None for a kindless query, which scans the entities; empty
            if there can be no result.
        suffix: what the results are sorted by, before their keys.
        backwards: the one source is a property's own index, read from its end.
        values: within which suffix values lie, those of descending parts being inverted.
        stored: the same as the index holds them; they differ where it is read backwards.
        keys: within which keys lie.
        equal: values that an entity must have: pairs of a property and an encoded value.
        is_partial: the scans know nothing of some equality filters: those on the property that
            has inequality filters too.
        multiple: an entity can have several of the rows.
    """

    query: Query
    sources: tuple[Source, ...] | None
    suffix: tuple[Order, ...]
    backwards: bool
    values: Range
    stored: Range
    keys: Range
    equal: tuple[tuple[str, bytes], ...]
    is_partial: bool
    multiple: bool

    def suffixes(self, encoded_key: bytes, values: Values) -> list[bytes]:
        """Returns the suffix values, ascending, of an entity's rows in the result."""
        if encoded_key not in self.keys or not self.has_equal(values):
            return []
        found = combine(self.suffix, encoded_key, values)
        return sorted({value for value in found if value in self.values})

    def has_equal(self, values: Values) -> bool:
        """Whether an entity has what the equality filters want."""
        return all(value in values.get(name, ()) for name, value in self.equal)


def check(query: Query) -> None:
    """Refuses a query that App Engine refuses.

    Raises:
        BadRequestError: says why.
    """
    components = len(query.filters) + len(query.orders) + (query.ancestor is not None)
    if components > MAX_COMPONENTS:
        raise BadRequestError(f"the query has {components} parts; at most {MAX_COMPONENTS}")
    _check_filters(query.filters)
    _check_projection(query)
    if query.ancestor is not None and query.ancestor.namespace != query.namespace:
        raise BadRequestError(
            f"the ancestor's namespace {query.ancestor.namespace!r} is not the query's, "
            f"{query.namespace!r}"
        )
    if not query.kind:
        _check_kindless(query)


def _check_filters(filters: Iterable[Filter]) -> None:
    for item in filters:
        if item.property == KEY_NAME and not isinstance(item.value, Reference):
            raise BadRequestError(f"__key__ is compared with {item.value!r}, which is no key")
        if isinstance(item.value, Reference):
            check_key(item.value.key)
        if not is_indexable(item.value):
            raise BadRequestError(f"{item.property!r} is compared with a value of no index")


def _check_projection(query: Query) -> None:
    names = query.projection
    if names and query.keys_only:
        raise BadRequestError("a keys-only query has no projection")
    if len(set(names)) != len(names):
        raise BadRequestError(f"a property is projected twice: {', '.join(names)}")
    equal = {item.property for item in query.filters if item.operator == Operator.EQUAL}
    if both := equal & set(names):
        raise BadRequestError(f"cannot project {min(both)!r}: it has an equality filter")
    if reserved := [name for name in names if RESERVED.fullmatch(name)]:
        raise BadRequestError(f"projections are not supported for the property {reserved[0]!r}")
    if extra := [name for name in query.distinct if name not in names]:
        raise BadRequestError(f"{extra[0]!r} is distinct but not projected")


def _check_kindless(query: Query) -> None:
    if any(item.property != KEY_NAME for item in query.filters) or query.projection:
        raise BadRequestError("kind is required for filters on properties other than __key__")
    if any(order.property != KEY_NAME or order.descending for order in query.orders):
        raise BadRequestError("kind is required for all orders except __key__ ascending")


class Planner:
    """Makes the plan of one query."""

    def __init__(self, indexes: Indexes, query: Query) -> None:
        """Sorts the parts of a query that `check` has found good."""
        self._indexes = indexes
        self._query = query
        filters = [item for item in query.filters if item.property != KEY_NAME]
        self._key_filters = [item for item in query.filters if item.property == KEY_NAME]
        self._ranges = [item for item in filters if item.operator != Operator.EQUAL]
        self._equal = _equal_values(filters)
        self._both = self._equal.keys() & {item.property for item in self._ranges}
        self._prefix = {n: found for n, found in self._equal.items() if n not in self._both}
        self._check_inequalities()
        self._ancestor = None if query.ancestor is None else checked_key(query.ancestor)
        self._orders = self._effective_orders()

    def _check_inequalities(self) -> None:
        """Refuses inequalities that the sort orders or the distinct properties do not begin with.

        Source: observed; an order that equality filters make meaningless counts for nothing.
        """
        keys = [item for item in self._key_filters if item.operator != Operator.EQUAL]
        names = list(dict.fromkeys(item.property for item in [*self._ranges, *keys]))
        if len(names) > 1:
            raise BadRequestError(
                "Only one inequality filter per query is supported. "
                f"Encountered both {names[0]} and {names[1]}"
            )
        orders = [order.property for order in self._meant_orders()]
        self._check_distinct(orders or names)
        if names and orders and orders[0] != names[0]:
            raise BadRequestError(
                "The first sort property must be the same as the property to which the "
                f"inequality filter is applied: {orders[0]} is not {names[0]}"
            )

    def _check_distinct(self, first: list[str]) -> None:
        """Refuses a query whose distinct properties are not those that its results begin with."""
        names = set(self._query.distinct)
        for name in first[: len(names)]:
            if name not in names:
                raise BadRequestError(
                    f"the distinct properties {', '.join(self._query.distinct)} come first in the "
                    f"sort orders and have the inequality filters; received {name!r}"
                )

    def _meant_orders(self) -> tuple[Order, ...]:
        """Returns the orders that matter: none by an equal property, none behind the key."""
        keys = {item.operator for item in self._key_filters}
        if keys == {Operator.EQUAL}:
            return ()  # one result at most
        orders: dict[str, Order] = {}
        for order in self._query.orders:
            if KEY_NAME not in orders and order.property not in self._prefix:
                orders.setdefault(order.property, order)
        return tuple(orders.values())

    def _effective_orders(self) -> tuple[Order, ...]:
        """Returns the orders of the results, without an ascending key that ends them anyway."""
        orders = self._meant_orders()
        if not orders and self._ranges:
            return (Order(self._ranges[0].property),)
        if not orders and any(item.operator != Operator.EQUAL for item in self._key_filters):
            orders = (Order(KEY_NAME),)
        if orders and orders[-1] == Order(KEY_NAME) and not self._query.projection:
            return orders[:-1]
        return orders

    def plan(self) -> Plan:
        """Returns the plan.

        Raises:
            MissingIndexError: it needs a composite index.
        """
        suffix = self._suffix()
        sources, backwards = self._sources(suffix)
        first = suffix[0] if suffix else None
        values = _value_range(self._ranges, descending=first.descending) if first else ALL
        stored = _value_range(self._ranges, descending=False) if backwards else values
        return Plan(
            query=self._query,
            sources=sources,
            suffix=suffix,
            backwards=backwards,
            values=values,
            stored=stored,
            keys=self._key_range(),
            equal=tuple((name, value) for name, found in self._equal.items() for value in found),
            is_partial=bool(self._both),
            multiple=any(self._is_multiple(order.property) for order in suffix),
        )

    def _is_multiple(self, name: str) -> bool:
        single = self._indexes.find(property_index(self._query.kind, name))
        return single is not None and single.multiple

    def _suffix(self) -> tuple[Order, ...]:
        sorted_by = {order.property for order in self._orders}
        further = dict.fromkeys((*sorted(self._query.distinct), *sorted(self._query.projection)))
        return (*self._orders, *(Order(name) for name in further if name not in sorted_by))

    def _key_range(self) -> Range:
        """Returns the keys that the ancestor, the filters on keys and the namespace leave."""
        found = ALL
        if not self._query.kind:
            found = _starting_with(encode_text(self._query.namespace))
        if self._ancestor is not None:
            found = found.meet(_starting_with(self._ancestor))
        for item in self._key_filters:
            if isinstance(item.value, Reference):
                found = found.meet(_around(item.operator, checked_key(item.value.key), b"\0"))
        return found

    def _sources(self, suffix: tuple[Order, ...]) -> tuple[tuple[Source, ...] | None, bool]:
        kind = self._query.kind
        if not kind:
            return None, False
        if not suffix:
            return self._exact_sources(kind), False
        single = len(suffix) == 1 and not self._prefix and self._ancestor is None
        if single and suffix[0].property != KEY_NAME and not self._key_filters:
            index = self._indexes.find(property_index(kind, suffix[0].property))
            return (() if index is None else (Source(index, b""),)), suffix[0].descending
        return self._composite_sources(kind, suffix), False

    def _exact_sources(self, kind: str) -> tuple[Source, ...]:
        """Returns scans by key: of the kind, or of each value that is asked for."""
        wants = [
            (property_index(kind, name), value)
            for name, found in self._prefix.items()
            for value in found
        ] or [(kind_index(kind), b"")]
        found = [(self._indexes.find(want), value) for want, value in wants]
        if any(index is None for index, _value in found):
            return ()
        return tuple(Source(index, value) for index, value in found if index is not None)

    def _composite_sources(self, kind: str, suffix: tuple[Order, ...]) -> tuple[Source, ...]:
        """Returns scans of composites that end in `suffix` and together cover the equalities."""
        open_names = set(self._prefix)
        chosen: list[Definition] = []
        usable = [item for item in self._indexes.composites(kind) if self._is_usable(item, suffix)]
        usable.sort(key=lambda item: -len(item.properties))
        for item in usable:
            names = {order.property for order in item.properties[: -len(suffix)]}
            if (names & open_names) or (not chosen and not self._prefix):
                chosen.append(item)
                open_names -= names
            if chosen and not open_names:
                break
        if open_names or not chosen:
            raise MissingIndexError(self._wanted(kind, suffix))
        return tuple(source for item in chosen for source in self._prefixed(item, suffix))

    def _is_usable(self, item: Definition, suffix: tuple[Order, ...]) -> bool:
        ahead = item.properties[: -len(suffix)]
        return (
            item.state == SERVING
            and item.ancestor == (self._ancestor is not None)
            and item.properties[-len(suffix) :] == suffix
            and all(order.property in self._prefix for order in ahead)
        )

    def _wanted(self, kind: str, suffix: tuple[Order, ...]) -> Want:
        ahead = tuple(Order(name) for name in sorted(self._prefix))
        return COMPOSITE, kind, (*ahead, *suffix), self._ancestor is not None

    def _prefixed(self, item: Definition, suffix: tuple[Order, ...]) -> Iterable[Source]:
        """Yields a scan of one index; several if a property must have several values."""
        ahead = item.properties[: -len(suffix)]
        start = b"" if self._ancestor is None else encode_reference(self._ancestor)
        times = max((len(self._prefix[order.property]) for order in ahead), default=1)
        for number in range(times):
            parts = []
            for order in ahead:
                values = self._prefix[order.property]
                value = values[number % len(values)]
                parts.append(invert(value) if order.descending else value)
            yield Source(item, start + b"".join(parts))


def _equal_values(filters: Iterable[Filter]) -> dict[str, list[bytes]]:
    equal = [item for item in filters if item.operator == Operator.EQUAL]
    by_name = groupby(sorted(equal, key=lambda item: item.property), lambda item: item.property)
    return {
        name: list(dict.fromkeys(encode_value(item.value) for item in items))
        for name, items in by_name
    }


def _starting_with(prefix: bytes) -> Range:
    return Range(prefix, prefix + AFTER)


def _around(operator: Operator, value: bytes, after: bytes) -> Range:
    """Returns what compares with `value` as `operator` says; `after` follows all equal ones."""
    if operator == Operator.EQUAL:
        return Range(value, value + after)
    edge = value + after if operator in (Operator.LESS_OR_EQUAL, Operator.GREATER) else value
    return Range(b"", edge) if operator in LESS else Range(edge, ALL.high)


_MIRRORED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


def _value_range(filters: Iterable[Filter], *, descending: bool) -> Range:
    """Returns where the inequality filters leave values, inverted ones if descending."""
    found = ALL
    for item in filters:
        value, operator = encode_value(item.value), item.operator
        if descending:
            value, operator = invert(value), _MIRRORED[operator]
        found = found.meet(_around(operator, value, AFTER))
    return found
