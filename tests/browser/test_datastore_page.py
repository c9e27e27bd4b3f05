"""The datastore's page in the Admin Console: indexes, how far they are, and statistics."""

import os

import pytest

from tests.browser.appearance import check_appearance, keep_picture
from tests.e2e.serving import DevServer, wsgi_application

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")

ODD = "<img src=x onerror=document.title='broken'>"
"""A kind whose name would be an element, if it were not text."""

LONG = "Kind" * 60

SOURCE = f"""
from google.appengine.api import datastore, namespace_manager

KINDS = ["Pet", "K\\u00e4fer \\U0001f41e", {ODD!r}, {LONG!r}]


def app(environ, start_response):
    if environ["PATH_INFO"] == "/fill":
        for space in ("", "elsewhere"):
            namespace_manager.set_namespace(space)
            for kind in KINDS:
                entities = [datastore.Entity(kind, name=str(n)) for n in range(3)]
                for number, entity in enumerate(entities):
                    entity.update({{"a": number, "b": [1, 2], "<b>": "x"}})
                datastore.Put(entities)
        namespace_manager.set_namespace("")
        for kind in KINDS:
            query = datastore.Query(kind, {{"b =": 1}}).Order(("a", datastore.Query.DESCENDING))
            query.Ancestor(datastore.Key.from_path(kind, "0")).Get(1)
            datastore.Query(kind, {{"<b> =": "x"}}).Order("a").Get(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""

SMALL = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("applications")
    full = wsgi_application(folder / "full", SOURCE, name="full")
    empty = wsgi_application(folder / "empty", SMALL, name="empty")
    folder.chmod(0o755)
    with DevServer([full, empty]) as running:
        assert running.get("/fill").text == "ok"
        yield running


def test_each_index_is_listed_whatever_its_kind_is_called(page, server):
    page.goto(f"{server.admin}/datastore?application=full")
    check_appearance(page)
    keep_picture(page, "datastore", PICTURES)
    rows = page.locator("section[aria-labelledby=indexes] tbody tr")
    assert rows.count() == 8
    kinds = set(rows.locator("td:first-child").all_inner_texts())
    assert kinds == {"Pet", "K\u00e4fer \U0001f41e", ODD, LONG}
    assert page.locator("main img").count() == 0
    assert "broken" not in page.title()
    texts = rows.locator("td:nth-child(2)").all_inner_texts()
    assert "<b>, a" in texts
    assert "b, a desc with ancestor" in texts
    assert set(rows.locator("td:nth-child(3)").all_inner_texts()) == {"serving"}


def test_an_application_without_indexes_and_statistics_says_how_they_come(page, server):
    page.goto(f"{server.admin}/datastore?application=full")
    page.select_option("#application", "empty")
    page.get_by_role("button", name="Show").click()
    check_appearance(page)
    text = page.inner_text("main")
    assert "None. A query that needs one says so" in text
    assert "Not made yet" in text
    assert page.input_value("#application") == "empty"


def test_statistics_are_made_by_a_button_and_count_all_namespaces(page, server):
    page.goto(f"{server.admin}/datastore?application=full")
    page.get_by_role("button", name="Make statistics now").click()
    check_appearance(page)
    kinds = page.locator("section[aria-labelledby=statistics] tbody tr")
    for _look in range(100):
        if kinds.count():
            break
        page.reload()
    check_appearance(page)
    keep_picture(page, "datastore-statistics", PICTURES)
    assert kinds.count() == 4
    assert set(kinds.locator("td:nth-child(2)").all_inner_texts()) == {"6"}
    assert {ODD, LONG} < set(kinds.locator("td:first-child").all_inner_texts())
    assert "24 entities" in page.inner_text("main")
    assert page.locator("main img").count() == 0


def test_a_long_kind_leaves_its_row_in_sight(page, server):
    page.goto(f"{server.admin}/datastore?application=full")
    check_appearance(page)
    table = page.locator("section[aria-labelledby=indexes] .scroll")
    assert table.evaluate("e => e.scrollWidth <= Math.max(e.clientWidth, 500)")
