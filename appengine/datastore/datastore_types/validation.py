"""Further checks and small tools of App Engine's module, by its names.

Source: App Engine, `google.appengine.api.datastore_types`.
"""

from datetime import datetime, timedelta, tzinfo

from appengine.datastore.datastore_errors import BadValueError, ValueRangeError
from appengine.datastore.datastore_types.checks import MAX_STRING_BYTES, validate_integer
from appengine.datastore.datastore_types.keys import Key, typename
from appengine.datastore.datastore_types.points import IM
from appengine.datastore.datastore_types.property_values import (
    timestamp_to_datetime,
    validate_property,
)

MAX_LINK_LENGTH = 2083
"""Longest link, in characters. Source: App Engine, `_MAX_LINK_PROPERTY_LENGTH`."""


class UtcTzinfo(tzinfo):
    """Coordinated universal time."""

    def utcoffset(self, _dt: datetime | None) -> timedelta:
        """Returns no distance."""
        return timedelta(0)

    def dst(self, _dt: datetime | None) -> timedelta:
        """Returns no daylight saving."""
        return timedelta(0)

    def tzname(self, _dt: datetime | None) -> str:
        """Returns `UTC`."""
        return "UTC"

    def __repr__(self) -> str:
        return "datastore_types.UTC"


def partition_string(value: str, separator: str) -> tuple[str, str, str]:
    """Returns what is before the first separator, the separator, and what is behind it."""
    return value.partition(separator)


def validate_string_length(name: str, value: str | bytes, max_len: int) -> None:
    """Raises BadValueError unless a value has at most `max_len` bytes of UTF-8."""
    size = len(value.encode() if isinstance(value, str) else value)
    if size > max_len:
        raise BadValueError(
            f"Property {name} is {size} bytes long; it must be {max_len} or less. Consider Text "
            "instead, which can store strings of any length."
        )


def validate_property_string(name: str, value: str | bytes) -> None:
    """Raises BadValueError unless an indexed text or byte string is short enough."""
    validate_string_length(name, value, MAX_STRING_BYTES)


def validate_property_link(name: str, value: str) -> None:
    """Raises BadValueError unless a link is short enough."""
    validate_string_length(name, value, MAX_LINK_LENGTH)


def validate_property_integer(name: str, value: object) -> None:
    """Raises BadValueError unless a value is a whole number of 64 bits."""
    validate_integer(value, name, BadValueError, zero_ok=True, negative_ok=True)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueRangeError(f"Property {name}: {value} is out of bounds for int64")


def validate_property_key(name: str, value: Key) -> None:
    """Raises BadValueError unless a key is complete."""
    if not value.has_id_or_name():
        raise BadValueError(f"Incomplete key found for reference property {name}.")


def validate_property_nothing(_name: str, _value: object) -> None:
    """Accepts everything."""


def validate_read_property(name: str, values: object, read_only: bool = False) -> None:
    """Raises unless values have types that a property can have; their sizes do not matter.

    Raises:
        BadValueError: a type is not known.
    """
    items = values if isinstance(values, list) else [values]
    for value in items:
        short = value[:1] if isinstance(value, str | bytes) and is_plain(value) else value
        validate_property(name, short, read_only)


def is_plain(value: object) -> bool:
    """Whether a value is text or bytes, and of no class of its own."""
    return type(value) in (str, bytes)


def restore_from_index_value(index_value: object, data_type: type) -> object:
    """Returns a projected value as what its property holds.

    Args:
        index_value: as an index keeps it: a number, bytes or text.
        data_type: the property's.

    Raises:
        BadValueError: the value is not of the type.
    """
    if data_type is datetime and isinstance(index_value, int):
        return timestamp_to_datetime(index_value)
    if isinstance(index_value, bytes) and issubclass(data_type, str):
        index_value = index_value.decode()
    if data_type is IM and isinstance(index_value, str | bytes):
        text = index_value.decode() if isinstance(index_value, bytes) else index_value
        return IM(*text.split(" ", 1))
    if index_value is None or isinstance(index_value, data_type):
        return index_value
    try:
        return data_type(index_value)
    except (TypeError, ValueError) as error:
        raise BadValueError(
            f"Unexpected value {index_value!r} ({typename(index_value)}) for "
            f"{data_type.__name__}: {error}"
        ) from error
