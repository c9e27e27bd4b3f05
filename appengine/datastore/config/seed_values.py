"""Values of a seed file: what YAML has types for, and one-key mappings for the others."""

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from appengine.config.errors import shown, suggestion
from appengine.datastore.config.spots import Spot
from appengine.datastore.service import (
    AnyValue,
    Binary,
    Key,
    Meaning,
    Meant,
    Point,
    Reference,
    User,
)

INTEGERS = range(-(2**63), 2**63)
"""What an integer property holds."""

IDS = range(1, 2**63)
RATINGS = range(101)
LATITUDE, LONGITUDE = 90, 180
"""Degrees on either side."""

MAX_LINK_BYTES = 2083
"""Longest address of a link. Source: App Engine, "Properties and value types"."""

PROTOCOLS = frozenset({"sip", "unknown", "xmpp"})
"""Of instant messaging; another one is a URL. Source: App Engine, `datastore_types.IM`."""

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)

T = TypeVar("T")


class Values:
    """Reads the values of one entity."""

    def __init__(self, namespace: str, auth_domain: str) -> None:
        """Takes what values leave out: the namespace of keys, the domain of users' accounts."""
        self._namespace = namespace
        self._auth_domain = auth_domain
        self._types: dict[str, Callable[[Spot], AnyValue]] = {
            "blob": partial(_bytes, Meaning.BLOB),
            "blob_key": partial(_text, Meaning.BLOB_KEY),
            "bytes": partial(_bytes, Meaning.BYTES),
            "category": partial(_text, Meaning.CATEGORY),
            "date": _date,
            "datetime": _datetime,
            "email": partial(_text, Meaning.EMAIL),
            "geopt": _point,
            "im": _handle,
            "key": self._reference,
            "link": _link,
            "phone": partial(_text, Meaning.PHONE),
            "postal": partial(_text, Meaning.POSTAL),
            "rating": _rating,
            "text": lambda spot: Meant(Meaning.TEXT, spot.text()),
            "time": _time,
            "user": self._user,
        }

    def read(self, spot: Spot) -> AnyValue:
        """Returns one value.

        Raises:
            ConfigurationError: it is a list, or nothing that the datastore has a type for.
        """
        if spot.is_list:
            raise spot.error("a list within a list; the datastore stores none")
        if not spot.is_mapping:
            return _plain(spot)
        members = spot.members()
        if len(members) != 1:
            keys = ", ".join(map(shown, members))
            raise spot.error(f"expected one key that names a type, not {keys or 'none'}")
        ((name, inner),) = members.items()
        if name not in self._types:
            raise inner.error(f"there is no type {shown(name)}" + suggestion(name, self._types))
        return self._types[name](inner)

    def _reference(self, spot: Spot) -> AnyValue:
        return Reference(Key(self._namespace, read_path(spot)))

    def _user(self, spot: Spot) -> AnyValue:
        return User(_filled(spot), self._auth_domain)


def read_path(spot: Spot) -> tuple[int | str, ...]:
    """Returns the path that a list states: kind, name or id, kind, name or id ...

    Raises:
        ConfigurationError: it is no list of pairs.
    """
    items = spot.items()
    if not items or len(items) % 2:
        text = f"expected pairs of a kind and a name or an id, not {len(items)} items"
        raise spot.error(text)
    return tuple(
        _name_or_id(item) if number % 2 else _filled(item) for number, item in enumerate(items)
    )


def _name_or_id(spot: Spot) -> int | str:
    value = spot.value()
    return read_id(spot) if isinstance(value, int) and value is not True else _filled(spot)


def read_id(spot: Spot) -> int:
    """Returns an entity's id.

    Raises:
        ConfigurationError: it is no integer from 1 on.
    """
    value = spot.value()
    if not isinstance(value, int) or isinstance(value, bool) or value not in IDS:
        raise spot.error(f"expected an id from 1 to {IDS[-1]}, not {shown(str(value))}")
    return value


