"""An entity and those behind it, compared by sort orders: for merging queries by hand.

Source: App Engine, `google.appengine.api.datastore`, class `MultiQuery.SortOrderEntity`.
"""

from collections.abc import Iterable, Iterator
from functools import total_ordering

from appengine.datastore.client.entities import Entity
from appengine.datastore.client.ordering import Ordering, sort_key


@total_ordering
class SortOrderEntity:
    """The next entity of an iterator; it compares by sort orders, then by key.

    Behind the last one there is none: that is greater than any.
    """

    def __init__(self, entity_iterator: Iterator[Entity], orderings: Iterable[Ordering]) -> None:
        """Takes the next entity, if there is one; `orderings` are names and directions."""
        self._entities = entity_iterator
        self._orderings = tuple(orderings)
        self._entity = next(entity_iterator, None)

    def entity(self) -> Entity | None:
        """Returns the entity; None: there was none."""
        return self._entity

    def following(self) -> "SortOrderEntity":
        """Returns the same for the entity behind this one, which it takes of the iterator."""
        return SortOrderEntity(self._entities, self._orderings)

    def compare_properties(self, other: "SortOrderEntity") -> int:
        """Returns -1, 0 or 1: how two entities compare by the sort orders alone."""
        one, second = self._place(), other._place()
        if one is None or second is None:
            return (one is None) - (second is None)
        return (one[:-1] > second[:-1]) - (one[:-1] < second[:-1])

    def _place(self) -> tuple[object, ...] | None:
        if self._entity is None:
            return None
        return sort_key(self._entity, self._orderings, lambda name, value: True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SortOrderEntity) and self._place() == other._place()

    def __lt__(self, other: "SortOrderEntity") -> bool:
        one, second = self._place(), other._place()
        if one is None or second is None:
            return one is not None and second is None
        return one < second

    def __hash__(self) -> int:
        return hash(self._place())

    def __str__(self) -> str:
        return str(self._entity)

    GetEntity = entity
    GetNext = following
    CmpProperties = compare_properties
