"""The login page in a browser."""

import os

import pytest

from appengine.storage.clock import Clock
from appengine.storage.secrets import Secrets
from appengine.users.endpoints import LoginPages
from appengine.users.server import identify
from tests.browser.appearance import check_appearance, keep_picture

PICTURES = os.environ.get("APPENGINE_TEST_PICTURES", "")


@pytest.fixture
def site(serve):
    """Serves an application that says who is signed in, and its login page."""
    secrets, clock = Secrets(b"s" * 32), Clock()
    login = LoginPages("guestbook", secrets, clock)

    def application(environ, start):
        if environ["PATH_INFO"].startswith("/_ah/"):
            return login(environ, start)
        user = identify(environ, "guestbook", secrets, clock)
        start("200 OK", [("Content-Type", "text/html")])
        icon = '<link rel="icon" href="data:,">'
        return [f"{icon}<p>{user.email if user else 'nobody'}</p>".encode()]

    with serve(application) as url:
        yield url


def test_a_user_signs_in_goes_on_and_signs_out(page, site):
    page.goto(f"{site}/_ah/login?continue=/sign")
    check_appearance(page)
    keep_picture(page, "login", PICTURES)
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_label("Sign in as an administrator").check()
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{site}/sign" and page.inner_text("p") == "ann@example.com"
    page.goto(f"{site}/_ah/login")
    assert "an administrator" in page.get_by_role("status").inner_text()
    check_appearance(page)
    keep_picture(page, "signed-in", PICTURES)
    page.get_by_role("button", name="Log out").click()
    assert page.url == f"{site}/" and page.inner_text("p") == "nobody"


def test_the_cookie_is_out_of_reach_of_scripts(page, site):
    page.goto(f"{site}/_ah/login?action=Login&email=ann@example.com&continue=/")
    assert page.inner_text("p") == "ann@example.com"
    assert page.evaluate("document.cookie") == ""
