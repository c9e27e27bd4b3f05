"""Filters as objects: conditions on properties, joined by AND, that also judge entities in memory.

Source: App Engine, `google.appengine.datastore.datastore_query`, class `FilterPredicate`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from operator import eq
from typing import NamedTuple

from appengine.datastore.client.entities import Entity, listed
from appengine.datastore.client.filters import COMPARISONS, INEQUALITIES
from appengine.datastore.client.ordering import Rank, rank
from appengine.datastore.datastore_errors import BadArgumentError, BadValueError
from appengine.datastore.datastore_types import (
    KEY_SPECIAL_PROPERTY,
    UNINDEXED_TYPES,
    validate_property,
)

OPERATORS: dict[str, Callable[[Rank, Rank], bool]] = COMPARISONS | {"=": eq}
"""What an operator says of a value of an entity and the filter's."""

Ranks = dict[str, list[Rank]]
"""Comparable values by property: those that indexes hold."""


class NamedValue(NamedTuple):
    """A property and the value that it is compared with: what a filter compares."""

    name: str
    value: object


class FilterPredicate(ABC):
    """A condition on entities: it is called with one."""

    def __call__(self, entity: Entity) -> bool:
        """Returns whether a plain entity satisfies it, as a query would find."""
        return self.matches(ranks_of(entity, self.names()))

    @abstractmethod
    def names(self) -> set[str]:
        """Returns the properties that it looks at."""

    @abstractmethod
    def matches(self, ranks: Mapping[str, Sequence[Rank]]) -> bool:
        """Returns whether values satisfy it."""

    @abstractmethod
    def prune(self, ranks: Ranks) -> bool:
        """Removes values that do not satisfy it; returns whether any is left of each property."""

    def conditions(self) -> Iterator[tuple[str, str, object]]:
        """Yields property, operator and value of each condition that a query may have.

        Raises:
            BadArgumentError: it can only judge entities in memory.
        """
        raise BadArgumentError(f"this filter only supports in memory operations: {self!r}")


class _OfOneProperty(FilterPredicate):
    """What the filters on a single property share."""

    name: str

    @abstractmethod
    def accepts(self, found: Rank) -> bool:
        """Returns whether one value satisfies it."""

    def names(self) -> set[str]:
        """See `FilterPredicate`."""
        return {self.name}

    def matches(self, ranks: Mapping[str, Sequence[Rank]]) -> bool:
        """See `FilterPredicate`."""
        return any(self.accepts(found) for found in ranks[self.name])

    def prune(self, ranks: Ranks) -> bool:
        """See `FilterPredicate`."""
        if self.name not in ranks:
            return True
        ranks[self.name] = [found for found in ranks[self.name] if self.accepts(found)]
        return bool(ranks[self.name])


class PropertyFilter(_OfOneProperty):
    """Compares one property with one value; of a list, any value may satisfy it."""

    def __init__(self, op: str, value: NamedValue) -> None:
        """Takes `<`, `<=`, `>`, `>=` or `=`, and the property with the value.

        Raises:
            BadArgumentError: there is no such operator, or `value` is no property and value.
        """
        if op not in OPERATORS:
            raise BadArgumentError(f"unknown operator: {op!r}")
        if not isinstance(value, NamedValue):
            raise BadArgumentError(
                f"value argument should be datastore_query.NamedValue ({value!r})"
            )
        self.op = op
        self.value = value
        self.name = value.name

    def accepts(self, found: Rank) -> bool:
        """See `_OfOneProperty`."""
        return OPERATORS[self.op](found, rank(self.value.value))

    def conditions(self) -> Iterator[tuple[str, str, object]]:
        """See `FilterPredicate`."""
        yield self.name, self.op, self.value.value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeFilter):
            return other == self
        if not isinstance(other, PropertyFilter):
            return NotImplemented
        return (self.op, self.name) == (other.op, other.name) and rank(self.value.value) == rank(
            other.value.value
        )

    def __hash__(self) -> int:
        return hash((self.op, self.name))

    def __repr__(self) -> str:
        return f"PropertyFilter({self.op!r}, <{self.name!r}, {self.value.value!r}>)"


class _Range(_OfOneProperty):
    """Several inequalities on one property: the same value of a list has to satisfy them all."""

    def __init__(self, bounds: tuple[PropertyFilter, ...]) -> None:
        self.bounds = bounds
        self.name = bounds[0].name

    def accepts(self, found: Rank) -> bool:
        return all(bound.accepts(found) for bound in self.bounds)

    def conditions(self) -> Iterator[tuple[str, str, object]]:
        for bound in self.bounds:
            yield from bound.conditions()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeFilter):
            return other == self
        if not isinstance(other, _Range):
            return NotImplemented
        return set(self.bounds) == set(other.bounds)

    def __hash__(self) -> int:
        return hash(frozenset(self.bounds))

    def __repr__(self) -> str:
        return " AND ".join(repr(bound) for bound in self.bounds)


