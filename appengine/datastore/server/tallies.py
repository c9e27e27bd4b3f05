"""What statistics count: entities and index rows, by kind, property, type, index and namespace.

Source: App Engine, "Datastore Statistics"; `google.appengine.ext.db.stats`.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec

from appengine.datastore.server.entities import encoder
from appengine.datastore.server.indexes import Indexes, IndexRow
from appengine.datastore.server.values import encode_value, is_indexable
from appengine.datastore.service import (
    MAX_NAME_BYTES,
    AnyValue,
    Binary,
    Entity,
    Key,
    Meaning,
    Meant,
    Point,
    Property,
    Reference,
    User,
)

PREFIX = "__Stat_"
"""What the kinds of statistics begin with."""

TOTAL_NAME = "total_entity_usage"
"""The key's name of the statistics of everything."""

DEFAULT_NAMESPACE = 1
"""The id that stands for the default namespace, whose name is empty."""

MAX_START_BYTES, DIGEST_BYTES = 400, 16
"""What is kept of names that are put together of long ones."""

ROOT_PAIR = 2
"""Items of a root's path."""

MEANINGS = {
    Meaning.CATEGORY: "Category",
    Meaning.LINK: "Link",
    Meaning.WHEN: "Date/Time",
    Meaning.EMAIL: "Email",
    Meaning.IM: "IM",
    Meaning.PHONE: "PhoneNumber",
    Meaning.POSTAL: "PostalAddress",
    Meaning.RATING: "Rating",
    Meaning.BLOB: "Blob",
    Meaning.TEXT: "Text",
    Meaning.BYTES: "ShortBlob",
    Meaning.BLOB_KEY: "BlobKey",
    Meaning.ENTITY: "EmbeddedEntity",
}
TYPES: dict[type, str] = {
    type(None): "NULL",
    bool: "Boolean",
    int: "Integer",
    float: "Float",
    str: "String",
    Point: "GeoPt",
    User: "User",
    Reference: "Key",
}
"""The names of types that statistics give."""

Fields = tuple[tuple[str, str | int], ...]
"""What a statistic is of: names and values of its properties."""

BUILTIN = ("builtin_index_bytes", "builtin_index_count")
COMPOSITES = ("composite_index_bytes", "composite_index_count")
SIZES = {
    "Total": ("entity_bytes", *BUILTIN, *COMPOSITES),
    "Namespace": ("entity_bytes", *BUILTIN, *COMPOSITES),
    "Kind": ("entity_bytes", *BUILTIN, *COMPOSITES),
    "Kind_IsRootEntity": ("entity_bytes",),
    "Kind_NotRootEntity": ("entity_bytes",),
    "PropertyType": ("entity_bytes", *BUILTIN),
    "PropertyType_Kind": ("entity_bytes", *BUILTIN),
    "PropertyName_Kind": ("entity_bytes", *BUILTIN),
    "PropertyType_PropertyName_Kind": ("entity_bytes", *BUILTIN),
    "Kind_CompositeIndex": (),
}
"""What each statistic counts beside `bytes` and `count`."""


class Tally(msgspec.Struct):
    """The figures of one statistic."""

    count: int = 0
    entity_bytes: int = 0
    builtin_index_bytes: int = 0
    builtin_index_count: int = 0
    composite_index_bytes: int = 0
    composite_index_count: int = 0

    @property
    def bytes(self) -> int:
        """All bytes together."""
        return self.entity_bytes + self.builtin_index_bytes + self.composite_index_bytes

    def add(self, other: "Tally") -> None:
        """Adds the figures of another one."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def type_of(value: AnyValue) -> str:
    """Returns the name of a value's type."""
    if isinstance(value, Meant | Binary):
        return MEANINGS.get(value.meaning, "String")
    return TYPES[type(value)]


