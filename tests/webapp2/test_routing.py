"""Source: webapp2, "URI routing"."""

import re

import pytest

from appengine.webapp2 import BaseRoute, Request, Response, Route, SimpleRoute, WSGIApplication, exc
from tests.webapp2.conftest import show

GET = Request.blank


def matched(route, path, **options):
    """Returns the values of a route's variables; None where it does not match."""
    found = route.match(GET(path, **options))
    assert found is None or found[0] is route
    return found and found[1:]


@pytest.mark.parametrize(
    ("template", "path", "args", "kwargs"),
    [
        ("/", "/", (), {}),
        ("/a/<name>", "/a/rex", (), {"name": "rex"}),
        ("/a/<name>", "/a/r%20x", (), {"name": "r x"}),
        ("/a/<name>/<year:[0-9]{4}>", "/a/rex/2008", (), {"name": "rex", "year": "2008"}),
        ("/a/<:[0-9]+>/<>", "/a/12/b", ("12", "b"), {}),
        ("/a/<:.*>", "/a/b/c/", ("b/c/",), {}),
        ("/a/<x>/<>", "/a/b/c", ("c",), {"x": "b"}),
        ("/a.b", "/a.b", (), {}),
        ("/é/<name>", "/%C3%A9/%C3%BC", (), {"name": "ü"}),
        ("/<a>-<b>.<c:html|txt>", "/x-y.txt", (), {"a": "x", "b": "y", "c": "txt"}),
    ],
)
def test_a_template_matches_whole_paths(template, path, args, kwargs):
    assert matched(Route(template, show), path) == (args, kwargs)


@pytest.mark.parametrize(
    ("template", "path"),
    [("/a", "/a/"), ("/a", "/a%0a"), ("/a/<x>", "/a/b/c"), ("/a.b", "/axb"), ("/<n:[0-9]+>", "/x")],
)
def test_a_template_matches_no_other_path(template, path):
    assert matched(Route(template, show), path) is None


def test_defaults_are_values_that_the_path_does_not_have():
    route = Route("/a/<x>", show, defaults={"x": "0", "y": "1"})
    assert matched(route, "/a/b") == ((), {"x": "b", "y": "1"})
    assert route.defaults == {"x": "0", "y": "1"}


def test_a_route_may_be_for_some_schemes_alone():
    route = Route("/a", show, schemes=["https"])
    assert matched(route, "/a") is None
    assert matched(route, "/a", base_url="https://localhost") == ((), {})
    assert route.schemes == ["https"]


def test_a_route_may_be_for_some_methods_alone():
    route = Route("/a", show, methods=["GET", "POST"])
    assert matched(route, "/a", method="POST") == ((), {}) and route.methods == ["GET", "POST"]
    with pytest.raises(exc.HTTPMethodNotAllowed) as refused:
        route.match(GET("/a", method="PUT"))
    assert refused.value.headers["Allow"] == "GET, POST"
    assert route.match(GET("/b", method="PUT")) is None


def test_a_handlers_name_may_have_its_method_behind_a_colon():
    route = Route("/a", "pages.Home:show")
    assert (route.handler, route.handler_method) == ("pages.Home", "show")
    with pytest.raises(ValueError, match=r"can't have a colon \(got 'a:b'\)"):
        Route("/a", "a:b", handler_method="c")


def test_a_route_that_only_builds_needs_a_name():
    with pytest.raises(ValueError, match="is build_only but doesn't have a name"):
        Route("/a", build_only=True)
    route = Route("/a", name="a", build_only=True)
    assert list(route.get_match_routes()) == [] and route.build_only
    assert list(route.get_build_routes()) == [("a", route)]


def test_a_template_with_a_bad_expression_is_named():
    with pytest.raises(ValueError, match=r"route template '/<a:\[>'"):
        Route("/<a:[>", show).match(GET("/a"))


def test_a_route_tells_what_its_template_is_made_of():
    route = Route(r"/a/<x:\d+>/<>/100%", show, "a")
    assert route.regex.pattern == r"/a/(?P<x>\d+)/(?P<__0__>[^/]+)/100%"
    assert route.reverse_template == "/a/%(x)s/%(__0__)s/100%%"
    assert (route.args_count, route.kwargs_count) == (1, 1)
    assert {name: regex.pattern for name, regex in route.variables.items()} == {
        "x": r"\d+",
        "__0__": "[^/]+",
    }
    assert route.build(GET("/"), ("b",), {"x": 1}) == "/a/1/b/100%25"
    assert (route.template, route.name, route.handler) == (r"/a/<x:\d+>/<>/100%", "a", show)


def test_a_route_shows_what_it_is():
    route = Route("/a", "pages.Home", name="a", defaults={"b": 1})
    assert (
        repr(route) == "<Route('/a', 'pages.Home', name='a', defaults={'b': 1}, build_only=False)>"
    )
    assert repr(SimpleRoute("/a", "pages.Home")) == "<SimpleRoute('/a', 'pages.Home')>"


def test_a_simple_route_is_a_regular_expression():
    route = SimpleRoute(r"/a/(\d+)/(.*)", show)
    assert matched(route, "/a/12/b/c") == (("12", "b/c"), {})
    assert matched(route, "/x/a/12/b") is None and matched(route, "/a/12/b%0a") is None
    assert route.regex.pattern == route.template == r"^/a/(\d+)/(.*)$"


def test_a_route_of_ones_own_says_what_it_matches():
    class Lucky(BaseRoute):
        def match(self, request):
            return (self, (), {"n": request.get("n")}) if request.get("n") else None

        def build(self, request, args, kwargs):
            return "/lucky"

    app = WSGIApplication([Lucky("lucky", show, name="lucky")])
    assert app.get_response("/any?n=3").text == "lucky () [('n', '3')]"
    assert app.get_response("/any").status_int == 404
    assert app.router.build(GET("/"), "lucky", (), {}) == "/lucky"
    base = BaseRoute("/a", show, name="b", build_only=True)
    assert list(base.get_routes()) == [base] and base.build_only
    for call in (lambda: base.match(GET("/")), lambda: base.build(GET("/"), (), {})):
        with pytest.raises(TypeError, match="BaseRoute does not"):
            call()


def test_what_a_base_route_has_is_nothing_until_it_is_made():
    names = ("template", "handler", "name", "handler_method", "handler_adapter")
    assert [getattr(BaseRoute, name) for name in names] == [None] * 5
    assert BaseRoute.build_only is False and Route.methods is None and Route.schemes is None


def test_a_handlers_adapter_is_kept_at_its_route():
    route = Route("/a", show)
    assert WSGIApplication([route]).get_response("/a").status_int == 200
    assert route.handler_adapter.handler is show


def test_a_response_may_be_a_handler_of_a_route():
    app = WSGIApplication([Route("/", lambda request: Response("hello"))])
    assert app.get_response("/").text == "hello"
    assert isinstance(app.router.match_routes[0].regex, re.Pattern)
