"""Properties of one plain value: text, bytes, numbers, truth.

Source: App Engine, "Property classes" (`google.appengine.ext.db`).
"""

from collections.abc import Callable
from typing import TypeVar

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.datastore_types import (
    IM,
    MAX_STRING_BYTES,
    Blob,
    ByteString,
    Category,
    Email,
    GeoPt,
    Link,
    PhoneNumber,
    PostalAddress,
    Rating,
    Text,
    typename,
)
from appengine.datastore.db.errors import DerivedPropertyError
from appengine.datastore.db.properties import Property, UnindexedProperty
from appengine.datastore.db.stored import Stored

T = TypeVar("T")
INTEGER_BITS = 64


def _check_length(name: str, length: int) -> None:
    if length > MAX_STRING_BYTES:
        raise BadValueError(
            f"Property {name} is {length} bytes long; it must be {MAX_STRING_BYTES} or less."
        )


class StringProperty(Property[str]):
    """Text of up to 1,500 bytes, on one line unless `multiline`."""

    MAX_LENGTH = MAX_STRING_BYTES
    data_type = str

    def __init__(
        self, verbose_name: str | None = None, multiline: bool = False, **options: object
    ) -> None:
        super().__init__(verbose_name, **options)  # type: ignore[arg-type]  # Property names them
        self.multiline = multiline

    def validate(self, value: object) -> object:
        """Returns the text; errors as `Property.validate`."""
        value = super().validate(value)
        if value is None:
            return value
        if not isinstance(value, str):
            raise BadValueError(
                f"Property {self.name} must be a str instance, not a {typename(value)}"
            )
        if not self.multiline and "\n" in value:
            raise BadValueError(f"Property {self.name} is not multi-line")
        if len(value) * 4 > MAX_STRING_BYTES:
            _check_length(self.name, len(value.encode("utf-8", "surrogatepass")))
        return value


class TextProperty(UnindexedProperty[Text]):
    """Text of any length, in no index."""

    data_type = Text


class ByteStringProperty(Property[ByteString]):
    """Up to 1,500 bytes."""

    MAX_LENGTH = MAX_STRING_BYTES
    data_type = ByteString

    def validate(self, value: object) -> object:
        """Returns the bytes; errors as `Property.validate`."""
        if value is not None and not isinstance(value, ByteString):
            if not isinstance(value, bytes):
                raise BadValueError(
                    f"Property {self.name} must be convertible to a ByteString instance "
                    f"(ByteString() argument should be bytes instance, not {typename(value)})"
                )
            value = ByteString(value)
        value = super().validate(value)
        if isinstance(value, bytes):
            _check_length(self.name, len(value))
        return value


class BlobProperty(UnindexedProperty[Blob]):
    """Bytes of any length, in no index."""

    data_type = Blob


class BooleanProperty(Property[bool]):
    """True or False."""

    data_type = bool

    def validate(self, value: object) -> object:
        """Returns the value; errors as `Property.validate`."""
        value = super().validate(value)
        if value is not None and not isinstance(value, bool):
            raise BadValueError(f"Property {self.name} must be a bool")
        return value

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: False is a value."""
        return value is None


class IntegerProperty(Property[int]):
    """A whole number of 64 bits."""

    data_type = int

    def validate(self, value: object) -> object:
        """Returns the number; errors as `Property.validate`."""
        value = super().validate(value)
        if value is None:
            return value
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadValueError(
                f"Property {self.name} must be an int or long, not a {typename(value)}"
            )
        if not -(2 ** (INTEGER_BITS - 1)) <= value < 2 ** (INTEGER_BITS - 1):
            raise BadValueError(f"Property {self.name} must fit in {INTEGER_BITS} bits")
        return value

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: 0 is a value."""
        return value is None


class FloatProperty(Property[float]):
    """A number with a fraction."""

    data_type = float

    def validate(self, value: object) -> object:
        """Returns the number; errors as `Property.validate`."""
        value = super().validate(value)
        if value is not None and not isinstance(value, float):
            raise BadValueError(f"Property {self.name} must be a float")
        return value

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: 0.0 is a value."""
        return value is None


class _CoercingProperty(Property[T]):
    """Base of the properties that make their type of what they are given."""

    def validate(self, value: object) -> object:
        """Returns the value as `data_type`, which checks it; errors as `Property.validate`."""
        if value is not None and not isinstance(value, self.data_type):
            make: Callable[[object], object] = self.data_type
            value = make(value)
        return super().validate(value)


class CategoryProperty(_CoercingProperty[Category]):
    """A tag."""

    data_type = Category


class LinkProperty(_CoercingProperty[Link]):
    """A URL."""

    data_type = Link


URLProperty = LinkProperty
"""The name of links that came first."""


class EmailProperty(_CoercingProperty[Email]):
    """An e-mail address."""

    data_type = Email


class PhoneNumberProperty(_CoercingProperty[PhoneNumber]):
    """A telephone number."""

    data_type = PhoneNumber


class PostalAddressProperty(_CoercingProperty[PostalAddress]):
    """A postal address."""

    data_type = PostalAddress


class IMProperty(_CoercingProperty[IM]):
    """An instant messaging handle."""

    data_type = IM


class GeoPtProperty(_CoercingProperty[GeoPt]):
    """A point on the Earth."""

    data_type = GeoPt


class RatingProperty(Property[Rating]):
    """A whole number from 0 to 100."""

    data_type = Rating

    def validate(self, value: object) -> object:
        """Returns the rating; errors as `Property.validate`."""
        if value is not None and not isinstance(value, Rating):
            if not isinstance(value, int) or isinstance(value, bool):
                raise BadValueError(
                    f"Property {self.name} must be an int or long, not a {typename(value)}"
                )
            value = Rating(value)
        return super().validate(value)

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: 0 is a value."""
        return value is None


class ComputedProperty(Property[object]):
    """A value that a function makes of the entity, each time that it is read or stored."""

    def __init__(self, value_function: Callable[[Stored], object], indexed: bool = True) -> None:
        super().__init__(indexed=indexed)
        self._make = value_function

    def __get__(  # type: ignore[override]  # what the function makes, not what was kept
        self, instance: Stored | None, owner: type[Stored] | None = None
    ) -> object:
        """Returns what the function makes of the entity, or on the model itself the property."""
        return self if instance is None else self._make(instance)

    def __set__(self, instance: Stored, value: object) -> None:
        """Refuses.

        Raises:
            DerivedPropertyError: always.
        """
        raise DerivedPropertyError(f"Computed property {self.name} cannot be set.")
