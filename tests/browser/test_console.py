"""The Admin Console in a browser."""

import os

import pytest

from appengine.console.app import Source, create_app
from appengine.storage.secrets import Secrets
from tests.browser.appearance import check_appearance, keep_picture
from tests.console.pictures import make_status

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")


@pytest.fixture
def stopped():
    return []


@pytest.fixture
def console(serve, stopped):
    source = Source(load_status=make_status, stop=lambda: stopped.append(True))
    with serve(create_app(source, Secrets(b"s" * 32))) as url:
        yield url


@pytest.mark.parametrize("name", ["instances", "requests", "log", "quit"])
def test_each_page_is_reached_by_its_link_and_looks_right(page, console, name):
    page.goto(console)
    page.get_by_role("link", name=name.title(), exact=True).click()
    assert page.url == f"{console}/{name}"
    assert page.locator("a[aria-current=page]").inner_text() == name.title()
    check_appearance(page)
    keep_picture(page, name, PICTURES)


def test_the_button_stops_the_server(page, console, stopped):
    page.goto(f"{console}/quit")
    page.get_by_role("button", name="Stop the server").click()
    page.get_by_role("heading", name="The server stops").wait_for()
    assert stopped == [True]
    check_appearance(page)


def test_a_form_of_an_application_on_another_port_is_refused(
    page, console, stopped, serve, expected_errors
):
    """A page of localhost:8080 is the same site as the console's, but not the same origin."""

    def application(environ, start):
        start("200 OK", [("Content-Type", "text/html")])
        form = '<link rel="icon" href="data:,">'  # it asks for no other file
        form += f'<form method="post" action="{console}/quit"><button>Win</button></form>'
        return [form.encode()]

    with serve(application) as url:
        page.goto(f"{console}/quit")  # the browser has the console's cookie
        page.goto(url)
        with page.expect_response("**/quit") as answer:
            page.get_by_role("button", name="Win").click()
    assert answer.value.status == 400
    assert stopped == []
    expected_errors.append("status of 400 (BAD REQUEST)")
