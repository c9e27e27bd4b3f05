"""Keys, values, properties and entities, on the wire and in the storage alike.

None of them can be part of a cycle, so the garbage collector does not follow them (`gc=False`):
a batch of 500 entities costs half of the time so.
"""

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from appengine.datastore.service.limits import MAX_NAME_BYTES, MAX_PATH

Namespace = Annotated[str, Meta(pattern=r"\A[0-9A-Za-z._-]*\Z", max_length=100)]
Name = Annotated[str, Meta(max_length=MAX_NAME_BYTES)]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Key(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """An entity's place: the calling application's namespace, then kinds and ids from the root.

    Attributes:
        path: kind, id or name, kind, id or name ...; the last may be None: an incomplete key.
    """

    namespace: Namespace
    path: Annotated[tuple[Id | Name | None, ...], Meta(min_length=2, max_length=MAX_PATH)]


class Meaning(IntEnum):
    """What an application meant by a value that is stored as a plainer one.

    Source: App Engine, `entity_pb.Property.Meaning`.
    """

    CATEGORY = 1
    LINK = 2
    TITLE = 3
    CONTENT = 4
    SUMMARY = 5
    AUTHOR = 6
    WHEN = 7
    EMAIL = 8
    POINT = 9
    IM = 10
    PHONE = 11
    POSTAL = 12
    RATING = 13
    BLOB = 14
    TEXT = 15
    BYTES = 16
    BLOB_KEY = 17
    ENTITY = 19
    EMPTY_LIST = 24


class Value(
    msgspec.Struct,
    frozen=True,
    array_like=True,
    tag_field="type",
    forbid_unknown_fields=True,
    gc=False,
):
    """Base of the values that msgpack has no type for, and of those with a meaning."""


class Meant(Value, frozen=True, tag=1):
    """A string or an integer with a meaning: Text, Category, Link, Rating, a date ...

    Attributes:
        value: WHEN holds microseconds since 1970 (UTC), RATING 0 to 100, the others strings.
    """

    meaning: Meaning
    value: Integer | str


class Binary(Value, frozen=True, tag=2):
    """Bytes: Blob (BLOB), ByteString (BYTES) or an embedded entity (ENTITY)."""

    meaning: Meaning
    value: bytes


class Point(Value, frozen=True, tag=3):
    """A GeoPt, in degrees."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class User(Value, frozen=True, tag=4):
    """A user of the users service."""

    email: str
    auth_domain: str
    user_id: str = ""


class Reference(Value, frozen=True, tag=5):
    """A complete key as a property's value."""

    key: Key


AnyValue = None | bool | Integer | float | str | Meant | Binary | Point | User | Reference


class Property(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """One property of an entity.

    Attributes:
        values: one value, or, where `multiple`, those of a list in its order. An empty list is
            kept, and found as None.
        indexed: False keeps it out of every index; Text, Blob and embedded entities never enter.
    """

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_BYTES)]
    values: tuple[AnyValue, ...]
    multiple: bool = False
    indexed: bool = True


class Entity(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """An entity: its key, and properties that have different names."""

    key: Key
    properties: tuple[Property, ...]


Stored = msgspec.Raw
"""An `Entity` as it is stored (`entity_decoder` reads it), or `ABSENT` where there is none."""

ABSENT = msgspec.Raw(b"\xc0")
"""msgpack's nil. (A union of Raw and None would decode as None only.)"""

entity_decoder = msgspec.msgpack.Decoder(Entity)
"""Decodes one stored entity."""
