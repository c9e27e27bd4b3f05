"""Translates keys, values and entities to the messages of the service, and back."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import cast

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.entities import Entity, listed
from appengine.datastore.datastore_errors import BadRequestError, BadValueError
from appengine.datastore.datastore_types import (
    IM,
    RESERVED_PROPERTY_NAME,
    Blob,
    BlobKey,
    ByteString,
    Category,
    Email,
    EmbeddedEntity,
    GeoPt,
    Key,
    Link,
    PhoneNumber,
    PostalAddress,
    Rating,
    Text,
    datetime_to_timestamp,
    resolve_application,
    timestamp_to_datetime,
    typename,
)
from appengine.rpc.frames import MAX_BODY_BYTES
from appengine.users.service import User

Meaning = wire.Meaning
_encoder = msgspec.msgpack.Encoder()


def key_to_wire(key: Key) -> wire.Key:
    """Returns the key's message; an incomplete key ends in None.

    Raises:
        BadRequestError: another application's key, or a path that no stored key can have.
    """
    if key._application != resolve_application(None):
        raise BadRequestError(
            f'app "{resolve_application(None)}" cannot access app "{key._application}"\'s data'
        )
    path = key._path
    if len(path) > wire.MAX_PATH:
        raise BadRequestError(
            f"a key's path has at most {wire.MAX_PATH // 2} elements; received {len(path) // 2}"
        )
    for item in path:
        if isinstance(item, str):
            if not item or len(item) > wire.MAX_NAME_BYTES or _exceeds(item):
                raise BadRequestError(
                    f"kinds and key names have 1 to {wire.MAX_NAME_BYTES} bytes; received {item!r}"
                )
        elif item < 0:
            raise BadRequestError(f"the id of a key is positive; received {item} in {key!r}")
    if not path[-1]:
        return wire.Key(key._namespace, (*path[:-1], None))
    return wire.Key(key._namespace, path)


def key_from_wire(application: str, key: wire.Key) -> Key:
    """Returns the key of `application` that a message names."""
    path = key.path
    if path[-1] is None:
        path = (*path[:-1], 0)
    return Key._make(application, key.namespace, cast("tuple[str | int, ...]", path))


def value_to_wire(value: object) -> wire.AnyValue:
    """Returns the message of one value.

    Raises:
        BadValueError: the datastore has no such type.
    """
    try:
        return _TO_WIRE[type(value)](value)
    except KeyError:
        raise BadValueError(
            f"the datastore stores no {typename(value)}; received {value!r}"
        ) from None


def value_from_wire(application: str, value: wire.AnyValue) -> object:
    """Returns the value that a message holds."""
    if isinstance(value, (wire.Meant, wire.Binary)):  # no union: it would be made each time
        return _FROM_WIRE[value.meaning](value.value)
    if isinstance(value, wire.Point):
        return GeoPt(value.latitude, value.longitude)
    if isinstance(value, wire.Reference):
        return key_from_wire(application, value.key)
    if isinstance(value, wire.User):
        return User(value.email, value.auth_domain, value.user_id or None, _strict_mode=False)
    return value


def entity_to_wire(entity: Entity) -> wire.Entity:
    """Returns the entity's message.

    Raises:
        BadRequestError: a reserved or over-long property name, or the result of a projection.
    """
    if entity.is_projection():
        raise BadRequestError(f"Cannot put a partial entity: {entity!r}")
    unindexed = entity.unindexed_properties()
    return wire.Entity(
        key_to_wire(entity.key()),
        tuple(
            wire.Property(
                _checked_name(name),
                tuple([value_to_wire(value) for value in listed(values)]),
                isinstance(values, list),
                name not in unindexed,
            )
            for name, values in entity.items()
        ),
    )


def entity_from_wire(application: str, data: msgspec.Raw) -> Entity:
    """Returns the entity that was stored as `data`."""
    stored = wire.entity_decoder.decode(data)
    properties: dict[str, object] = {}
    unindexed: list[str] = []
    for item in stored.properties:
        if item.multiple:
            properties[item.name] = [value_from_wire(application, value) for value in item.values]
        else:
            value = item.values[0]
            properties[item.name] = (
                value if type(value) in _PLAIN else value_from_wire(application, value)
            )
        if not item.indexed:
            unindexed.append(item.name)
    entity = Entity._load(key_from_wire(application, stored.key), properties)
    if unindexed:
        entity._unindexed = frozenset(unindexed)
    return entity


def encode_entity(entity: wire.Entity) -> msgspec.Raw:
    """Returns the entity encoded: so its size is known before it is sent.

    Raises:
        BadRequestError: a text in it is not valid Unicode.
        EntityTooLargeError: no call could carry it.
    """
    try:
        data = _encoder.encode(entity)
    except UnicodeEncodeError as error:
        raise BadRequestError(f"{error.object!r} is not valid UTF-8: {error.reason}") from error
    if len(data) > MAX_BODY_BYTES:
        raise wire.EntityTooLargeError(
            f"an entity of {len(data)} bytes; the datastore takes {wire.MAX_ENTITY_BYTES}"
        )
    return msgspec.Raw(data)


def check_names(*names: str) -> None:
    """Refuses names of kinds and properties that are too long for a call to carry.

    Raises:
        BadRequestError: one has over 500 bytes.
    """
    for name in names:
        if len(name) * 4 > wire.MAX_NAME_BYTES and _exceeds(name):
            raise BadRequestError(
                f"kinds and properties have names of at most {wire.MAX_NAME_BYTES} bytes; "
                f"received {name!r}"
            )


def checked_query(query: wire.Query) -> wire.Query:
    """Returns a query's message.

    Raises:
        BadRequestError: it has more parts, or longer names, than a call can carry.
    """
    named = [*(item.property for item in query.filters), *(item.property for item in query.orders)]
    check_names(query.kind, *named, *query.projection)
    if len(query.projection) > wire.MAX_COMPONENTS:
        raise BadRequestError(
            f"a projection has at most {wire.MAX_COMPONENTS} properties; "
            f"this one has {len(query.projection)}"
        )
    components = len(named) + (query.ancestor is not None)
    if components > wire.MAX_COMPONENTS:
        raise BadRequestError(
            f"query is too large. may not have more than {wire.MAX_COMPONENTS} filters + sort "
            f"orders ancestor total; this one has {components}"
        )
    return query


@lru_cache(maxsize=4096)
def _exceeds(name: str) -> bool:
    return len(name.encode("utf-8", "surrogatepass")) > wire.MAX_NAME_BYTES


@lru_cache(maxsize=4096)
def _checked_name(name: str | bytes) -> str:
    """Returns a property's name as text; bytes are its UTF-8."""
    if isinstance(name, bytes):
        try:
            name = name.decode()
        except UnicodeDecodeError as error:
            raise BadRequestError(f"the property name {name!r} is not UTF-8") from error
    if RESERVED_PROPERTY_NAME.match(name):
        raise BadRequestError(f"cannot store entity with reserved property name {name!r}")
    if _exceeds(name):
        raise BadRequestError(
            f"a property's name has at most {wire.MAX_NAME_BYTES} bytes; received {name!r}"
        )
    return name


