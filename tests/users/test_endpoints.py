"""The login page: signs in and out, and does nothing for a stranger's site."""

import re

import pytest
from werkzeug.datastructures import Headers

from appengine.storage.tokens import make_code
from appengine.users.server import identify

PAGE = "/_ah/login"


def _token(page):
    return re.search(r'name="token" value="([0-9a-f]+)"', page.text).group(1)


def _sign_in(browser, path=f"{PAGE}?continue=/sign", **fields):
    page = browser.get(path)
    form = {"email": "ann@example.com", "token": _token(page), "continue": "/sign", **fields}
    return browser.post(PAGE, data=form | {"action": fields.get("action", "Login")})


def _who(browser, secrets, clock, application="guestbook", host="localhost:8080"):
    """Returns whom the browser's own cookies sign in at the front."""
    request = browser.get(PAGE).request
    environ = {"HTTP_HOST": host, "HTTP_COOKIE": request.environ.get("HTTP_COOKIE", "")}
    return identify(environ, application, secrets, clock)


def test_signing_in_sets_the_cookie_and_goes_on(make_browser, secrets, clock):
    browser = make_browser()
    response = _sign_in(browser)
    assert response.status_code == 302
    assert response.headers["Location"] == "http://localhost:8080/sign"
    found = _who(browser, secrets, clock)
    assert (found.email, found.is_admin) == ("ann@example.com", False)
    assert "Signed in as <strong>ann@example.com</strong>." in browser.get(PAGE).text


def test_the_tick_makes_an_administrator(make_browser, secrets, clock):
    browser = make_browser()
    _sign_in(browser, admin="True")
    assert _who(browser, secrets, clock).is_admin
    assert "an administrator" in browser.get(PAGE).text


