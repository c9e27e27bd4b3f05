"""Links: wherever a login page leads on to, it is the application itself."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.rpc.server import Caller
from appengine.users.server import UsersServer
from appengine.users.server.links import MAX_URL, check_destination
from appengine.users.service import (
    CreateLoginURLRequest,
    CreateLogoutURLRequest,
    NotAllowedError,
    RedirectTooLongError,
)

ORIGIN = "http://localhost:8080"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "/"),
        ("/", "/"),
        ("/sign?book=a&b=c#end", "/sign?book=a&b=c#end"),
        ("sign", "/sign"),
        ("?a=b", "/?a=b"),
        ("http://localhost:8080/x", "/x"),
        ("HTTP://LocalHost:8080/x", "/x"),
        ("http://localhost:8080", "/"),
        ("http://localhost:8080//evil.com", "/evil.com"),
        ("/søk?q=å", "/s%C3%B8k?q=%C3%A5"),
        ("/a b", "/a%20b"),
        ("/%2e%2e//x", "/%2e%2e//x"),
    ],
)
def test_a_destination_on_the_same_host_becomes_an_absolute_url(url, expected):
    assert check_destination(url, ORIGIN) == ORIGIN + expected


@pytest.mark.parametrize(
    "url",
    [
        "//evil.com",
        "///evil.com",
        "http://evil.com/",
        "https://localhost:8080/",
        "http://localhost:8081/",
        "http://localhost",
        "http://localhost:8080@evil.com/",
        "http://a@localhost:8080/",
        "http:/evil.com",
        "http:evil.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "\\\\evil.com",
        "/\\evil.com",
        "/x\r\nSet-Cookie: a=b",
        "\t//evil.com",
        "java\nscript:alert(1)",
        " http://evil.com",
        "/x ",
        "http://[::1/",
        "http://localhost:8080\x00.evil.com/",
    ],
)
def test_a_destination_elsewhere_is_refused(url):
    with pytest.raises(NotAllowedError, match="continue URL"):
        check_destination(url, ORIGIN)


@given(st.text() | st.from_regex(r"(https?:)?[/\\]{0,3}[a-z@:.\\/?#%]*", fullmatch=True))
def test_whatever_a_destination_says_it_stays_on_its_host(url):
    try:
        found = check_destination(url, ORIGIN)
    except (NotAllowedError, RedirectTooLongError):
        return
    assert found.startswith(f"{ORIGIN}/") and found.isascii() and found.isprintable()
    assert urlsplit(found).netloc == "localhost:8080"
    assert check_destination(found, ORIGIN) == found


@given(st.from_regex(r"/[a-z/\\%.]{0,20}", fullmatch=True))
def test_without_a_host_a_destination_is_a_path_that_names_none(url):
    try:
        found = check_destination(url, "")
    except NotAllowedError:
        return
    assert urlsplit(found).netloc == "" and not found.startswith("//")


def test_a_destination_that_is_too_long_once_quoted_is_refused():
    assert len(check_destination("/" + "a" * 2000, ORIGIN)) <= MAX_URL
    with pytest.raises(RedirectTooLongError, match="at most 2048"):
        check_destination("/" + "å" * 1000, ORIGIN)


def _server(host="localhost:8080", scheme="http"):
    return UsersServer(Caller(application="guestbook", host=host, scheme=scheme), None, None)


def test_a_login_url_is_that_of_the_host_that_the_client_reached():
    """Source: App Engine, development server: http://host:port/_ah/login?continue=<quoted>."""
    request = CreateLoginURLRequest(destination_url="/sign?book=a")
    url = _server().create_login_url(request).login_url
    assert url.startswith("http://localhost:8080/_ah/login?continue=")
    assert parse_qs(urlsplit(url).query) == {"continue": ["http://localhost:8080/sign?book=a"]}


def test_a_logout_url_is_that_of_the_host_that_the_client_reached():
    request = CreateLogoutURLRequest(destination_url="")
    url = _server("books.example", "https").create_logout_url(request).logout_url
    assert url == "https://books.example/_ah/logout?continue=https%3A%2F%2Fbooks.example%2F"


def test_a_request_without_a_host_gets_a_path():
    url = _server("").create_login_url(CreateLoginURLRequest(destination_url="/x")).login_url
    assert url == "/_ah/login?continue=%2Fx"