def _meant(meaning: wire.Meaning) -> Callable[[object], wire.AnyValue]:
    return lambda value: wire.Meant(meaning, str(value))


def _binary(meaning: wire.Meaning) -> Callable[[bytes], wire.AnyValue]:
    return lambda value: wire.Binary(meaning, bytes(value))


def _as_is(value: wire.AnyValue) -> wire.AnyValue:
    return value


def _plain_bytes(value: bytes) -> wire.AnyValue:
    """Returns text: the Python 3 edition stores `bytes` as the string of their UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadValueError(f"{value[:50]!r} is not valid UTF-8; use Blob or ByteString") from error


_PLAIN = frozenset({type(None), bool, int, float, str})

_TO_WIRE: dict[type, Callable[..., wire.AnyValue]] = {
    **dict.fromkeys(_PLAIN, _as_is),
    bytes: _plain_bytes,
    datetime: lambda value: wire.Meant(Meaning.WHEN, datetime_to_timestamp(value)),
    Rating: lambda value: wire.Meant(Meaning.RATING, int(value)),
    Text: _meant(Meaning.TEXT),
    Category: _meant(Meaning.CATEGORY),
    Link: _meant(Meaning.LINK),
    Email: _meant(Meaning.EMAIL),
    IM: _meant(Meaning.IM),
    PhoneNumber: _meant(Meaning.PHONE),
    PostalAddress: _meant(Meaning.POSTAL),
    BlobKey: _meant(Meaning.BLOB_KEY),
    Blob: _binary(Meaning.BLOB),
    ByteString: _binary(Meaning.BYTES),
    EmbeddedEntity: _binary(Meaning.ENTITY),
    GeoPt: lambda value: wire.Point(value.lat, value.lon),
    User: lambda value: wire.User(value.email(), value.auth_domain(), value.user_id() or ""),
    Key: lambda value: wire.Reference(key_to_wire(value)),
}

_FROM_WIRE: dict[wire.Meaning, Callable[..., object]] = {
    Meaning.WHEN: timestamp_to_datetime,
    Meaning.RATING: Rating,
    Meaning.TEXT: Text,
    Meaning.CATEGORY: Category,
    Meaning.LINK: Link,
    Meaning.EMAIL: Email,
    Meaning.IM: IM,
    Meaning.PHONE: PhoneNumber,
    Meaning.POSTAL: PostalAddress,
    Meaning.BLOB_KEY: BlobKey,
    Meaning.BLOB: Blob,
    Meaning.BYTES: ByteString,
    Meaning.ENTITY: EmbeddedEntity,
}
