"""Property values of more than one part, or with bounds: GeoPt, IM, Rating, BlobKey.

Source: App Engine, "Properties and value types" (`google.appengine.api.datastore_types`).
"""

from functools import total_ordering
from html import escape
from typing import Self

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.datastore_types.checks import validate_string
from appengine.datastore.datastore_types.texts import Link

MAX_LATITUDE, MAX_LONGITUDE = 90, 180


@total_ordering
class GeoPt:
    """A point on the Earth: degrees of latitude, within 90, and of longitude, within 180."""

    __slots__ = ("lat", "lon")
    lat: float
    lon: float

    def __init__(self, lat: float | str, lon: float | None = None) -> None:
        """Takes two numbers, or one text `"lat,lon"`.

        Raises:
            BadValueError: they are no numbers, or out of bounds.
        """
        first, second = _split_point(lat) if lon is None else (lat, lon)
        try:
            self.lat, self.lon = float(first), float(second)
        except (TypeError, ValueError) as error:
            raise BadValueError(
                f"Expected floats for lat and long; received {first} (a {type(first).__name__}) "
                f"and {second} (a {type(second).__name__})."
            ) from error
        if not abs(self.lat) <= MAX_LATITUDE:
            raise BadValueError(f"Latitude must be between -90 and 90; received {self.lat:f}")
        if not abs(self.lon) <= MAX_LONGITUDE:
            raise BadValueError(f"Longitude must be between -180 and 180; received {self.lon:f}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GeoPt):
            return NotImplemented
        return (self.lat, self.lon) == (other.lat, other.lon)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, GeoPt):
            return NotImplemented
        return (self.lat, self.lon) < (other.lat, other.lon)

    def __hash__(self) -> int:
        return hash((self.lat, self.lon))

    def __repr__(self) -> str:
        return f"datastore_types.GeoPt({self.lat!r}, {self.lon!r})"

    def __str__(self) -> str:
        return f"{self.lat},{self.lon}"

    def to_xml(self) -> str:
        """Returns the point as an element of GeoRSS."""
        return f"<georss:point>{self.lat} {self.lon}</georss:point>"

    ToXml = to_xml


def _split_point(text: object) -> tuple[str, str]:
    parts = text.split(",") if isinstance(text, str) else []
    if len(parts) != 2:  # noqa: PLR2004  # latitude and longitude
        raise BadValueError(
            f'Expected a "lat,long" formatted string; received {text} (a {type(text).__name__}).'
        )
    return parts[0].strip(), parts[1].strip()


@total_ordering
class IM:
    """An instant messaging handle: the protocol's name or address, then the handle."""

    __slots__ = ("address", "protocol")
    PROTOCOLS = ("sip", "unknown", "xmpp")
    protocol: str
    address: str

    def __init__(self, protocol: str, address: str | None = None) -> None:
        """Takes protocol and address, or one text `"protocol address"`.

        Raises:
            BadValueError: the protocol is neither one of `PROTOCOLS` nor a URL.
        """
        if address is None:
            validate_string(protocol, "protocol and address")
            if " " not in protocol:
                raise BadValueError(
                    f'Expected string of format "protocol address"; received {protocol}'
                )
            protocol, address = protocol.split(" ", 1)
        validate_string(address, "address")
        if protocol not in self.PROTOCOLS:
            Link(protocol)
        self.protocol, self.address = protocol, address

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IM):
            return NotImplemented
        return str(self) == str(other)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, IM):
            return NotImplemented
        return str(self) < str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"datastore_types.IM({self.protocol!r}, {self.address!r})"

    def __str__(self) -> str:
        return f"{self.protocol} {self.address}"

    def __len__(self) -> int:
        return len(str(self))

    def to_xml(self) -> str:
        """Returns the handle as an element of a Google Data feed."""
        protocol, address = escape(self.protocol), escape(self.address)
        return f'<gd:im protocol="{protocol}" address="{address}" />'

    ToXml = to_xml


class Rating(int):
    """What a person thinks of something: a whole number from 0 to 100."""

    MIN = 0
    MAX = 100

    def __new__(cls, rating: int | str) -> Self:
        """Checks the bounds.

        Raises:
            BadValueError: the number is not between 0 and 100.
        """
        if isinstance(rating, float | complex):
            raise BadValueError(f"a rating is a whole number; received {rating!r}")
        value = super().__new__(cls, rating)
        if not cls.MIN <= value <= cls.MAX:
            raise BadValueError(f"a rating is from {cls.MIN} to {cls.MAX}; received {int(value)}")
        return value

    def to_xml(self) -> str:
        """Returns the rating as an element of a Google Data feed."""
        return f'<gd:rating value="{int(self)}" min="{self.MIN}" max="{self.MAX}" />'

    ToXml = to_xml


@total_ordering
class BlobKey:
    """Names a blob of the blobstore; equal to its text."""

    __slots__ = ("_text",)

    def __init__(self, blob_key: str) -> None:
        validate_string(blob_key, "blob-key", empty_ok=True)
        self._text = blob_key if isinstance(blob_key, str) else bytes(blob_key).decode()

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"datastore_types.BlobKey({self._text!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, BlobKey | str):
            return self._text == str(other)
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        if isinstance(other, BlobKey | str):
            return self._text < str(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def to_xml(self) -> str:
        """Returns the key's text."""
        return self._text

    ToXml = to_xml
