"""The indexes of an application: which there are, and the rows that an entity has in them."""

from collections.abc import Container, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import product
from typing import Literal

import msgspec

from appengine.datastore.server.entities import Values
from appengine.datastore.server.keys import ancestors_of
from appengine.datastore.server.values import (
    STORED_BYTES,
    cut,
    encode_reference,
    encode_value,
    invert,
)
from appengine.datastore.service import (
    MAX_COMPOSITE_BYTES,
    MAX_INDEX_ROWS,
    BadRequestError,
    Binary,
    Key,
    Meaning,
    Order,
)

KIND, PROPERTY, COMPOSITE = "kind", "property", "composite"
RETIRED = "retired"
"""The form of a composite that is being removed: another of its name may be defined meanwhile."""

BUILDING: Literal["building"] = "building"
SERVING: Literal["serving"] = "serving"
DELETING: Literal["deleting"] = "deleting"
ERROR: Literal["error"] = "error"
KEY_NAME = "__key__"

SCATTER_NAME = "__scatter__"
"""A property that some entities have, seemingly at random, for sampling the keys of a kind."""

SCATTERED, OUT_OF = 512, 65536
"""How many of the entities have it: 0.8 %. Source: App Engine, "__scatter__"."""

State = Literal["building", "serving", "deleting", "error"]
"""What queries may do with an index."""

IndexRow = tuple[int, bytes]
"""A row of an entity: the index's id, and the value as the index stores it."""


class Definition(msgspec.Struct, frozen=True):
    """One index.

    Attributes:
        properties: empty for the kind's index; one, ascending, for a property's own.
        ancestor: a composite that has a row for each ancestor of an entity.
        multiple: entities may have several rows in it (not counting those of ancestors).
    """

    id: int
    kind: str
    properties: tuple[Order, ...]
    ancestor: bool
    form: str
    state: State
    multiple: bool

    @property
    def name(self) -> tuple[str, str, tuple[Order, ...], bool]:
        """What tells it from all others."""
        return self.form, self.kind, self.properties, self.ancestor


Want = tuple[str, str, tuple[Order, ...], bool]
"""A definition's `name`."""


def kind_index(kind: str) -> Want:
    """Returns the name of a kind's index."""
    return KIND, kind, (), False


def property_index(kind: str, name: str) -> Want:
    """Returns the name of a property's index."""
    return PROPERTY, kind, (Order(name),), False