class Tallies:
    """All statistics of an application, while they are counted."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, str | int, Fields], Tally] = {}

    def add(
        self, entity: Entity, size: int, key_size: int, rows: Iterable[IndexRow], indexes: Indexes
    ) -> None:
        """Counts one entity.

        Args:
            entity: it.
            size: its bytes as it is stored.
            key_size: bytes of its encoded key.
            rows: those that it has in the indexes.
            indexes: all of the application.
        """
        space, kind = entity.key.namespace, str(entity.key.path[-2])
        row_size = key_size + len(space)
        composites = {item.id for item in indexes.composites(kind)}
        found = Tally(count=1, entity_bytes=size)
        for index_id, value in rows:
            one = Tally(count=1)
            if index_id in composites:
                found.composite_index_count += 1
                found.composite_index_bytes += row_size + len(value)
                one.composite_index_bytes = row_size + len(value)
                fields: Fields = (("index_id", index_id), ("kind_name", kind))
                self._count(space, "Kind_CompositeIndex", f"{kind}_{index_id}", fields, one)
            else:
                found.builtin_index_count += 1
                found.builtin_index_bytes += row_size + len(value)
        of_kind: Fields = (("kind_name", kind),)
        place = "Kind_IsRootEntity" if len(entity.key.path) == ROOT_PAIR else "Kind_NotRootEntity"
        self._count(space, "Total", TOTAL_NAME, (), found)
        self._count(space, "Kind", kind, of_kind, found)
        self._count(space, place, kind, of_kind, found)
        name: str | int = space or DEFAULT_NAMESPACE
        self._at("", f"{PREFIX}Namespace__", name, (("subject_namespace", space),)).add(found)
        for item in entity.properties:
            self._add_property(space, kind, item, row_size)

    def _add_property(self, space: str, kind: str, item: Property, row_size: int) -> None:
        """Counts the values of one property, by type."""
        seen: set[bytes] = set()
        for value in item.values:
            found = Tally(count=1, entity_bytes=len(item.name.encode()) + _size(value))
            encoded = encode_value(value)
            if item.indexed and is_indexable(value) and encoded not in seen:
                seen.add(encoded)
                found.builtin_index_count = 1
                found.builtin_index_bytes = row_size + len(encoded)
            of_kind = ("kind_name", kind)
            name, kind_of = ("property_name", item.name), ("property_type", type_of(value))
            self._count(space, "PropertyType", kind_of[1], (kind_of,), found)
            for title, parts in (
                ("PropertyType_Kind", (kind_of, of_kind)),
                ("PropertyName_Kind", (name, of_kind)),
                ("PropertyType_PropertyName_Kind", (kind_of, name, of_kind)),
            ):
                self._count(space, title, "_".join(part[1] for part in parts), parts, found)

    def _count(self, space: str, title: str, name: str | int, fields: Fields, found: Tally) -> None:
        """Adds figures to a statistic of everything and to that of the namespace."""
        self._at("", f"{PREFIX}{title}__", name, fields).add(found)
        self._at(space, f"{PREFIX}Ns_{title}__", name, fields).add(found)

    def _at(self, space: str, kind: str, name: str | int, fields: Fields) -> Tally:
        return self._tallies.setdefault((space, kind, _fitting(name), fields), Tally())

    def entities(self, now: int) -> Iterator[Entity]:
        """Yields the statistics as entities; `now` is their time in microseconds."""
        if not self._tallies:
            self._at("", f"{PREFIX}Total__", TOTAL_NAME, ())
        for (space, kind, name, fields), tally in self._tallies.items():
            title = kind.removeprefix(PREFIX).removeprefix("Ns_").removesuffix("__")
            figures = {
                "bytes": tally.bytes,
                "count": tally.count,
                "timestamp": Meant(Meaning.WHEN, now),
                **dict(fields),
                **{size: getattr(tally, size) for size in SIZES[title]},
            }
            yield Entity(
                Key(space, (kind, name)),
                tuple(Property(title, (value,)) for title, value in figures.items()),
            )


def _size(value: AnyValue) -> int:
    return len(encoder.encode(value))


def _fitting(name: str | int) -> str | int:
    """Returns a key's name; the start and a digest of one that is too long."""
    if isinstance(name, int) or len(data := name.encode()) <= MAX_NAME_BYTES:
        return name
    start = data[:MAX_START_BYTES].decode(errors="ignore")
    return f"{start}~{blake2b(data, digest_size=DIGEST_BYTES).hexdigest()}"
