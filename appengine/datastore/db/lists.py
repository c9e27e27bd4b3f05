"""Properties of several values.

Source: App Engine, "Property classes" (`google.appengine.ext.db`).
"""

from datetime import date, datetime, time
from typing import TypeVar, cast

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.datastore_types import TYPE_NAMES, UNINDEXED_TYPES
from appengine.datastore.db.errors import ConfigurationError
from appengine.datastore.db.properties import Property
from appengine.datastore.db.stored import Stored
from appengine.datastore.db.times import to_datetime

T = TypeVar("T")

ITEM_TYPES = frozenset(TYPE_NAMES) - {type(None)} | {date, time}


class ListProperty(Property[list[T]]):
    """A list of values of one type; never None. An empty list is not stored.

    Attributes:
        item_type: the type of each item.
        write_empty_list: an empty list is stored too, and read back as one.
    """

    data_type = list

    def __init__(
        self,
        item_type: type[T],
        verbose_name: str | None = None,
        default: list[T] | None = None,
        write_empty_list: bool | None = None,
        **options: object,
    ) -> None:
        """Makes the property.

        Raises:
            TypeError: `item_type` is no type.
            ValueError: no property can hold values of this type.
            ConfigurationError: `required=False`: a list is never None.
        """
        if not isinstance(item_type, type):
            raise TypeError("Item type should be a type object")
        if item_type not in ITEM_TYPES:
            raise ValueError(f"Item type {item_type.__name__} is not acceptable")
        if not options.pop("required", True):
            raise ConfigurationError("required must be True.")
        if issubclass(item_type, UNINDEXED_TYPES):
            options["indexed"] = False
        super().__init__(verbose_name, default=default, required=True, **options)  # type: ignore[arg-type]  # Property names them
        self.item_type = item_type
        self.write_empty_list = bool(write_empty_list)

    def validate(self, value: object) -> object:
        """Returns the list; errors as `Property.validate`."""
        value = super().validate(value)
        if not isinstance(value, list):
            raise BadValueError(f"Property {self.name} must be a list")
        return self.validate_list_contents(value)

    def validate_list_contents(self, value: list[object]) -> list[object]:
        """Returns the list whose items are checked.

        Raises:
            BadValueError: an item is of another type.
        """
        accepted = self.item_type
        for item in value:
            good = isinstance(item, accepted)
            if accepted is int:
                good = good and not isinstance(item, bool)
            if not good:
                wanted = "integers" if accepted is int else f"{accepted.__name__} instances"
                raise BadValueError(f"Items in the {self.name} list must all be {wanted}")
        return value

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: the empty list is a value."""
        return value is None

    def default_value(self) -> object:
        """Returns a new list of the default's items."""
        return list(cast(list[T], super().default_value()) or [])

    def get_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns the list, its dates and times as moments."""
        value = super().get_value_for_datastore(model_instance)
        if not isinstance(value, list):
            return value
        value = self.validate_list_contents(value)  # it may have been changed in place
        return [to_datetime(item) for item in value]

    def make_value_from_datastore(self, value: object) -> object:
        """Returns the list of what was stored."""
        if not isinstance(value, list) or self.item_type not in (date, time):
            return value
        return [_from_datetime(item, self.item_type) for item in value]

    def make_value_from_datastore_index_value(self, index_value: object) -> object:
        """Returns a list of the one value that an index row holds."""
        return self.make_value_from_datastore([index_value])


class StringListProperty(ListProperty[str]):
    """A list of texts."""

    def __init__(
        self,
        verbose_name: str | None = None,
        default: list[str] | None = None,
        write_empty_list: bool | None = None,
        **options: object,
    ) -> None:
        super().__init__(str, verbose_name, default, write_empty_list, **options)


def _from_datetime(value: object, wanted: type) -> object:
    if wanted is date and isinstance(value, datetime):
        return value.date()
    if wanted is time and isinstance(value, datetime):
        return value.time()
    return value
