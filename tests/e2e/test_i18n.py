"""`webapp2_extras.i18n` in the sandbox, with Babel from requirements.txt.

Source: webapp2, "webapp2_extras.i18n".
"""

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests.e2e.serving import DevServer, write_files
from tests.frameworks.libraries import provide

APP = """
import datetime

import webapp2
from webapp2_extras import i18n

DAY = datetime.datetime(2024, 3, 1, 23, 30)

class Page(webapp2.RequestHandler):
    def get(self):
        store = i18n.get_i18n()
        store.set_locale(self.request.get("lang", "en_US"))
        store.set_timezone("Europe/Berlin")
        words = i18n.gettext("Hello"), i18n.lazy_gettext("Hello"), i18n.format_date(DAY)
        days = i18n.ngettext("%(num)s day", "%(num)s days", 2, num=2)
        money = i18n.format_currency(1234.5, "EUR")
        self.response.write("|".join(map(str, (*words, days, money))))

settings = {"webapp2_extras.i18n": {"translations_path": "locale"}}
app = webapp2.WSGIApplication([("/", Page)], config=settings)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {"app.yaml": "application: words\nruntime: python312\n", "main.py": APP}
    folder = tmp_path_factory.mktemp("i18n") / "app"
    app = write_files(folder, files | {"requirements.txt": "Babel\n"})
    german = Catalog(locale="de_DE")
    german.add("Hello", "Hallo")
    german.add(("%(num)s day", "%(num)s days"), ("%(num)s Tag", "%(num)s Tage"))
    texts = folder / "locale" / "de_DE" / "LC_MESSAGES" / "messages.mo"
    texts.parent.mkdir(parents=True)
    with texts.open("wb") as file:
        write_mo(file, german)
    provide(folder)
    with DevServer([app]) as running:
        yield running


def test_texts_dates_and_money_are_in_the_visitor_s_language_and_zone(server):
    assert server.get("/?lang=de_DE").text == "Hallo|Hallo|02.03.2024|2 Tage|1.234,50\xa0€"
    assert server.get("/").text == "Hello|Hello|Mar 2, 2024|2 days|€1,234.50"
