"""Entities on their way to the storage: checked, encoded, and with their values for indexes."""

import re
from functools import lru_cache

import msgspec

from appengine.datastore.server.keys import bucket_of, check_key, checked_key, root_of
from appengine.datastore.server.values import PLAIN, encode_value, is_indexable
from appengine.datastore.service import (
    MAX_ENTITY_BYTES,
    MAX_INDEXED_BYTES,
    MAX_LINK_BYTES,
    MAX_RAW_BYTES,
    AnyValue,
    BadRequestError,
    Binary,
    Entity,
    EntityTooLargeError,
    Key,
    Meaning,
    Meant,
    Property,
    Reference,
    entity_decoder,
)

Values = dict[str, tuple[bytes, ...]]
"""The encoded values of an entity's indexed properties by name: ascending, none twice."""

NOTHING = (encode_value(None),)
"""What an index holds of an empty list. Source: observed."""

RESERVED = re.compile(r"__.*__", re.DOTALL)
"""Kinds, key names and properties that only the platform writes."""

PAIR = 2
"""Items of a root's path."""

encoder = msgspec.msgpack.Encoder()


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an entity is stored.

    Attributes:
        key: encoded; `root` is its entity group's.
    """

    key: bytes
    root: bytes
    bucket: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """An entity that is about to be stored."""

    place: Place
    entity: Entity
    body: bytes
    values: Values


@lru_cache(maxsize=2048)
def place_of(key: Key) -> Place:
    """Returns where a key's entity is.

    Raises:
        BadRequestError: there can be no such key.
    """
    encoded = checked_key(key)
    root = encoded if len(key.path) == PAIR else root_of(encoded)
    return Place(encoded, root, bucket_of(root))


def record_of(entity: Entity) -> Record:
    """Returns an entity as it is stored.

    Raises:
        BadRequestError: it breaks a rule or a limit.
        EntityTooLargeError: it has too many bytes.
    """
    place = place_of(entity.key)
    check_writable(entity.key)
    values = values_of(entity)
    body = encoder.encode(entity)
    if len(body) > MAX_RAW_BYTES:
        _check_size(entity, body)
    return Record(place, entity, body, values)


def _check_size(entity: Entity, body: bytes) -> None:
    if len(body) > MAX_ENTITY_BYTES:
        raise EntityTooLargeError(
            f"the entity {entity.key.path!r} has {len(body)} bytes; at most {MAX_ENTITY_BYTES}"
        )
    for item in entity.properties:
        for value in item.values:
            plain = value.value if isinstance(value, Meant | Binary) else value
            data = plain.encode() if isinstance(plain, str) else plain
            if isinstance(data, bytes) and len(data) > MAX_RAW_BYTES:
                raise BadRequestError(
                    f"Property {item.name} is too long. Maximum length is {MAX_RAW_BYTES}."
                )


def decode(body: bytes) -> Entity:
    """Returns a stored entity."""
    return entity_decoder.decode(body)


def values_of(entity: Entity) -> Values:
    """Returns the encoded values of an entity's indexed properties, by name.

    Raises:
        BadRequestError: a property stands twice in it, or one is too long to be indexed.
    """
    values: Values = {}
    for item in entity.properties:
        if item.indexed:
            encoded = _indexed(item) if item.values else NOTHING
            if encoded and values.setdefault(item.name, encoded) is not encoded:
                raise BadRequestError(f"the property {item.name!r} stands twice in an entity")
    return values


def _indexed(item: Property) -> tuple[bytes, ...]:
    if len(item.values) == 1:
        value = item.values[0]
        encode = PLAIN.get(type(value))
        if encode is not None and len(encoded := encode(value)) <= MAX_INDEXED_BYTES:
            return (encoded,)
        return (_checked_value(item.name, value),) if is_indexable(value) else ()
    found = {_checked_value(item.name, value) for value in item.values if is_indexable(value)}
    return tuple(sorted(found))


def _checked_value(name: str, value: AnyValue) -> bytes:
    """Returns a value encoded; the encoding of a short one needs no look at its length."""
    if isinstance(value, Reference):
        check_key(value.key)
    encoded = encode_value(value)
    if len(encoded) > MAX_INDEXED_BYTES:
        _check_length(name, value)
    return encoded


def _check_length(name: str, value: AnyValue) -> None:
    plain = value.value if isinstance(value, Meant | Binary) else value
    is_link = isinstance(value, Meant) and value.meaning == Meaning.LINK
    most = MAX_LINK_BYTES if is_link else MAX_INDEXED_BYTES
    data = plain.encode() if isinstance(plain, str) else plain
    if isinstance(data, bytes) and len(data) > most:
        raise BadRequestError(
            f"the indexed property {name!r} has {len(data)} bytes; at most {most}"
        )


def check_writable(key: Key) -> None:
    """Refuses a key whose entity applications may not write.

    Raises:
        BadRequestError: a kind or a name in it is reserved.
    """
    for item in key.path:
        if isinstance(item, str) and item.startswith("__") and RESERVED.fullmatch(item):
            raise BadRequestError(f"{item!r} is reserved: the platform alone writes it")
