"""Sort orders as objects, which also sort entities in memory.

Source: App Engine, `google.appengine.datastore.datastore_query`, class `Order`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence

from appengine.datastore.client.entities import Entity
from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering, Rank, Reversed
from appengine.datastore.client.predicates import FilterPredicate, Ranks, ranks_of
from appengine.datastore.datastore_errors import BadArgumentError
from appengine.datastore.datastore_types import KEY_SPECIAL_PROPERTY, validate_string

Place = tuple[object, ...]
"""What is compared of an entity."""


class Order(ABC):
    """The order of a query's results; entities that it does not tell apart are in that of keys."""

    def key(self, entity: Entity, filter_predicate: FilterPredicate | None = None) -> Place:
        """Returns what places a plain entity, for `sorted(entities, key=order.key)`.

        Args:
            entity: one that has all the properties.
            filter_predicate: of lists only the values that satisfy it count.

        Raises:
            BadArgumentError: a property is missing.
        """
        return (self.place(self._ranks(entity, filter_predicate)), rank_of_key(entity))

    def cmp(self, lhs: Entity, rhs: Entity, filter_predicate: FilterPredicate | None = None) -> int:
        """Returns -1, 0 or 1: how the place of one entity compares with that of another.

        Raises:
            BadArgumentError: one of them misses a property that the other has.
        """
        one, other = self._ranks(lhs, filter_predicate), self._ranks(rhs, filter_predicate)
        for name in self.names():
            if not one[name] and not other[name]:
                one[name] = other[name] = [(0, 0)]
        first = (self.place(one), rank_of_key(lhs))
        second = (self.place(other), rank_of_key(rhs))
        return (first > second) - (first < second)

    def key_for_filter(self, filter_predicate: FilterPredicate | None) -> Callable[[Entity], Place]:
        """Returns `key` for entities of which only what satisfies a filter counts."""
        return lambda entity: self.key(entity, filter_predicate)

    def cmp_for_filter(
        self, filter_predicate: FilterPredicate | None
    ) -> Callable[[Entity, Entity], int]:
        """Returns `cmp` for entities of which only what satisfies a filter counts."""
        return lambda lhs, rhs: self.cmp(lhs, rhs, filter_predicate)

    @abstractmethod
    def reversed(self, group_by: Collection[str] | None = None) -> "Order":
        """Returns the reverse order; with `group_by`, only of the properties in it."""

    @abstractmethod
    def names(self) -> set[str]:
        """Returns the properties by which it sorts."""

    @abstractmethod
    def place(self, ranks: Ranks) -> Place:
        """Returns what places an entity with these values.

        Raises:
            BadArgumentError: a property has none.
        """

    @abstractmethod
    def orderings(self) -> tuple[Ordering, ...]:
        """Returns names and directions."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Order):
            return NotImplemented
        return self.orderings() == other.orderings()

    def __hash__(self) -> int:
        return hash(self.orderings())

    def _ranks(self, entity: Entity, predicate: FilterPredicate | None) -> Ranks:
        names = self.names() if predicate is None else self.names() | predicate.names()
        ranks = ranks_of(entity, names)
        if predicate is not None:
            predicate.prune(ranks)
        return ranks


class PropertyOrder(Order):
    """The order by one property: of a list, the least or the greatest of its values."""

    ASCENDING, DESCENDING = ASCENDING, DESCENDING

    def __init__(self, prop: str, direction: int = ASCENDING) -> None:
        """Takes a property's name and `ASCENDING` or `DESCENDING`.

        Raises:
            BadArgumentError: it is no name, or no direction.
        """
        validate_string(prop, "prop", BadArgumentError)
        if direction not in (ASCENDING, DESCENDING):
            raise BadArgumentError(f"unknown direction: {direction!r}")
        self.prop = prop
        self.direction = direction

    def reversed(self, group_by: Collection[str] | None = None) -> "PropertyOrder":
        """See `Order`."""
        if group_by and self.prop not in group_by:
            return self
        return PropertyOrder(self.prop, ASCENDING + DESCENDING - self.direction)

    def names(self) -> set[str]:
        """See `Order`."""
        return {self.prop}

    def place(self, ranks: Ranks) -> Place:
        """See `Order`."""
        found: Sequence[Rank] = ranks[self.prop]
        if not found:
            raise BadArgumentError(f"Missing value for property ({self.prop})")
        return (min(found) if self.direction == ASCENDING else Reversed(max(found)),)

    def orderings(self) -> tuple[Ordering, ...]:
        """See `Order`."""
        return ((self.prop, self.direction),)

    def __repr__(self) -> str:
        return f"PropertyOrder(<{self.prop}>{', DESCENDING' * (self.direction == DESCENDING)})"


class CompositeOrder(Order):
    """Several orders, one within the other."""

    def __init__(self, orders: Sequence[Order]) -> None:
        """Takes orders; composite ones are taken apart.

        Raises:
            BadArgumentError: they are no list, or one is no order.
        """
        if not isinstance(orders, list | tuple):
            raise BadArgumentError(f"orders argument should be list or tuple ({orders!r})")
        flat: list[Order] = []
        for order in orders:
            if not isinstance(order, Order):
                raise BadArgumentError(f"orders argument should only contain Order ({order!r})")
            flat += order.orders if isinstance(order, CompositeOrder) else (order,)
        self.orders: tuple[Order, ...] = tuple(flat)

    def size(self) -> int:
        """Returns how many orders there are."""
        return len(self.orders)

    def reversed(self, group_by: Collection[str] | None = None) -> "CompositeOrder":
        """See `Order`."""
        return CompositeOrder([order.reversed(group_by) for order in self.orders])

    def names(self) -> set[str]:
        """See `Order`."""
        return set().union(*(order.names() for order in self.orders))

    def place(self, ranks: Ranks) -> Place:
        """See `Order`."""
        return tuple(order.place(ranks) for order in self.orders)

    def orderings(self) -> tuple[Ordering, ...]:
        """See `Order`."""
        return tuple(item for order in self.orders for item in order.orderings())

    def __repr__(self) -> str:
        return f"CompositeOrder({list(self.orders)!r})"


def rank_of_key(entity: Entity) -> Rank:
    """Returns what places an entity among those that sort alike."""
    return ranks_of(entity, [KEY_SPECIAL_PROPERTY])[KEY_SPECIAL_PROPERTY][0]
