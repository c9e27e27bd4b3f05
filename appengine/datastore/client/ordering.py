"""The datastore's order of values and results, for merging what several queries return.

Source: App Engine, "Datastore Queries", section "Property value type ordering".
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import total_ordering

from appengine.datastore.client.entities import Entity, listed
from appengine.datastore.datastore_types import (
    IM,
    KEY_SPECIAL_PROPERTY,
    BlobKey,
    GeoPt,
    Key,
    datetime_to_timestamp,
    typename,
)
from appengine.users.service import User

Rank = tuple[int, object]
"""The type's place among the types, then what is compared within the type."""

ASCENDING, DESCENDING = 1, 2

Ordering = tuple[str, int]
"""A property's name, and `ASCENDING` or `DESCENDING`."""


def rank(value: object) -> Rank:
    """Returns what orders a value among values of all types.

    Raises:
        TypeError: the datastore has no such type.
    """
    for kinds, place, comparable in _RANKS:
        if isinstance(value, kinds):
            return place, comparable(value)
    raise TypeError(f"the datastore orders no {typename(value)}; received {value!r}")


def _rank_float(value: float) -> tuple[bool, float]:
    return (True, value) if value == value else (False, 0.0)  # noqa: PLR0124  # NaN comes first


_RANKS: tuple[tuple[type | tuple[type, ...], int, Callable[..., object]], ...] = (
    (type(None), 0, lambda value: 0),
    (bool, 2, bool),
    (int, 1, int),
    (datetime, 1, datetime_to_timestamp),
    (str, 3, lambda value: value.encode("utf-8", "surrogatepass")),
    (bytes, 3, bytes),
    ((IM, BlobKey), 3, lambda value: str(value).encode()),
    (float, 4, _rank_float),
    (GeoPt, 5, lambda value: value),
    (User, 6, lambda value: (value.email(), value.auth_domain())),
    (Key, 7, lambda value: value),
)


@total_ordering
class Reversed:
    """A rank that compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Rank) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reversed) and self.value == other.value

    def __lt__(self, other: "Reversed") -> bool:
        return other.value < self.value

    def __hash__(self) -> int:
        return hash(self.value)


def sort_key(
    entity: Entity, orderings: Sequence[Ordering], accepts: Callable[[str, object], bool]
) -> tuple[object, ...]:
    """Returns what orders an entity among a query's results: its values, then its key.

    Args:
        entity: as the query returned it.
        orderings: the query's sort orders.
        accepts: whether the query's filters let a value of a property through; of a list, only
            these values count: the least in ascending, the greatest in descending order.
    """
    found: list[object] = []
    for name, direction in orderings:
        if name == KEY_SPECIAL_PROPERTY:
            ranks = [rank(entity.key())]
        else:
            values = listed(entity.get(name))
            ranks = [rank(value) for value in values if accepts(name, value)]
            ranks = ranks or [rank(value) for value in values] or [rank(None)]
        found.append(min(ranks) if direction == ASCENDING else Reversed(max(ranks)))
    return (*found, entity.key())