class Indexes:
    """An application's indexes at one generation; it never changes.

    Attributes:
        generation: the number that the storage shows as long as nobody changes an index.
    """

    def __init__(self, generation: int, definitions: Sequence[Definition]) -> None:
        self.generation = generation
        self._definitions = definitions
        self._by_name = {item.name: item for item in definitions}
        self._composites: dict[str, list[Definition]] = {}
        self._singles: dict[str, dict[str, Definition]] = {}
        self._all_composites: list[Definition] = []
        for item in sorted(definitions, key=lambda item: item.id):
            if item.form in (COMPOSITE, RETIRED):
                self._all_composites.append(item)
            if item.form == COMPOSITE and item.state in (BUILDING, SERVING):
                self._composites.setdefault(item.kind, []).append(item)
            elif item.form == PROPERTY:
                self._singles.setdefault(item.kind, {})[item.properties[0].property] = item

    def only(self, wants: Container[Want]) -> "Indexes":
        """Returns the same but for composites that are none of these: queries see no others."""
        found = [item for item in self._definitions if item.form != COMPOSITE or item.name in wants]
        return Indexes(self.generation, found)

    def find(self, want: Want) -> Definition | None:
        """Returns an index by its name."""
        return self._by_name.get(want)

    def kinds(self) -> list[str]:
        """Returns the kinds that have an index, sorted; in a namespace each may be empty."""
        return sorted(item.kind for item in self._by_name.values() if item.form == KIND)

    def properties(self, kind: str) -> list[str]:
        """Returns the properties of a kind that have an index, sorted."""
        return sorted(name for name in self._singles.get(kind, ()) if name != SCATTER_NAME)

    def composites(self, kind: str) -> list[Definition]:
        """Returns a kind's composites that commits keep, by id: serving or being built."""
        return self._composites.get(kind, [])

    def all_composites(self) -> list[Definition]:
        """Returns all composite indexes by id, in whatever state."""
        return self._all_composites

    def missing(self, kind: str, values: Iterable[Values]) -> tuple[list[Want], list[Want]]:
        """Returns what entities of a kind need that is not defined, or not marked as multiple."""
        singles = self._singles.get(kind, {})
        absent = [] if kind_index(kind) in self._by_name else [kind_index(kind)]
        if SCATTER_NAME not in singles:
            absent.append(property_index(kind, SCATTER_NAME))
        multiples = []
        for item in values:
            for name, encoded in item.items():
                single = singles.get(name)
                if single is None:
                    absent.append(property_index(kind, name))
                if len(encoded) > 1 and (single is None or not single.multiple):
                    multiples.append(property_index(kind, name))
        return list(dict.fromkeys(absent)), list(dict.fromkeys(multiples))

    def rows_of(self, key: Key, encoded_key: bytes, values: Values) -> set[IndexRow]:
        """Returns the rows that an entity has in all indexes.

        Raises:
            BadRequestError: there would be too many of them.
            KeyError: an index that it needs is not defined.
        """
        kind = str(key.path[-2])
        singles = self._singles.get(kind, {})
        rows = {(self._by_name[kind_index(kind)].id, b"")}
        scatter, scattered = singles.get(SCATTER_NAME), scatter_values(encoded_key)
        if scatter is not None and scattered:  # a kind of old has no such index before its next put
            rows.add((scatter.id, scattered[0]))
        for name, encoded in values.items():
            index_id = singles[name].id
            for value in encoded:
                rows.add((index_id, value if len(value) < STORED_BYTES else cut(value)))
        size_bytes = 0
        for composite in self._composites.get(kind, ()):
            for value in composite_values(composite, encoded_key, values):
                before = len(rows)
                rows.add((composite.id, cut(value)))
                if len(rows) > before:
                    size_bytes += len(value) + len(encoded_key)
                _check_explosion(rows, size_bytes)
        _check_explosion(rows, size_bytes)
        return rows


def _check_explosion(rows: set[IndexRow], size_bytes: int) -> None:
    if len(rows) > MAX_INDEX_ROWS:
        raise BadRequestError(
            f"the entity has more than {MAX_INDEX_ROWS} index rows: an exploding index"
        )
    if size_bytes > MAX_COMPOSITE_BYTES:
        raise BadRequestError(
            f"the entity's rows in composite indexes have more than {MAX_COMPOSITE_BYTES} bytes: "
            "an exploding index"
        )


def scatter_values(encoded_key: bytes) -> tuple[bytes, ...]:
    """Returns the encoded value of `__scatter__` of an entity, or nothing: most have none."""
    digest = blake2b(encoded_key, digest_size=2).digest()
    if int.from_bytes(digest, "big") >= SCATTERED:
        return ()
    return (encode_value(Binary(Meaning.BYTES, digest)),)


def part_values(name: str, encoded_key: bytes, values: Values) -> tuple[bytes, ...]:
    """Returns the encoded values of one property of an entity, `__key__` among them."""
    if name == KEY_NAME:
        return (encode_reference(encoded_key),)
    if name == SCATTER_NAME:
        return scatter_values(encoded_key)
    return values.get(name, ())


def combine(orders: Iterable[Order], encoded_key: bytes, values: Values) -> Iterator[bytes]:
    """Yields the values that an entity has in an index on `orders`, uncut."""
    parts = [
        [invert(value) for value in found] if order.descending else found
        for order in orders
        for found in [part_values(order.property, encoded_key, values)]
    ]
    return (b"".join(combination) for combination in product(*parts))


def composite_values(definition: Definition, encoded_key: bytes, values: Values) -> Iterator[bytes]:
    """Yields an entity's values in a composite index, uncut: one for each of its ancestors too."""
    own = combine(definition.properties, encoded_key, values)
    if not definition.ancestor:
        return own
    above = [encode_reference(ancestor) for ancestor in ancestors_of(encoded_key)]
    return (ancestor + value for value in own for ancestor in above)
