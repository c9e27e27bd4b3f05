"""The language and the time zone of one request's visitor.

Source: webapp2, "i18n", `I18n`; Babel, "API Reference".
"""

import datetime as times
import decimal
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from babel import dates, numbers

from appengine.webapp2.request import Request
from appengine.webapp2_extras import registry
from appengine.webapp2_extras.i18n.store import get_store

Moment = times.datetime

I18N_KEY = "webapp2_extras.i18n.I18n"


class I18n:
    """The language and the time zone of one request."""

    def __init__(self, request: Request) -> None:
        self.store = get_store(app=registry.app_of(request))
        self.set_locale(self.store.locale_selector(request))
        self.set_timezone(self.store.timezone_selector(request))

    def set_locale(self, locale: str) -> None:
        """Sets the language of the request."""
        self.locale = locale
        self.translations = self.store.get_translations(locale)

    def set_timezone(self, timezone: str) -> None:
        """Sets the time zone of the request.

        Raises:
            LookupError: there is none of that name.
        """
        self.timezone = timezone
        self.tzinfo = dates.get_timezone(timezone)

    def gettext(self, string: str, **variables: object) -> str:
        """Returns a text in the language, `%(name)s` replaced by the variables."""
        return _filled(self.translations.gettext(string), variables)

    def ngettext(self, singular: str, plural: str, n: int, **variables: object) -> str:
        """Returns a text for a number in the language; the number is the variable `n`."""
        return _filled(self.translations.ngettext(singular, plural, n), {"n": n, **variables})

    def to_local_timezone(self, datetime: Moment) -> Moment:
        """Returns a moment in the visitor's time zone; one without a zone is UTC."""
        aware = datetime if datetime.tzinfo else datetime.replace(tzinfo=times.UTC)
        return aware.astimezone(self.tzinfo)

    def to_utc(self, datetime: Moment) -> Moment:
        """Returns a moment in UTC and without a zone, as the datastore keeps it."""
        aware = datetime if datetime.tzinfo else datetime.replace(tzinfo=self.tzinfo)
        return aware.astimezone(times.UTC).replace(tzinfo=None)

    def _get_format(self, key: str, format: str | None) -> str:  # noqa: A002  # webapp2's name
        chosen = format or self.store.date_formats.get(key) or "medium"
        return self.store.date_formats.get(f"{key}.{chosen}") or chosen

    def format_date(
        self,
        date: times.date | None = None,
        format: str | None = None,  # noqa: A002  # webapp2's name
        rebase: bool = True,
    ) -> str:
        """Returns a date in the language, by default today's; `rebase`: in the visitor's zone."""
        value = date or _now()
        if isinstance(value, Moment) and rebase:
            value = self.to_local_timezone(value)
        return str(dates.format_date(value, self._get_format("date", format), locale=self.locale))

    def format_datetime(
        self,
        datetime: Moment | None = None,
        format: str | None = None,  # noqa: A002  # webapp2's name
        rebase: bool = True,
    ) -> str:
        """Returns a moment in the language, by default now; `rebase`: in the visitor's zone."""
        return self._format_moment(dates.format_datetime, "datetime", datetime, format, rebase)

    def format_time(
        self,
        time: Moment | times.time | None = None,
        format: str | None = None,  # noqa: A002  # webapp2's name
        rebase: bool = True,
    ) -> str:
        """Returns a time in the language, by default now; `rebase`: in the visitor's zone."""
        return self._format_moment(dates.format_time, "time", time, format, rebase)

    def _format_moment(
        self,
        function: Callable[..., str],
        key: str,
        value: Moment | times.time | None,
        format: str | None,  # noqa: A002  # webapp2's name
        rebase: bool,
    ) -> str:
        options: dict[str, object] = {"tzinfo": self.tzinfo} if rebase else {}
        text = function(
            value or _now(), self._get_format(key, format), locale=self.locale, **options
        )
        return str(text)

    def format_timedelta(
        self,
        datetime_or_timedelta: Moment | times.timedelta,
        granularity: str = "second",
        threshold: float = 0.85,
    ) -> str:
        """Returns how long something takes, or how long ago a moment was, in the language."""
        value = datetime_or_timedelta
        if isinstance(value, Moment):
            value = _now() - (value if value.tzinfo else value.replace(tzinfo=times.UTC))
        text = dates.format_timedelta(value, granularity, threshold=threshold, locale=self.locale)
        return str(text)

    def format_number(self, number: float | decimal.Decimal) -> str:
        """Returns a number in the language."""
        return str(numbers.format_decimal(number, locale=self.locale))

    def format_decimal(self, number: float | decimal.Decimal, format: str | None = None) -> str:  # noqa: A002  # webapp2's name
        """Returns a number in the language, in a format of Babel's."""
        return str(numbers.format_decimal(number, format=format, locale=self.locale))

    def format_currency(
        self,
        number: float | decimal.Decimal,
        currency: str,
        format: str | None = None,  # noqa: A002  # webapp2's name
    ) -> str:
        """Returns an amount of money in the language; `currency`: such as `"EUR"`."""
        return str(numbers.format_currency(number, currency, format=format, locale=self.locale))

    def format_percent(self, number: float | decimal.Decimal, format: str | None = None) -> str:  # noqa: A002  # webapp2's name
        """Returns a share in the language: 0.34 is 34 %."""
        return str(numbers.format_percent(number, format=format, locale=self.locale))

    def format_scientific(self, number: float | decimal.Decimal, format: str | None = None) -> str:  # noqa: A002  # webapp2's name
        """Returns a number with its power of ten in the language."""
        return str(numbers.format_scientific(number, format=format, locale=self.locale))

    def parse_date(self, string: str) -> times.date:
        """Returns the date that a visitor has written.

        Raises:
            ValueError: it is none.
        """
        date: times.date = dates.parse_date(string, locale=self.locale)
        return date

    def parse_datetime(self, string: str) -> Moment:
        """Returns the moment that a visitor has written, in ISO 8601.

        Raises:
            ValueError: it is none.
        """
        return Moment.fromisoformat(string)

    def parse_time(self, string: str) -> times.time:
        """Returns the time that a visitor has written.

        Raises:
            ValueError: it is none.
        """
        time: times.time = dates.parse_time(string, locale=self.locale)
        return time

    def parse_number(self, string: str) -> int:
        """Returns the whole number that a visitor has written, with the language's separators.

        Raises:
            ValueError: it is none.
        """
        return int(numbers.parse_number(string, locale=self.locale))

    def parse_decimal(self, string: str) -> decimal.Decimal:
        """Returns the number that a visitor has written, with the language's separators.

        Raises:
            ValueError: it is none.
        """
        number: decimal.Decimal = numbers.parse_decimal(string, locale=self.locale)
        return number

    def get_timezone_location(self, dt_or_tzinfo: Moment | times.tzinfo | str) -> str:
        """Returns the place that a time zone is named for, in the language."""
        zone = ZoneInfo(dt_or_tzinfo) if isinstance(dt_or_tzinfo, str) else dt_or_tzinfo
        return str(dates.get_timezone_location(zone, locale=self.locale))


def get_i18n(
    factory: Callable[[Request], I18n] = I18n,
    key: str = I18N_KEY,
    request: Request | None = None,
) -> I18n:
    """Returns the language of a request, by default of the current one; made once."""
    return registry.of_request(factory, key, request)


def set_i18n(i18n: I18n, key: str = I18N_KEY, request: Request | None = None) -> None:
    """Sets the language of a request, by default of the current one."""
    registry.set_of_request(key, i18n, request)


def _filled(text: str, variables: Mapping[str, object]) -> str:
    return text % variables if variables else text


def _now() -> Moment:
    return Moment.now(times.UTC)
