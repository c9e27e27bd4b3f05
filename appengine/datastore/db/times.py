"""Properties of a date, a time, or both; a time without a zone is one in UTC.

Source: App Engine, "Property classes" (`google.appengine.ext.db`).
"""

from datetime import UTC, date, datetime, time
from typing import TypeVar

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.datastore_types import typename
from appengine.datastore.db.properties import AUTO_UPDATE_UNCHANGED, Property
from appengine.datastore.db.stored import Stored

T = TypeVar("T")
EPOCH_DAY = date(1970, 1, 1)


class _TimeProperty(Property[T]):
    """What the three have in common: they can take the moment of each or of the first put."""

    def __init__(
        self,
        verbose_name: str | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        **options: object,
    ) -> None:
        super().__init__(verbose_name, **options)  # type: ignore[arg-type]  # Property names them
        self.auto_now = auto_now
        self.auto_now_add = auto_now_add

    def validate(self, value: object) -> object:
        """Returns the value; errors as `Property.validate`."""
        value = super().validate(value)
        if value is not None and not isinstance(value, self.data_type):
            raise BadValueError(
                f"Property {self.name} must be a {self.data_type.__name__}, but was {value!r}"
            )
        return value

    def empty(self, value: object) -> bool:
        """Returns whether the value is None: midnight is a value."""
        return value is None

    def default_value(self) -> object:
        """Returns the present, where `auto_now` or `auto_now_add` says so."""
        if self.auto_now or self.auto_now_add:
            return self.now()
        return super().default_value()

    def get_updated_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns the present, where `auto_now` says so."""
        return self.now() if self.auto_now else AUTO_UPDATE_UNCHANGED

    @staticmethod
    def now() -> object:
        """Returns the present."""
        return datetime.now(UTC).replace(tzinfo=None)


class DateTimeProperty(_TimeProperty[datetime]):
    """A date and a time of day."""

    data_type = datetime

    def validate(self, value: object) -> object:
        """Returns the value; one that is false is stored as it is. Errors as `Property.validate`.

        Source: App Engine, `google.appengine.ext.db`, `DateTimeProperty.validate`.
        """
        return super().validate(value) if value else Property.validate(self, value)

    def make_value_from_datastore_index_value(self, index_value: object) -> object:
        """Returns the moment that an index holds."""
        return self.make_value_from_datastore(index_value)


class DateProperty(_TimeProperty[date]):
    """A date, stored as its midnight."""

    data_type = date

    def validate(self, value: object) -> object:
        """Returns the date; errors as `Property.validate`."""
        value = super().validate(value)
        if isinstance(value, datetime):
            raise BadValueError(f"Property {self.name} must be a date, not a {typename(value)}")
        return value

    def get_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns the midnight of the entity's date."""
        return to_datetime(super().get_value_for_datastore(model_instance))

    def make_value_from_datastore(self, value: object) -> object:
        """Returns the date of what was stored."""
        return value.date() if isinstance(value, datetime) else value

    @staticmethod
    def now() -> object:
        """Returns today."""
        return datetime.now(UTC).date()


class TimeProperty(_TimeProperty[time]):
    """A time of day, stored as one of the first day of 1970."""

    data_type = time

    def get_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns the entity's time on the first day of 1970."""
        return to_datetime(super().get_value_for_datastore(model_instance))

    def make_value_from_datastore(self, value: object) -> object:
        """Returns the time of day of what was stored."""
        return value.time() if isinstance(value, datetime) else value

    @staticmethod
    def now() -> object:
        """Returns the present time of day."""
        return datetime.now(UTC).time()


def to_datetime(value: object) -> object:
    """Returns a date as its midnight and a time as one of 1970; other values as they are."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if isinstance(value, time):
        return datetime.combine(EPOCH_DAY, value)
    return value
