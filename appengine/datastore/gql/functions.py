"""What the functions of GQL make of their operands: dates, keys, users, points.

Source: App Engine, "GQL Reference".
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import NoReturn, cast

from appengine.datastore.datastore_errors import BadQueryError
from appengine.datastore.datastore_types import GeoPt, Key
from appengine.users.service import User

EPOCH_DAY = date(1970, 1, 1)
POINT_PARTS = 2

Values = Sequence[object]


def apply(function: str, values: Values) -> object:
    """Returns what a function makes of bound values; dates and times are moments.

    Raises:
        BadQueryError: it cannot take these values.
    """
    return _FUNCTIONS[function](values)


def _fail(function: str, values: Values, reason: object) -> NoReturn:
    raise BadQueryError(
        f"Type Cast Error: unable to cast {list(values)!r} with operation {function} ({reason})"
    )


def _datetime(values: Values) -> object:
    if len(values) == 1:
        return _from_text("DATETIME", values, "%Y-%m-%d %H:%M:%S")
    return _from_numbers("DATETIME", values, datetime)


def _date(values: Values) -> object:
    if len(values) == 1:
        return _from_text("DATE", values, "%Y-%m-%d")
    day = cast(date, _from_numbers("DATE", values, date))
    return datetime.combine(day, time())


def _time(values: Values) -> object:
    if len(values) == 1 and isinstance(values[0], str):
        moment = cast(datetime, _from_text("TIME", values, "%H:%M:%S")).time()
    else:
        moment = cast(time, _from_numbers("TIME", values, time))
    return datetime.combine(EPOCH_DAY, moment)


def _from_text(function: str, values: Values, pattern: str) -> object:
    if not isinstance(values[0], str):
        _fail(function, values, "Single input value not a string")
    try:
        return datetime.strptime(values[0], pattern)
    except ValueError as error:
        _fail(function, values, error)


def _from_numbers(function: str, values: Values, make: Callable[..., object]) -> object:
    try:
        return make(*values)
    except (TypeError, ValueError) as error:
        _fail(function, values, error)


def _key(values: Values) -> object:
    if len(values) == 1:
        return Key(cast(str, values[0]))
    return Key.from_path(*cast(Sequence[str | int], values))


def _user(values: Values) -> object:
    if len(values) != 1:
        _fail("USER", values, "requires one and only one value")
    if not isinstance(values[0], str):
        _fail("USER", values, "requires an e-mail address")
    return User(values[0])


def _point(values: Values) -> object:
    if len(values) != POINT_PARTS:
        _fail("GEOPT", values, "requires 2 input parameters")
    return GeoPt(*cast(Sequence[float], values))


def _nop(values: Values) -> object:
    return values[0]


_FUNCTIONS: dict[str, Callable[[Values], object]] = {
    "date": _date,
    "datetime": _datetime,
    "geopt": _point,
    "key": _key,
    "list": list,
    "nop": _nop,
    "time": _time,
    "user": _user,
}
