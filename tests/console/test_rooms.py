"""Rooms' pages: found by their files, framed and guarded by the console."""

import re
import sys

import pytest

from appengine.console import rooms
from appengine.console.app import Console, Source
from appengine.console.visitors import Visitors
from appengine.rpc.server import Resources
from appengine.storage.clock import Clock
from appengine.storage.secrets import Secrets
from tests.console.pictures import make_status

ADMIN = """
from appengine.rpc.admin import Page, View

def show(visit):
    if visit.sends_form:
        return View(redirect=f"/parrots?seen={visit.arguments['name']}")
    return View(template="parrots/list.html", values={"visit": visit})

PAGES = (Page(path="/parrots", title="Parrots", show=show),)
"""

TEMPLATE = """{% extends "frame.html" %}{% block content %}
{{ visit.application }}|{{ visit.arguments.below }}|{{ visit.arguments.name }}|
<input name="xsrf_token" value="{{ xsrf_token }}">{% endblock %}"""


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Makes a room outside of the tree, whose admin.py has one page."""
    folder = tmp_path / "parrots"
    (folder / "templates").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Parrots."""', encoding="utf-8")
    (folder / "admin.py").write_text(ADMIN, encoding="utf-8")
    (folder / "templates" / "list.html").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(rooms, "find_rooms", lambda: ("appengine.rpc", "appengine.cli", "parrots"))
    yield "parrots.admin"
    for name in ("parrots", "parrots.admin"):
        sys.modules.pop(name, None)


@pytest.fixture
def browser(room, make_browser):
    resources = Resources(open_storage=dict, platform=None, clock=Clock())
    source = Source(load_status=make_status, stop=list, resources=resources)
    visitors = Visitors(Secrets(b"s" * 32), "localhost", "")
    return make_browser(app=Console(source, visitors, rooms.find_admin_modules()))


def test_a_room_with_an_admin_module_has_pages(room):
    assert rooms.find_admin_modules() == ["parrots.admin"]
    assert [page.path for page in rooms.load_pages([room])] == ["/parrots"]


def test_a_path_belongs_to_one_page(room):
    with pytest.raises(ValueError, match="has a page '/parrots' already"):
        rooms.load_pages([room, room])


def test_a_rooms_page_is_framed_and_escaped(browser):
    page = browser.get("/parrots/polly?application=petshop&name=<b>").text
    assert "petshop|polly|&lt;b&gt;|" in page and '<p class="name">Admin Console</p>' in page
    assert re.search(r'<a href="/parrots" aria-current="page">Parrots</a>', page)


def test_a_rooms_page_is_of_the_first_application_unless_one_is_chosen(browser):
    assert "guestbook||x|" in browser.get("/parrots?name=x").text


def test_a_rooms_form_is_guarded_by_the_console(browser):
    token = re.search(r'value="([0-9a-f]{64})"', browser.get("/parrots?name=x").text).group(1)
    assert browser.post("/parrots", data={"name": "x"}).status_code == 403
    response = browser.post("/parrots", data={"name": "x", "xsrf_token": token})
    assert response.status_code == 303
    assert response.headers["Location"] == "/parrots?seen=x"


def test_a_path_that_only_begins_like_a_rooms_is_not_its(browser):
    assert browser.get("/parrotsandmore").status_code == 404
