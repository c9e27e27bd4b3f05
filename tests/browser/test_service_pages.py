"""The pages of memcache and of request logs, in a browser, for a server that has served some."""

import pytest

from tests.browser.appearance import check_appearance
from tests.e2e.serving import DevServer, fetch, wait_until, wsgi_application

SOURCE = """
import logging
from google.appengine.api import memcache
from google.appengine.ext import db


class Pet(db.Model):
    name = db.StringProperty()


def app(environ, start_response):
    logging.warning("looking for a pet " * 20)
    if environ["PATH_INFO"] == "/fail":
        raise KeyError("pet")
    Pet(key_name="tom", name="Tom").put()
    Pet.all().filter("name =", "Tom").fetch(5)
    memcache.set("greeting", "Hello, Tom")
    memcache.set("numbers", [1, 2, 3])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), SOURCE)
    folder.parent.chmod(0o755)
    with DevServer([folder]) as running:
        for path in ("/pets?name=tom", "/fail"):
            running.get(path)
        wait_until(lambda: "/fail" in fetch(f"{running.admin}/logs").text)
        yield running


def test_request_logs_can_be_searched_and_followed_to_one_request(page, server):
    page.goto(f"{server.admin}/logs")
    check_appearance(page)
    page.fill("#text", "KeyError")
    page.get_by_role("button", name="Show").click()
    check_appearance(page)
    assert page.locator(".request").count() == 1
    page.fill("#text", "pets?name")
    page.get_by_role("button", name="Show").click()
    page.locator(".request a").first.click()
    check_appearance(page)
    assert "datastore.run" in page.inner_text("main")
    assert page.locator("svg.bar").count() >= 4


def test_the_live_view_loads_itself_again(page, server):
    page.goto(f"{server.admin}/logs?live=1")
    check_appearance(page)
    name = f"/live-{id(page)}"
    server.get(name)
    page.get_by_text(f"GET {name}").wait_for()  # nobody presses a button


def test_an_item_of_memcache_is_found_changed_and_deleted(page, server):
    server.get("/")
    page.goto(f"{server.admin}/memcache")
    check_appearance(page)
    page.fill("#key", "greeting")
    page.get_by_role("button", name="Show").click()
    check_appearance(page)
    assert page.input_value("#value") == "Hello, Tom"
    page.fill("#value", "Good night")
    page.get_by_role("button", name="Store").click()
    check_appearance(page)
    assert page.input_value("#value") == "Good night"
    page.get_by_role("button", name="Delete").click()
    assert "No item" in page.inner_text("main")
    page.fill("#key", "numbers")
    page.get_by_role("button", name="Show").click()
    check_appearance(page)
    assert "not opened" in page.inner_text("main")
