"""Texts, times and numbers in the visitor's language and time zone, by Babel.

Babel comes with the application: its requirements.txt names it. Catalogues are looked up in
`translations_path`: `locale/de_DE/LC_MESSAGES/messages.mo`. The functions are those of the current
request's visitor.

Source: webapp2, "i18n".
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from babel import support

from appengine.webapp2_extras.i18n.store import I18nStore, default_config, get_store, set_store
from appengine.webapp2_extras.i18n.visitor import I18n, get_i18n, set_i18n

__all__ = [
    "I18n",
    "I18nStore",
    "default_config",
    "format_currency",
    "format_date",
    "format_datetime",
    "format_decimal",
    "format_number",
    "format_percent",
    "format_scientific",
    "format_time",
    "format_timedelta",
    "get_i18n",
    "get_store",
    "get_timezone_location",
    "gettext",
    "lazy_gettext",
    "ngettext",
    "parse_date",
    "parse_datetime",
    "parse_decimal",
    "parse_number",
    "parse_time",
    "set_i18n",
    "set_store",
    "to_local_timezone",
    "to_utc",
]

P = ParamSpec("P")
Result = TypeVar("Result")


def _of_request(
    method: Callable[Concatenate[I18n, P], Result],
) -> Callable[P, Result]:
    """Returns a method of `I18n` as a function that is of the current request."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        own: Callable[P, Result] = getattr(get_i18n(), method.__name__)  # a subclass's, maybe
        return own(*args, **kwargs)

    return call


gettext = _of_request(I18n.gettext)  # type: ignore[arg-type]  # self is positional
ngettext = _of_request(I18n.ngettext)  # type: ignore[arg-type]  # as above
to_local_timezone = _of_request(I18n.to_local_timezone)
to_utc = _of_request(I18n.to_utc)
format_date = _of_request(I18n.format_date)
format_datetime = _of_request(I18n.format_datetime)
format_time = _of_request(I18n.format_time)
format_timedelta = _of_request(I18n.format_timedelta)
format_number = _of_request(I18n.format_number)
format_decimal = _of_request(I18n.format_decimal)
format_currency = _of_request(I18n.format_currency)
format_percent = _of_request(I18n.format_percent)
format_scientific = _of_request(I18n.format_scientific)
parse_date = _of_request(I18n.parse_date)
parse_datetime = _of_request(I18n.parse_datetime)
parse_time = _of_request(I18n.parse_time)
parse_number = _of_request(I18n.parse_number)
parse_decimal = _of_request(I18n.parse_decimal)
get_timezone_location = _of_request(I18n.get_timezone_location)


def lazy_gettext(string: str, **variables: object) -> "support.LazyProxy":
    """Returns a text that is translated when it is shown: for what is made once, such as forms."""
    return support.LazyProxy(gettext, string, enable_cache=False, **variables)
