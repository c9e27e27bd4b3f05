"""Cursors: places between two results, by value and key, not by number."""

import msgspec

from appengine.datastore.server.indexes import KEY_NAME
from appengine.datastore.server.planner import Plan
from appengine.datastore.server.scan import Position
from appengine.datastore.server.values import encode_reference, invert, split
from appengine.datastore.service import BadRequestError, Cursor, Order


class _Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a cursor says.

    Attributes:
        orders: those of the query that made it.
        values: the result's values in these orders, encoded as ascending.
        key: the result's, encoded.
    """

    orders: tuple[Order, ...]
    values: tuple[bytes, ...]
    key: bytes


_decoder = msgspec.msgpack.Decoder(_Place)


def make_cursor(plan: Plan, position: Position) -> Cursor:
    """Returns the cursor behind a result."""
    suffix, key = position
    values = split(suffix, tuple(order.descending for order in plan.suffix))
    return msgspec.msgpack.encode(_Place(plan.suffix, tuple(values), key))


def read_cursor(plan: Plan, cursor: Cursor) -> tuple[Position, bool]:
    """Returns the result that a cursor stands at, and whether that one comes after the cursor.

    It does where the query is the reverse of the one that made the cursor.

    Raises:
        BadRequestError: it is no cursor, or another query's.
    """
    try:
        place = _decoder.decode(cursor)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRequestError(f"Invalid cursor: {error}") from error
    names = [order.property for order in place.orders]
    found = dict(zip(names, place.values, strict=False))
    found.setdefault(KEY_NAME, b"")
    wanted = [order.property for order in plan.suffix]
    if missing := [name for name in wanted if name not in found]:
        raise BadRequestError(
            f"Cursor does not match query: missing values for {', '.join(missing)}"
        )
    if [n for n in names if n != KEY_NAME] != [n for n in wanted if n != KEY_NAME]:
        raise BadRequestError(
            f"Cursor does not match query: it is sorted by {', '.join(names) or KEY_NAME}"
        )
    return (_suffix(plan, found, place.key), place.key), _is_reversed(plan, place)


def _suffix(plan: Plan, found: dict[str, bytes], key: bytes) -> bytes:
    parts = []
    for order in plan.suffix:
        value = found[order.property]
        if order.property == KEY_NAME and not value:
            value = encode_reference(key)
        parts.append(invert(value) if order.descending else value)
    return b"".join(parts)


def _is_reversed(plan: Plan, place: _Place) -> bool:
    """Whether the first order, or that of the keys, is the opposite of the cursor's."""
    here = (*plan.suffix, Order(KEY_NAME))[0]
    there = (*place.orders, Order(KEY_NAME))[0]
    return here.descending != there.descending
