"""The languages of an application: its configuration, its catalogues, and who chooses.

Source: webapp2, "i18n", `I18nStore`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, cast

from babel import support

from appengine.webapp2.application import WSGIApplication
from appengine.webapp2.imports import import_string
from appengine.webapp2.request import Request
from appengine.webapp2_extras import registry

Selector = Callable[["I18nStore", Request], str | None]

STORE_KEY = "webapp2_extras.i18n.I18nStore"

default_config: dict[str, object] = {
    "translations_path": "locale",
    "domains": ["messages"],
    "default_locale": "en_US",
    "default_timezone": "UTC",
    "locale_selector": None,
    "timezone_selector": None,
    "date_formats": {
        "time": "medium",
        "date": "medium",
        "datetime": "medium",
        "time.short": None,
        "time.medium": None,
        "time.full": None,
        "time.long": None,
        "time.iso": "HH':'mm':'ss",
        "date.short": None,
        "date.medium": None,
        "date.full": None,
        "date.long": None,
        "date.iso": "yyyy'-'MM'-'dd",
        "datetime.short": None,
        "datetime.medium": None,
        "datetime.full": None,
        "datetime.long": None,
        "datetime.iso": "yyyy'-'MM'-'dd'T'HH':'mm':'ssZ",
    },
}
"""What an application may set under `"webapp2_extras.i18n"`.

A selector is a function of store and request, or the dotted name of one, that returns a locale or a
time zone. A format is Babel's, or None for Babel's own of that length.
"""


class I18nStore:
    """The languages of one application: its catalogues, and how a visitor's is chosen."""

    config_key: ClassVar[str] = "webapp2_extras.i18n"

    def __init__(self, app: WSGIApplication, config: Mapping[str, object] | None = None) -> None:
        values = app.config.load_config(self.config_key, default_config, config)
        self.config = values
        self.translations: dict[str, support.NullTranslations] = {}
        self.translations_path = str(values["translations_path"])
        self.domains = [str(domain) for domain in cast(Iterable[str], values["domains"])]
        self.default_locale = str(values["default_locale"])
        self.default_timezone = str(values["default_timezone"])
        formats = cast(Mapping[str, "str | None"], values["date_formats"])
        base = cast(Mapping[str, "str | None"], default_config["date_formats"])
        self.date_formats = {**base, **formats}
        self.set_locale_selector(values["locale_selector"] or _default_locale)
        self.set_timezone_selector(values["timezone_selector"] or _default_timezone)

    def set_locale_selector(self, func: object) -> None:
        """Lets a function, or the dotted name of one, choose the language of a request."""
        self._locale_selector = _find_selector(func)

    def set_timezone_selector(self, func: object) -> None:
        """Lets a function, or the dotted name of one, choose the time zone of a request."""
        self._timezone_selector = _find_selector(func)

    def default_locale_selector(self, request: Request) -> str:
        """Returns the configured language."""
        return self.default_locale

    def default_timezone_selector(self, request: Request) -> str:
        """Returns the configured time zone."""
        return self.default_timezone

    def locale_selector(self, request: Request) -> str:
        """Returns the language of a request."""
        return self._locale_selector(self, request) or self.default_locale

    def timezone_selector(self, request: Request) -> str:
        """Returns the time zone of a request."""
        return self._timezone_selector(self, request) or self.default_timezone

    def get_translations(self, locale: str) -> "support.NullTranslations":
        """Returns a language's catalogues, which are read once."""
        if locale not in self.translations:
            self.translations[locale] = self.load_translations(
                self.translations_path,
                list(dict.fromkeys([locale, self.default_locale])),
                self.domains,
            )
        return self.translations[locale]

    def load_translations(
        self, dirname: str, locales: list[str], domains: list[str]
    ) -> "support.NullTranslations":
        """Returns the catalogues of a folder, those of the first language that has a text first."""
        found = None
        for domain in domains:
            for locale in locales:
                catalogue = support.Translations.load(dirname, [locale], domain)
                if not isinstance(catalogue, support.Translations):
                    continue
                found = catalogue if found is None else _behind(found, catalogue)
        return found or support.NullTranslations()


def get_store(
    factory: Callable[[WSGIApplication], I18nStore] = I18nStore,
    key: str = STORE_KEY,
    app: WSGIApplication | None = None,
) -> I18nStore:
    """Returns the languages of an application, by default of the current one; made once."""
    return registry.of_app(factory, key, app)


def set_store(store: I18nStore, key: str = STORE_KEY, app: WSGIApplication | None = None) -> None:
    """Sets the languages of an application, by default of the current one."""
    registry.set_of_app(key, store, app)


def _default_locale(store: I18nStore, request: Request) -> str:
    return store.default_locale_selector(request)


def _default_timezone(store: I18nStore, request: Request) -> str:
    return store.default_timezone_selector(request)


def _find_selector(func: object) -> Selector:
    found = import_string(func) if isinstance(func, str) else func
    if not callable(found):
        raise TypeError(f"selector {func!r} is no function of store and request")
    return cast(Selector, found)


def _behind(
    first: "support.Translations", second: "support.Translations"
) -> "support.Translations":
    """Returns the first catalogue, which asks the second for texts that it has not."""
    first.add_fallback(second)
    return first
