"""Source: webapp2, "i18n"; Babel, "API Reference"."""

import datetime
import decimal

import pytest
from babel.messages import mofile
from babel.messages.catalog import Catalog

from appengine.webapp2_extras import i18n, jinja2
from appengine.webapp2_extras.i18n import I18n, I18nStore

MOMENT = datetime.datetime(2008, 4, 7, 21, 5, 9)


@pytest.fixture
def speak(tmp_path, make_current):
    """Makes a request in German and in Berlin current; returns application and request."""
    catalogue = Catalog(locale="de_DE")
    catalogue.add("Hello, %(name)s", "Hallo, %(name)s")
    catalogue.add(("%(n)s pet", "%(n)s pets"), ("%(n)s Tier", "%(n)s Tiere"))
    folder = tmp_path / "de_DE" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        mofile.write_mo(file, catalogue)

    def make(**config):
        values = {
            "translations_path": str(tmp_path),
            "default_locale": "de_DE",
            "default_timezone": "Europe/Berlin",
            **config,
        }
        return make_current(config={"webapp2_extras.i18n": values})

    return make


def test_texts_are_translated(speak):
    speak()
    assert i18n.gettext("Hello, %(name)s", name="Ann") == "Hallo, Ann"
    assert i18n.gettext("100%") == "100%"
    assert [i18n.ngettext("%(n)s pet", "%(n)s pets", n) for n in (1, 2)] == ["1 Tier", "2 Tiere"]


def test_a_lazy_text_is_translated_when_it_is_shown(speak):
    text = i18n.lazy_gettext("Hello, %(name)s", name="Ann")
    speak()
    assert str(text) == "Hallo, Ann"
    i18n.get_i18n().set_locale("en_US")
    i18n.get_i18n().store.translations.clear()
    assert str(text) == "Hallo, Ann"  # the default language has it


def test_a_language_without_a_catalogue_shows_what_it_is_given(speak):
    speak(default_locale="fr_FR")
    assert i18n.gettext("Hello, %(name)s", name="Ann") == "Hello, Ann"


def test_times_are_in_the_language_and_zone_of_the_visitor(speak):
    speak()
    assert i18n.format_date(MOMENT) == "07.04.2008"
    assert i18n.format_date(datetime.date(2008, 4, 7), "full") == "Montag, 7. April 2008"
    assert i18n.format_date(MOMENT, "iso") == "2008-04-07"
    assert i18n.format_time(MOMENT) == "23:05:09" and i18n.format_time(MOMENT, "iso") == "23:05:09"
    assert i18n.format_time(MOMENT, rebase=False) == "21:05:09"
    assert i18n.format_datetime(MOMENT) == "07.04.2008, 23:05:09"
    assert i18n.format_datetime(MOMENT, "iso", rebase=False) == "2008-04-07T21:05:09+0000"
    assert i18n.format_date() and i18n.format_time() and i18n.format_datetime()
    assert i18n.format_timedelta(datetime.timedelta(days=3)) == "3 Tage"
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=5)
    assert i18n.format_timedelta(past.replace(tzinfo=None)) == "5 Stunden"


def test_moments_move_between_zones(speak):
    speak()
    local = i18n.to_local_timezone(MOMENT)
    assert (local.hour, local.utcoffset()) == (23, datetime.timedelta(hours=2))
    assert i18n.to_utc(local) == i18n.to_utc(datetime.datetime(2008, 4, 7, 23, 5, 9)) == MOMENT
    i18n.get_i18n().set_timezone("America/New_York")
    assert i18n.to_local_timezone(MOMENT).hour == 17


def test_numbers_are_in_the_language(speak):
    speak()
    assert i18n.format_number(1234567.891) == "1.234.567,891"
    assert i18n.format_decimal(1.2346) == "1,235"
    assert i18n.format_currency(9.5, "EUR") == "9,50\xa0€"
    assert i18n.format_percent(0.34) == "34\xa0%"
    assert i18n.format_scientific(12345) == "1,2345E4"


def test_what_a_visitor_writes_is_read(speak):
    speak()
    assert i18n.parse_date("7.4.2008") == datetime.date(2008, 4, 7)
    assert i18n.parse_time("21:05:09") == datetime.time(21, 5, 9)
    assert i18n.parse_datetime("2008-04-07T21:05:09") == MOMENT
    assert i18n.parse_number("1.234") == 1234
    assert i18n.parse_decimal("1.234,5") == decimal.Decimal("1234.5")
    with pytest.raises(ValueError, match="nichts"):
        i18n.parse_number("nichts")


def test_a_zone_is_named_for_a_place(speak):
    speak()
    assert i18n.get_timezone_location("Europe/Rome") == "Italien (Ortszeit)"


def choose(store, request):
    """Returns the language that the query asks for: a selector."""
    return request.get("hl") or None


def test_a_selector_chooses_language_and_zone(speak):
    _, request = speak(
        locale_selector=choose, timezone_selector=lambda store, request: "Asia/Tokyo"
    )
    request.query_string = "hl=en_US"
    assert i18n.format_number(1.5) == "1.5" and i18n.format_time(MOMENT, "HH") == "06"


def test_a_selector_may_be_a_name_and_may_not_choose(speak):
    speak(locale_selector=f"{__name__}.choose")
    assert i18n.get_i18n().locale == "de_DE"
    with pytest.raises(TypeError, match="selector 3 is no function"):
        i18n.get_store().set_locale_selector(3)
    store = i18n.get_store()
    store.set_timezone_selector(lambda store, request: "UTC")
    store.set_locale_selector(lambda store, request: "fr_FR")
    request = i18n.get_store().default_locale_selector
    assert request(None) == "de_DE" and store.default_timezone_selector(None) == "Europe/Berlin"
    assert (store.locale_selector(None), store.timezone_selector(None)) == ("fr_FR", "UTC")


def test_formats_may_be_configured(speak):
    speak(date_formats={"date": "iso", "date.mine": "yyyy"})
    assert i18n.format_date(MOMENT) == "2008-04-07" and i18n.format_date(MOMENT, "mine") == "2008"


def test_stores_and_languages_are_made_once(speak):
    app, request = speak()
    store, language = i18n.get_store(), i18n.get_i18n()
    assert i18n.get_store(app=app) is store and i18n.get_i18n(request=request) is language
    i18n.set_store(other := I18nStore(app))
    i18n.set_i18n(another := I18n(request))
    assert i18n.get_store() is other and i18n.get_i18n() is another
    assert another.store is other and other.config_key == "webapp2_extras.i18n"
    assert other.get_translations("de_DE") is other.get_translations("de_DE")
    assert i18n.default_config["default_locale"] == "en_US"


def test_several_domains_are_looked_through(speak, tmp_path):
    app, _ = speak(domains=["none", "messages"])
    translations = i18n.get_store().load_translations(
        str(tmp_path), ["de_DE"], ["none", "messages"]
    )
    assert translations.gettext("Hello, %(name)s") == "Hallo, %(name)s"
    assert i18n.gettext("Hello, %(name)s", name="Ann") == "Hallo, Ann" and app


def test_templates_translate(speak):
    app, _ = speak()
    config = {"environment_args": {"extensions": ["jinja2.ext.i18n"]}}
    environment = jinja2.Jinja2(app, config).environment
    text = "{{ _('Hello, %(name)s', name='Ann') }} {{ when|formatdate }}"
    assert environment.from_string(text).render(when=MOMENT) == "Hallo, Ann 07.04.2008"
