"""Source: webapp2, "URI routing", section "Building URIs"; "redirect", "abort"."""

import pytest
import webapp2
from hypothesis import given, settings
from hypothesis import strategies as st
from webapp2 import Request, Response, Route, exc

import appengine  # noqa: F401  # the name webapp2
from tests.webapp2.conftest import show

ROUTES = (
    Route("/", show, "home"),
    Route(r"/shelf/<name>/<year:\d{4}>", show, "shelf"),
    Route(r"/n/<:\d+>/<>", show, "numbers"),
    Route("/d/<page>", show, "default", defaults={"page": "1"}),
    Route("/s", show, "secure", schemes=["https"]),
)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "uri"),
    [
        ("home", (), {}, "/"),
        ("shelf", (), {"name": "rex", "year": 2008}, "/shelf/rex/2008"),
        ("shelf", (), {"name": "é b&c", "year": "2008"}, "/shelf/%C3%A9%20b%26c/2008"),
        (
            "shelf",
            (),
            {"name": "a", "year": "2008", "q": "é", "p": 1},
            "/shelf/a/2008?p=1&q=%C3%A9",
        ),
        ("numbers", (12, "b"), {}, "/n/12/b"),
        ("default", (), {}, "/d/1"),
        ("default", (), {"page": 3}, "/d/3"),
        ("home", (), {"_full": True}, "http://localhost/"),
        ("home", (), {"_scheme": "https"}, "https://localhost/"),
        ("home", (), {"_netloc": "www.example.com"}, "http://www.example.com/"),
        ("home", (), {"_fragment": "top", "a": "b"}, "/?a=b#top"),
    ],
)
def test_a_url_is_made_of_a_routes_name_and_values(make_current, name, args, kwargs, uri):
    app, request = make_current(*ROUTES)
    assert webapp2.uri_for(name, None, *args, **kwargs) == uri
    assert app.router.build(request, name, args, kwargs) == uri


def test_a_url_that_cannot_be_made_says_why(make_current):
    make_current(*ROUTES)
    with pytest.raises(KeyError, match="Route named 'attic' is not defined"):
        webapp2.uri_for("attic")
    with pytest.raises(KeyError, match='Missing argument "year" to build URI'):
        webapp2.uri_for("shelf", name="a")
    with pytest.raises(ValueError, match='Value "08" is not supported for argument "year"'):
        webapp2.uri_for("shelf", name="a", year="08")
    with pytest.raises(ValueError, match='"a/b" is not supported'):
        webapp2.uri_for("shelf", name="a/b", year="2008")


def test_a_url_may_be_made_for_another_request(make_current):
    app, _ = make_current(*ROUTES)
    other = Request.blank("/", base_url="http://other:81")
    other.app = app
    assert webapp2.uri_for("home", other, _full=True) == "http://other:81/"
    stray = Request.blank("/")
    with pytest.raises(AssertionError, match="of no application"):
        webapp2.uri_for("home", stray)


TEXTS = st.text(min_size=1, max_size=9).filter(lambda text: "/" not in text)


@settings(max_examples=50, deadline=None)
@given(name=TEXTS, extra=st.text(max_size=5))
def test_a_route_matches_the_url_that_it_makes(name, extra):
    clean = name.encode("utf-8", "replace").decode(), extra.encode("utf-8", "replace").decode()
    route = Route("/a/<name>/b", show, "a")
    uri = route.build(Request.blank("/"), (), {"name": clean[0], "extra": clean[1]})
    request = Request.blank(uri)
    assert route.match(request)[2] == {"name": clean[0]}
    assert request.get("extra") == clean[1]


def test_a_redirect_is_302_or_301_and_whole(make_current):
    make_current(*ROUTES)
    response = webapp2.redirect("/there?a=b")
    assert (response.status_int, response.location) == (302, "http://localhost/there?a=b")
    assert webapp2.redirect("./b", permanent=True).location == "http://localhost/b"
    assert webapp2.redirect("http://other/x", code=303, body="see").text == "see"
    assert webapp2.redirect("/", permanent=True).status_int == 301


def test_a_redirect_fills_the_response_that_it_is_given(make_current):
    make_current(*ROUTES)
    response = Response("before")
    assert webapp2.redirect("/", response=response) is response and response.body == b""


def test_a_redirects_code_is_one_of_its_own(make_current):
    make_current(*ROUTES)
    with pytest.raises(AssertionError, match="Invalid redirect status code: 200"):
        webapp2.redirect("/", code=200)


def test_a_redirect_may_be_raised(make_current):
    make_current(*ROUTES)
    with pytest.raises(exc.HTTPFound) as raised:
        webapp2.redirect("/there", abort=True)
    assert raised.value.headers["Location"] == "http://localhost/there"


def test_a_redirect_goes_to_a_route_by_name(make_current):
    make_current(*ROUTES)
    response = webapp2.redirect_to("shelf", True, name="a", year=2008, q=1)
    assert (response.status_int, response.location) == (301, "http://localhost/shelf/a/2008?q=1")


def test_an_error_is_raised_by_its_code():
    with pytest.raises(exc.HTTPNotFound, match="no such pet") as raised:
        webapp2.abort(404, "no such pet", headers=[("X-A", "b")])
    assert raised.value.headers["X-A"] == "b"
    assert isinstance(raised.value, webapp2.HTTPException)
    with pytest.raises(KeyError, match="No exception is defined for code 999"):
        webapp2.abort(999)
