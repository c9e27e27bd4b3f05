"""Who may see the console, and whose forms it takes."""

import re

import pytest

from appengine.config.cookies import is_platform_cookie
from appengine.console.visitors import SEED_COOKIE, VISITOR_COOKIE


def _token(response):
    return re.search(r'name="xsrf_token" value="([0-9a-f]+)"', response.text).group(1)


def test_the_button_stops_the_server(make_browser, stopped):
    browser = make_browser()
    response = browser.post("/quit", data={"xsrf_token": _token(browser.get("/quit"))})
    assert response.status_code == 200 and stopped == [True]


def test_the_page_alone_stops_nothing(make_browser, stopped):
    assert make_browser().get("/quit").status_code == 200 and stopped == []


@pytest.mark.parametrize("token", ["", "0" * 64, "å", None])
def test_a_form_without_its_token_is_refused(make_browser, stopped, token):
    browser = make_browser()
    browser.get("/quit")
    data = {} if token is None else {"xsrf_token": token}
    assert browser.post("/quit", data=data).status_code == 403 and stopped == []


def test_a_token_of_another_browser_is_refused(make_browser, stopped):
    token = _token(make_browser().get("/quit"))
    browser = make_browser()
    browser.get("/quit")
    assert browser.post("/quit", data={"xsrf_token": token}).status_code == 403 and stopped == []


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://evil.com", "null"])
def test_a_form_of_another_origin_is_refused(make_browser, stopped, origin):
    """An application on another port of the host is another origin too.

    Source: App Engine, development server: requests with a foreign Origin or Host are 400.
    """
    browser = make_browser()
    data = {"xsrf_token": _token(browser.get("/quit"))}
    response = browser.post("/quit", data=data, headers={"Origin": origin})
    assert response.status_code == 400 and origin in response.text and stopped == []


@pytest.mark.parametrize("host", ["evil.com", "evil.com:8000", "localhost.evil.com", "10.0.0.1"])
def test_a_host_that_is_not_the_consoles_is_refused(make_browser, host):
    response = make_browser(host=host).get("/instances")
    assert response.status_code == 400 and "guestbook" not in response.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "a.localhost"])
def test_a_name_of_this_machine_is_the_consoles(make_browser, host):
    assert make_browser(host=host).get("/instances").status_code == 200


def test_a_console_on_an_address_answers_to_it_after_the_code(make_browser):
    browser = make_browser(listens="10.0.0.1", host="10.0.0.1:8000", peer="10.0.0.9", code="abc")
    page = browser.get("/instances")
    assert page.status_code == 401 and "guestbook" not in page.text
    wrong = browser.post("/instances", data={"xsrf_token": _token(page), "code": "x"})
    assert wrong.status_code == 400 and "This is not the code." in wrong.text
    right = browser.post("/instances", data={"xsrf_token": _token(page), "code": " ABC"})
    assert (right.status_code, right.headers["Location"]) == (303, "/")
    assert browser.get("/instances").status_code == 200


def test_from_another_machine_nothing_is_stopped_without_the_code(make_browser, stopped):
    browser = make_browser(listens="0.0.0.0", host="10.0.0.1:8000", peer="10.0.0.9", code="abc")
    data = {"xsrf_token": _token(browser.get("/quit"))}
    assert browser.post("/quit", data=data).status_code == 400 and stopped == []


def test_without_a_code_nobody_comes_in_from_another_machine(make_browser):
    browser = make_browser(listens="0.0.0.0", host="10.0.0.1:8000", peer="10.0.0.9")
    data = {"xsrf_token": _token(browser.get("/instances")), "code": ""}
    assert browser.post("/instances", data=data).status_code == 400


def test_the_pass_of_one_run_is_worthless_in_the_next(make_browser):
    remote = {"listens": "0.0.0.0", "host": "10.0.0.1:8000", "peer": "10.0.0.9", "code": "abc"}
    browser = make_browser(**remote)
    data = {"xsrf_token": _token(browser.get("/")), "code": "abc"}
    cookie = browser.post("/", data=data).headers["Set-Cookie"].partition(";")[0]
    assert browser.get("/log", headers={"Cookie": cookie}).status_code == 200
    assert make_browser(**remote).get("/log", headers={"Cookie": cookie}).status_code == 401


def test_cookies_are_closed_to_scripts_and_to_applications(make_browser):
    cookie = make_browser().get("/quit").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert all(is_platform_cookie(f"{name}=x") for name in (SEED_COOKIE, VISITOR_COOKIE))


def test_over_tls_cookies_are_kept_to_the_host(make_browser, stopped):
    browser = make_browser(scheme="https")
    page = browser.get("/quit")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-{SEED_COOKIE}=") and "Secure" in cookie
    assert browser.post("/quit", data={"xsrf_token": _token(page)}).status_code == 200


def test_pages_have_no_script_and_may_not_be_framed(make_browser):
    for path in ("/instances", "/quit", "/nothing", "/static/console.css"):
        policy = make_browser().get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "<script" not in make_browser().get("/instances").text


def test_a_method_or_page_that_is_not_there_is_told_so(make_browser):
    browser = make_browser()
    assert browser.put("/instances").status_code == 405
    assert browser.get("/nothing").status_code == 404
    data = {"xsrf_token": _token(browser.get("/quit"))}
    assert browser.post("/instances", data=data).status_code == 405