def test_the_cookie_is_host_only_and_closed_to_scripts(make_browser):
    cookie = _sign_in(make_browser()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie and "Secure" not in cookie


def test_over_tls_the_cookie_has_the_host_prefix(make_browser):
    browser = make_browser(base_url="https://books.example", peer="10.0.0.9", code="abc")
    cookie = _sign_in(browser, code="abc").headers["Set-Cookie"]
    assert cookie.startswith("__Host-appengine_login_") and "Secure" in cookie


def test_a_cookie_signs_in_at_its_own_application_alone(make_browser, secrets, clock):
    browser = make_browser()
    _sign_in(browser)
    assert _who(browser, secrets, clock, application="petshop") is None
    assert _who(browser, secrets, clock, host="127.0.0.1:8080") is None


@pytest.mark.parametrize("path", [f"{PAGE}?action=Logout&continue=/x", "/_ah/logout?continue=/x"])
def test_signing_out_by_link_clears_the_cookie_and_goes_on(make_browser, secrets, clock, path):
    browser = make_browser()
    _sign_in(browser)
    response = browser.get(path)
    assert response.headers["Location"] == "http://localhost:8080/x"
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    assert _who(browser, secrets, clock) is None


def test_signing_out_by_button_clears_the_cookie(make_browser, secrets, clock):
    browser = make_browser()
    _sign_in(browser)
    assert _sign_in(browser, action="Logout").status_code == 302
    assert _who(browser, secrets, clock) is None


def test_a_script_on_this_machine_may_sign_in_by_link(make_browser, secrets, clock):
    """Source: App Engine, development server: /_ah/login?action=Login&email=...&admin=True."""
    browser = make_browser()
    link = f"{PAGE}?action=Login&email=ann@example.com&admin=True&continue=/x"
    assert browser.get(link).headers["Location"] == "http://localhost:8080/x"
    assert _who(browser, secrets, clock).is_admin


@pytest.mark.parametrize(
    ("headers", "peer"), [({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1"), ({}, "10.0.0.9")]
)
def test_a_link_on_another_site_or_machine_only_shows_the_page(
    make_browser, secrets, clock, headers, peer
):
    browser = make_browser(peer=peer, code="abc")
    page = browser.get(f"{PAGE}?action=Login&email=ann@example.com", headers=headers)
    assert page.status_code == 200 and 'value="ann@example.com"' in page.text
    assert _who(browser, secrets, clock) is None


@pytest.mark.parametrize("token", ["", "0" * 64, "å"])
def test_a_form_without_our_token_is_refused(make_browser, token):
    response = _sign_in(make_browser(), token=token)
    assert response.status_code == 403 and "Set-Cookie" not in response.headers


def test_a_token_of_another_browser_is_refused(make_browser):
    token = _token(make_browser().get(PAGE))
    assert _sign_in(make_browser(), token=token).status_code == 403


def test_a_token_without_its_cookie_is_refused(make_browser):
    token = _token(make_browser().get(PAGE))
    response = make_browser().post(PAGE, data={"token": token, "email": "a@b.example"})
    assert response.status_code == 403


def test_a_form_from_another_origin_is_refused(make_browser):
    browser = make_browser()
    form = {"token": _token(browser.get(PAGE)), "email": "a@b.example"}
    for origin in ("http://localhost:8081", "null", "https://localhost:8080"):
        response = browser.post(PAGE, data=form, headers={"Origin": origin})
        assert response.status_code == 403
    own = {"Origin": "http://localhost:8080"}
    assert browser.post(PAGE, data=form, headers=own).status_code == 302


@pytest.mark.parametrize("email", ["", "ann", "a b@c", "a@b@c", "a@b\r\nx", '"<i>"@c', "a@"])
def test_a_text_that_is_no_address_is_told_so(make_browser, email):
    response = _sign_in(make_browser(), email=email)
    assert response.status_code == 400 and "is no e-mail address" in response.text
    assert not any("login_" in cookie for cookie in response.headers.getlist("Set-Cookie"))


def test_an_address_that_is_too_long_is_told_so(make_browser):
    assert "at most 254" in _sign_in(make_browser(), email="a" * 250 + "@b.example").text


@pytest.mark.parametrize("destination", ["//evil.com", "http://evil.com/", "/x\r\nA: b"])
def test_the_page_leads_nowhere_else(make_browser, destination):
    for path in (PAGE, "/_ah/logout"):
        response = make_browser().get(path, query_string={"continue": destination})
        assert response.status_code == 400 and "continue URL" in response.text


def test_from_another_machine_the_printed_code_is_needed(make_browser, secrets, clock):
    code = make_code()
    browser = make_browser(base_url="http://192.168.0.2:8080", peer="192.168.0.9", code=code)
    assert 'name="code"' in browser.get(PAGE).text
    assert "The code is not" in _sign_in(browser, code="wrong").text
    assert _sign_in(browser, code=f" {code.upper()} ").status_code == 302


def test_without_a_code_nobody_signs_in_from_another_machine(make_browser):
    browser = make_browser(base_url="http://192.168.0.2:8080", peer="192.168.0.9")
    assert _sign_in(browser, code="").status_code == 400


def test_the_page_escapes_what_it_is_given(make_browser):
    page = make_browser(application="<b>").get(PAGE, query_string={"email": '"><script>x'})
    assert "<script" not in page.text and "&lt;b&gt;" in page.text


def test_the_page_has_no_script_and_may_not_be_framed(make_browser):
    page = make_browser().get(PAGE)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert make_browser().get("/_ah/login.css").mimetype == "text/css"


def test_a_method_or_path_that_is_not_served_is_told_so(make_browser):
    assert make_browser().put(PAGE).status_code == 405
    assert make_browser().get("/_ah/other").status_code == 404


def test_a_form_of_more_than_16_kb_is_refused(make_browser):
    assert make_browser().post(PAGE, data={"email": "a" * 20_000}).status_code == 413


def test_a_client_that_names_no_host_gets_paths(make_browser, secrets, clock):
    headers = Headers({"Host": ""})
    response = make_browser().get("/_ah/logout?continue=/x", headers=headers)
    assert response.headers["Location"] == "/x"
