"""What a property may hold: the types, their names, and the checks before it is stored.

Source: App Engine, "Properties and value types" (`google.appengine.api.datastore_types`).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from appengine.datastore.datastore_errors import (
    BadPropertyError,
    BadValueError,
    ValueRangeError,
)
from appengine.datastore.datastore_types.checks import validate_string
from appengine.datastore.datastore_types.keys import Key
from appengine.datastore.datastore_types.points import IM, BlobKey, GeoPt, Rating
from appengine.datastore.datastore_types.texts import (
    MAX_LINK_BYTES,
    Blob,
    ByteString,
    Category,
    Email,
    EmbeddedEntity,
    Link,
    PhoneNumber,
    PostalAddress,
    Text,
)
from appengine.users.service import User

Value = None | bool | int | float | str | bytes | datetime | Key | GeoPt | IM | BlobKey | User
"""One value; those of the types of `texts`, and Rating, are strings, bytes and integers too."""

KEY_SPECIAL_PROPERTY = "__key__"
SCATTER_SPECIAL_PROPERTY = "__scatter__"
RESERVED_PROPERTY_NAME = re.compile("^__.*__$")
EPOCH = datetime(1970, 1, 1)  # datastore times are naive and mean UTC
MAX_INTEGER = 2**63 - 1

TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "int",
    float: "float",
    str: "string",
    bytes: "bytes",
    datetime: "gd:when",
    Key: "key",
    User: "user",
    GeoPt: "georss:point",
    Text: "text",
    Blob: "blob",
    ByteString: "bytestring",
    EmbeddedEntity: "entity:proto",
    Category: "atom:category",
    Link: "atom:link",
    Email: "gd:email",
    IM: "gd:im",
    PhoneNumber: "gd:phonenumber",
    PostalAddress: "gd:postaladdress",
    Rating: "gd:rating",
    BlobKey: "blobkey",
}
"""The name of each type in XML and on the console, by the type; exactly these may be stored."""

UNINDEXED_TYPES = (Text, Blob, EmbeddedEntity)
"""Types whose values are in no index."""

_types_by_name = {name: value for value, name in TYPE_NAMES.items()}


def property_type_name(value: object) -> str:
    """Returns the name of a value's type: `gd:when` for a datetime."""
    return TYPE_NAMES[type(value)]


def from_property_type_name(name: str) -> type:
    """Returns the type that has this name: the reverse of `property_type_name`."""
    return _types_by_name[name]


def property_value_from_string(kind: type, text: str, _auth_domain: str | None = None) -> object:
    """Returns the value of type `kind` that `text` shows, as on the Admin Console.

    Raises:
        ValueError: `text` shows no such value.
    """
    if kind is datetime:
        return _datetime_from_string(text.strip())
    if kind is User:
        return User(text, _auth_domain)
    if kind is bool:
        return text.lower() == "true"
    if kind is type(None):
        return None
    if kind in (Blob, ByteString, bytes, EmbeddedEntity):
        make: Callable[[bytes], object] = kind
        return make(text.encode())
    return kind(text)


def datetime_to_timestamp(value: datetime) -> int:
    """Returns microseconds since 1970 in UTC; a naive time is one in UTC.

    Raises:
        BadValueError: in UTC it lies outside of the years from 1 to 9999.
    """
    if value.tzinfo is not None:
        try:
            value = value.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise BadValueError(f"{value!r} is outside of the years 1 to 9999 in UTC") from error
    return (value - EPOCH) // timedelta(microseconds=1)


def timestamp_to_datetime(microseconds: int) -> datetime:
    """Returns the naive time in UTC that lies `microseconds` after 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def validate_property(name: object, values: object, read_only: bool = False) -> None:
    """Raises unless a property of this name can hold `values`: one value or a list.

    Raises:
        BadPropertyError: the name is no text or is empty.
        BadValueError: a value's type is none of `TYPE_NAMES`, or the value is out of bounds.
    """
    validate_string(name, "property name", BadPropertyError)
    if isinstance(values, tuple):
        raise BadValueError(f"May not use tuple property value; property {name} is {values!r}.")
    for value in values if isinstance(values, list) else [values]:
        check = _CHECKS.get(type(value))
        if check is not None:
            check(str(name), value)
        elif type(value) not in TYPE_NAMES:
            raise BadValueError(f"Unsupported type for property {name}: {type(value)}")


def _check_integer(name: str, value: int) -> None:
    if not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        raise ValueRangeError(f"Property {name} must fit in 64 bits; received {value}")


def _check_key(name: str, value: Key) -> None:
    if not value.has_id_or_name():
        raise BadValueError(f"Incomplete key found for reference property {name}.")


def _check_link(name: str, value: Link) -> None:
    validate_string(value, name, max_len=MAX_LINK_BYTES)


_CHECKS: dict[type, Callable[[str, object], None]] = {
    int: _check_integer,  # type: ignore[dict-item]  # each gets values of the type it stands by
    Key: _check_key,  # type: ignore[dict-item]  # as above
    Link: _check_link,  # type: ignore[dict-item]  # as above
}


def _datetime_from_string(text: str) -> datetime:
    whole, _, fraction = text.partition(".")
    moment = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S")  # naive means UTC
    return moment.replace(microsecond=int(fraction.ljust(6, "0")[:6])) if fraction else moment
