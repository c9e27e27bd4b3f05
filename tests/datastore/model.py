"""A plain model of the datastore: dictionaries of every moment, and queries by comparing all rows.

It shares nothing with the engine: no encodings, no indexes, no plans.
"""

import math
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import product

from appengine.datastore.service import Binary, Meaning, Meant, Point, Reference, User

KEY = "__key__"
UNINDEXED = (Meaning.TEXT, Meaning.BLOB, Meaning.ENTITY)


def rank(value):
    """Returns something that Python compares as the datastore compares values.

    Source: App Engine, "Datastore Queries", section "Value Type Ordering"; observed order.
    """
    plain = value.value if isinstance(value, Meant | Binary) else value
    return RANKS[type(plain)](plain)


def key_rank(key):
    pairs = zip(key.path[::2], key.path[1::2], strict=True)
    items = [
        (kind.encode(), isinstance(name, str), name.encode() if isinstance(name, str) else name)
        for kind, name in pairs
    ]
    return (key.namespace.encode(), items)


RANKS = {
    type(None): lambda value: (0,),
    int: lambda value: (1, value),
    bool: lambda value: (2, value),
    str: lambda value: (3, value.encode()),
    bytes: lambda value: (3, value),
    float: lambda value: (4, False) if math.isnan(value) else (4, True, value),
    Point: lambda value: (5, value.latitude, value.longitude),
    User: lambda value: (6, value.email.encode(), value.auth_domain.encode()),
    Reference: lambda value: (7, key_rank(value.key)),
}


def root_of(key):
    return type(key)(key.namespace, key.path[:2])


def is_below(key, ancestor):
    return key.namespace == ancestor.namespace and key.path[: len(ancestor.path)] == ancestor.path


def ranks_of(entity, key, name):
    """Returns the ranks of an entity's indexed values of a property, each once."""
    if name == KEY:
        return [rank(Reference(key))]
    for item in entity.properties:
        if item.name == name and item.indexed:
            values = item.values or (None,)  # an empty list is found as None
            found = [
                rank(value)
                for value in values
                if not (isinstance(value, Meant | Binary) and value.meaning in UNINDEXED)
            ]
            return [one for at, one in enumerate(found) if one not in found[:at]]
    return []


@dataclass
class Row:
    """One result: its values in the query's orders, and its entity."""

    values: tuple
    key: object
    entity: object


class Question:
    """A query as the model understands it."""

    def __init__(self, query):
        self.query = query
        names = [item.property for item in query.filters if item.operator != "="]
        self.ranged = names[0] if names else None
        equal = {item.property for item in query.filters if item.operator == "="} - {self.ranged}
        self.orders = []
        for order in query.orders if equal != {KEY} or len(equal) > 1 else ():
            seen = [name for name, _descending in self.orders]
            if KEY not in seen and order.property not in [*seen, *equal]:
                self.orders.append((order.property, order.descending))
        if not self.orders and self.ranged:
            self.orders.append((self.ranged, False))
        sorted_by = {name for name, _descending in self.orders}
        for name in [*sorted(query.distinct), *sorted(query.projection)]:
            if name not in sorted_by:
                sorted_by.add(name)
                self.orders.append((name, False))

    def compare(self, left, right):
        """Compares rows by the orders, then by key."""
        for (_name, descending), one, other in zip(
            self.orders, left.values, right.values, strict=True
        ):
            if one != other:
                return -1 if (one < other) != descending else 1
        one, other = key_rank(left.key), key_rank(right.key)
        return (one > other) - (one < other)

    def rows(self, stored):
        """Returns the rows of all results in their order, from the entities by key."""
        found = []
        for key, entity in stored.items():
            if self._is_wanted(key, entity):
                rows = self._rows_of(key, entity)
                rows.sort(key=cmp_to_key(self.compare))
                found += rows if self.query.projection else rows[:1]
        found.sort(key=cmp_to_key(self.compare))
        size = len(self.query.distinct)
        if size:
            found = [
                row
                for at, row in enumerate(found)
                if not at or found[at - 1].values[:size] != row.values[:size]
            ]
        return found

    def _is_wanted(self, key, entity):
        query = self.query
        if key.namespace != query.namespace or (query.kind and key.path[-2] != query.kind):
            return False
        if query.ancestor is not None and not is_below(key, query.ancestor):
            return False
        return all(
            rank(item.value) in ranks_of(entity, key, item.property)
            for item in query.filters
            if item.operator == "="
        )

    def _rows_of(self, key, entity):
        choices = []
        for name, _descending in self.orders:
            found = ranks_of(entity, key, name)
            choices.append([one for one in found if self._is_in_range(name, one)])
        if self.ranged and self.ranged not in {name for name, _descending in self.orders}:
            raise AssertionError("the range is always sorted by")
        return [Row(values, key, entity) for values in product(*choices)]

    def _is_in_range(self, name, found):
        for item in self.query.filters:
            if item.property == name and item.operator != "=":
                bound = rank(item.value)
                holds = {
                    "<": found < bound,
                    "<=": found <= bound,
                    ">": found > bound,
                    ">=": found >= bound,
                }
                if not holds[item.operator]:
                    return False
        return True


class History:
    """Every moment that there was: the entities by key, and the versions of their groups."""

    def __init__(self):
        self.moments = [{}]
        self.versions = [{}]

    @property
    def now(self):
        return self.moments[-1]

    def write(self, puts, deletes=()):
        """Notes one commit and returns the new versions of its groups."""
        stored, versions = dict(self.now), dict(self.versions[-1])
        for entity in puts:
            stored[entity.key] = entity
        for key in deletes:
            stored.pop(key, None)
        roots = {root_of(key) for key in [*(entity.key for entity in puts), *deletes]}
        for root in roots:
            versions[root] = versions.get(root, 0) + 1
        self.moments.append(stored)
        self.versions.append(versions)
        return {root: versions[root] for root in roots}

    def moment_of(self, seen):
        """Returns the entities at a moment at which the groups had these versions, or None."""
        for stored, versions in zip(reversed(self.moments), reversed(self.versions), strict=True):
            if all(versions.get(root, 0) == version for root, version in seen.items()):
                return stored
        return None

    def is_current(self, seen):
        return all(self.versions[-1].get(root, 0) == version for root, version in seen.items())
