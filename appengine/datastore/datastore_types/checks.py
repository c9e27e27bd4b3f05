"""The plainest checks of arguments: text and whole numbers, in the words of App Engine."""

from appengine.datastore.datastore_errors import BadValueError

MAX_STRING_BYTES = 1500
"""Longest indexed text, in bytes of UTF-8. Source: App Engine, "Properties and value types"."""


class Opaque(bytes):
    """Base of the bytes that are no text, even where they are UTF-8."""

    __slots__ = ()


def validate_string(
    value: object,
    name: str = "unused",
    exception: type[Exception] = BadValueError,
    max_len: int | None = MAX_STRING_BYTES,
    empty_ok: bool = False,
) -> None:
    """Raises `exception` unless `value` is text of at most `max_len` bytes of UTF-8."""
    if value is None and empty_ok:
        return
    if not isinstance(value, str | bytes) or isinstance(value, Opaque):
        raise exception(
            f"{name} should be a string; received {value!r} (a {type(value).__name__}):"
        )
    if not value and not empty_ok:
        raise exception(f"{name} must not be empty.")
    if max_len is not None and len(value) * 4 > max_len and _size(value) > max_len:
        raise exception(f"{name} must be under {max_len} bytes.")


def validate_integer(  # App Engine's own positions
    value: object,
    name: str = "unused",
    exception: type[Exception] = BadValueError,
    empty_ok: bool = False,
    zero_ok: bool = False,
    negative_ok: bool = False,
) -> None:
    """Raises `exception` unless `value` is a whole number, positive where not stated else."""
    if value is None and empty_ok:
        return
    if not isinstance(value, int):
        raise exception(
            f"{name} should be an integer; received {value!r} (a {type(value).__name__})."
        )
    if not value and not zero_ok:
        raise exception(f"{name} must not be 0 (zero)")
    if value < 0 and not negative_ok:
        raise exception(f"{name} must not be negative.")


def _size(value: str | bytes) -> int:
    return len(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