def _plain(spot: Spot) -> AnyValue:
    value = spot.value()
    if isinstance(value, date):
        return _moment(spot, value)
    if isinstance(value, int) and value not in INTEGERS:
        raise spot.error(f"{shown(str(value))} is not from {INTEGERS[0]} to {INTEGERS[-1]}")
    return value


def _moment(spot: Spot, value: date) -> Meant:
    """Returns a date as its midnight, a moment with a zone as that of UTC."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if moment.tzinfo is not None:
        try:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError as error:
            raise spot.error(f"{value} is in no year from 1 to 9999 of UTC") from error
    return Meant(Meaning.WHEN, (moment - EPOCH) // MICROSECOND)


def _date(spot: Spot) -> AnyValue:
    return _moment(spot, _iso(spot, date.fromisoformat, "a date such as 2008-04-07"))


def _datetime(spot: Spot) -> AnyValue:
    expected = "a date and a time such as 2008-04-07 10:30:00"
    return _moment(spot, _iso(spot, datetime.fromisoformat, expected))


def _time(spot: Spot) -> AnyValue:
    """Returns a time of day as one of the first day of 1970.

    Source: App Engine, "Property classes", `TimeProperty`.
    """
    expected = "a time of day such as 10:30:00"
    return _moment(spot, datetime.combine(EPOCH, _iso(spot, time.fromisoformat, expected)))


def _iso(spot: Spot, parse: Callable[[str], T], expected: str) -> T:
    text = spot.text()
    try:
        return parse(text)
    except ValueError as error:
        raise spot.error(f"{shown(text)} is not {expected}") from error


def _filled(spot: Spot) -> str:
    text = spot.text()
    if not text:
        raise spot.error("a text that is not empty is missing")
    return text


def _text(meaning: Meaning, spot: Spot) -> AnyValue:
    return Meant(meaning, _filled(spot))


def _link(spot: Spot) -> AnyValue:
    text = spot.text()
    if not is_link(text):
        raise spot.error(f"{shown(text)} is no URL")
    if (size := len(text.encode())) > MAX_LINK_BYTES:
        raise spot.error(f"a URL of {size} bytes; at most {MAX_LINK_BYTES}")
    return Meant(Meaning.LINK, text)


def is_link(text: str) -> bool:
    """Returns whether a text has a scheme and a host, or is the URL of a file with its path."""
    try:
        scheme, host, path = urlsplit(text)[:3]
    except ValueError:
        return False
    return bool(scheme and (path if scheme == "file" else host))


def _handle(spot: Spot) -> AnyValue:
    text = spot.text()
    protocol, _, address = text.partition(" ")
    if not address or not (protocol in PROTOCOLS or is_link(protocol)):
        raise spot.error(f"{shown(text)} is no protocol and address such as 'xmpp ann@example.com'")
    return Meant(Meaning.IM, text)


def _rating(spot: Spot) -> AnyValue:
    value = spot.value()
    if not isinstance(value, int) or isinstance(value, bool) or value not in RATINGS:
        raise spot.error(f"{shown(str(value))} is no rating from {RATINGS[0]} to {RATINGS[-1]}")
    return Meant(Meaning.RATING, value)


def _bytes(meaning: Meaning, spot: Spot) -> AnyValue:
    text = "".join(spot.text().split())
    try:
        return Binary(meaning, b64decode(text, validate=True))
    except ValueError as error:
        raise spot.error(f"{shown(text)} is not base64: {error}") from error


def _point(spot: Spot) -> AnyValue:
    items = spot.items()
    if len(items) != 2:  # noqa: PLR2004  # latitude and longitude
        raise spot.error(f"expected [latitude, longitude], not {len(items)} items")
    return Point(_degrees(items[0], LATITUDE), _degrees(items[1], LONGITUDE))


def _degrees(spot: Spot, most: int) -> float:
    value = spot.value()
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
        raise spot.error(f"expected degrees from -{most} to {most}, not {shown(str(value))}")
    return float(value)