class CompositeFilter(FilterPredicate):
    """Several filters, all of which an entity has to satisfy."""

    AND = "and"

    def __init__(self, op: str, filters: Sequence[FilterPredicate]) -> None:
        """Takes `AND` and at least one filter; composite ones are taken apart.

        Raises:
            BadArgumentError: another operator, no filters, or one that is none.
        """
        if op != self.AND:
            raise BadArgumentError(f"unknown operator ({op!r})")
        if not filters or not isinstance(filters, list | tuple):
            raise BadArgumentError(f"filters argument should be a non-empty list ({filters!r})")
        for item in filters:
            if not isinstance(item, FilterPredicate):
                raise BadArgumentError(
                    f"filters argument must be a list of FilterPredicates, found ({item!r})"
                )
        self.op = op
        self.filters = tuple(_joined(_flat(filters)))

    def names(self) -> set[str]:
        """See `FilterPredicate`."""
        return set().union(*(item.names() for item in self.filters))

    def matches(self, ranks: Mapping[str, Sequence[Rank]]) -> bool:
        """See `FilterPredicate`."""
        return all(item.matches(ranks) for item in self.filters)

    def prune(self, ranks: Ranks) -> bool:
        """See `FilterPredicate`: values stay that satisfy any filter on their property."""
        kept: dict[str, set[Rank]] = {}
        for item in self.filters:
            own = {name: list(ranks[name]) for name in item.names() if name in ranks}
            if not item.prune(own):
                return False
            for name, found in own.items():
                kept.setdefault(name, set()).update(found)
        ranks.update({name: sorted(found) for name, found in kept.items()})
        return True

    def conditions(self) -> Iterator[tuple[str, str, object]]:
        """See `FilterPredicate`."""
        for item in self.filters:
            yield from item.conditions()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeFilter):
            return self.filters == other.filters
        if not isinstance(other, FilterPredicate):
            return NotImplemented
        return len(self.filters) == 1 and _simple(self.filters[0]) == other

    def __hash__(self) -> int:
        return hash(self.filters if len(self.filters) > 1 else _simple(self.filters[0]))

    def __repr__(self) -> str:
        return f"CompositeFilter(AND, {list(self.filters)!r})"


class CorrelationFilter(FilterPredicate):
    """Applies a filter to the values that stand at the same place in their lists.

    It only judges entities in memory. Of `a=[1, 2], b=[2, 1, 3]` the filter sees `a=1, b=2`, then
    `a=2, b=1`, then `b=3`.
    """

    def __init__(self, subfilter: FilterPredicate) -> None:
        """Takes the filter that one group of values has to satisfy."""
        self.subfilter = subfilter

    def names(self) -> set[str]:
        """See `FilterPredicate`."""
        return self.subfilter.names()

    def matches(self, ranks: Mapping[str, Sequence[Rank]]) -> bool:
        """See `FilterPredicate`."""
        return any(self.subfilter.matches(group) for group in self._groups(ranks))

    def prune(self, ranks: Ranks) -> bool:
        """See `FilterPredicate`: the values of the groups that satisfy it stay."""
        kept: Ranks = {name: [] for name in self.names()}
        for group in self._groups(ranks):
            if self.subfilter.matches(group):
                for name, found in group.items():
                    kept[name] += found
        ranks.update({name: found for name, found in kept.items() if name in ranks})
        return any(kept.values())

    def _groups(self, ranks: Mapping[str, Sequence[Rank]]) -> Iterator[Ranks]:
        names = sorted(self.names())
        for place in zip_longest(*(ranks.get(name, ()) for name in names)):
            yield {
                name: [] if found is None else [found]
                for name, found in zip(names, place, strict=True)
            }

    def __repr__(self) -> str:
        return f"CorrelationFilter({self.subfilter!r})"


def make_filter(name: str, op: str, values: object) -> FilterPredicate:
    """Returns the filter that compares a property with a value, or with each of a list of them.

    Raises:
        BadPropertyError: the name is none.
        BadValueError: the datastore has no such value, or the list is empty.
        BadArgumentError: there is no such operator.
    """
    validate_property(name, values)
    filters = [PropertyFilter(op, NamedValue(name, value)) for value in listed(values)]
    if not filters:
        raise BadValueError(f"cannot compare {name!r} with an empty list")
    return CompositeFilter(CompositeFilter.AND, filters) if isinstance(values, list) else filters[0]


def ranks_of(entity: Entity, names: Iterable[str]) -> Ranks:
    """Returns the comparable values of some properties: those that are indexed."""
    found: Ranks = {}
    unindexed = entity.unindexed_properties()
    for name in names:
        if name == KEY_SPECIAL_PROPERTY:
            found[name] = [rank(entity.key())]
        elif name in unindexed or name not in entity:
            found[name] = []
        else:
            values = listed(entity[name]) or [None]  # as the index has an empty list
            found[name] = [
                rank(value) for value in values if not isinstance(value, UNINDEXED_TYPES)
            ]
    return found


def _flat(filters: Iterable[FilterPredicate]) -> Iterator[FilterPredicate]:
    for item in filters:
        if isinstance(item, CompositeFilter):
            yield from item.filters
        else:
            yield item


def _joined(filters: Iterable[FilterPredicate]) -> list[FilterPredicate]:
    """Returns the filters with all inequalities on a property as one, at the place of the first."""
    found: list[FilterPredicate] = []
    places: dict[str, int] = {}
    for item in filters:
        bounds = item.bounds if isinstance(item, _Range) else ()
        if isinstance(item, PropertyFilter) and item.op in INEQUALITIES:
            bounds = (item,)
        if not bounds:
            found.append(item)
            continue
        place = places.setdefault(bounds[0].name, len(found))
        if place == len(found):
            found.append(_Range(bounds))
        else:
            before = found[place]
            found[place] = _Range((*(before.bounds if isinstance(before, _Range) else ()), *bounds))
    return found


def _simple(item: FilterPredicate) -> FilterPredicate:
    return item.bounds[0] if isinstance(item, _Range) and len(item.bounds) == 1 else item
