"""The pages of services, in a browser, for a server that has served some requests."""

import pytest

from tests.browser.appearance import check_appearance
from tests.e2e.serving import DevServer, fetch, wait_until, write_files, wsgi_application

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


BACK = """
application: trial
module: back
version: 2
runtime: python
api_version: 1
threadsafe: true
manual_scaling:
  instances: 1
handlers:
- url: /.*
  script: main.app
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), SOURCE)
    folder.parent.chmod(0o755)
    write_files(folder, {"back.yaml": BACK})
    with DevServer([folder / "app.yaml", folder / "back.yaml"]) as running:
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


def test_a_service_is_switched_off_and_on(page, server):
    page.goto(f"{server.admin}/capabilities")
    check_appearance(page)
    page.fill("#reason", "moving house")
    page.get_by_role("button", name="Switch mail off").click()
    check_appearance(page)
    assert page.locator("li.off").inner_text().split("\n")[0].startswith("off")
    assert "moving house" in page.locator("li.off").inner_text()
    page.get_by_role("button", name="Switch mail on").click()
    check_appearance(page)
    assert page.locator("li.off").count() == 0


def test_a_module_of_manual_scaling_is_stopped_and_started(page, server):
    page.goto(f"{server.admin}/modules")
    check_appearance(page)
    assert "automatic scaling" in page.inner_text("main")
    page.get_by_role("button", name="Stop").click()
    check_appearance(page)
    assert "back is stopped" in page.inner_text("main")
    page.get_by_role("button", name="Start").click()
    assert "back gets 1 instances" in page.inner_text("main")
    page.fill("input[type=number]", "2")
    page.get_by_role("button", name="Set").click()
    assert "2 instances, 1 in app.yaml" in page.inner_text("main")
    page.fill("input[type=number]", "1")
    page.get_by_role("button", name="Set").click()
    check_appearance(page)


def test_the_certificate_of_an_application_can_be_kept(page, server):
    page.goto(f"{server.admin}/identity")
    check_appearance(page)
    assert "trial@appspot.gserviceaccount.com" in page.inner_text("main")
    with page.expect_download() as kept:
        page.get_by_text("Keep it as a file").click()
    assert kept.value.suggested_filename == "trial.pem"


def test_where_a_fetch_would_lead_is_told(page, server):
    page.goto(f"{server.admin}/urlfetch")
    check_appearance(page)
    page.fill("#url", "http://169.254.169.254/latest")
    page.get_by_role("button", name="Look").click()
    check_appearance(page)
    assert "a metadata address" in page.inner_text("main")
    page.fill("#url", server.urls[0])
    page.get_by_role("button", name="Look").click()
    check_appearance(page)
    assert "answered inside" in page.inner_text("main")
