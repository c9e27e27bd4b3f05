"""Source: webapp2, "API Reference", `webapp2_extras.routes`."""

import sys
from types import ModuleType

import pytest

from appengine.webapp2 import RequestHandler, Response, Route, WSGIApplication, uri_for
from appengine.webapp2_extras.routes import (
    DomainRoute,
    HandlerPrefixRoute,
    MultiRoute,
    NamePrefixRoute,
    PathPrefixRoute,
    RedirectRoute,
)
from tests.webapp2.conftest import show


def serve(*routes):
    return WSGIApplication(list(routes), debug=True)


def location(app, path, **options):
    """Returns status and Location of an answer."""
    response = app.get_response(path, **options)
    return response.status_int, response.headers.get("Location", "").removeprefix(
        "http://localhost"
    )


def test_a_strict_slash_sends_the_other_path_to_this_one():
    app = serve(
        RedirectRoute("/with/", show, "with", strict_slash=True),
        RedirectRoute("/without", show, "without", strict_slash=True),
    )
    assert app.get_response("/with/").text.startswith("with")
    assert location(app, "/with") == (301, "/with/")
    assert app.get_response("/without").text.startswith("without")
    assert location(app, "/without/") == (301, "/without")


def test_a_strict_slash_keeps_the_variables():
    route = RedirectRoute("/a/<x>/<:[0-9]+>/", show, "a", defaults={"d": "1"}, strict_slash=True)
    app = serve(route)
    assert location(app, "/a/b%20c/12") == (301, "/a/b%20c/12/")
    assert app.get_response("/a/b/12/").text == "a () [('d', '1'), ('x', 'b')]"
    assert route.strict_slash and location(app, "/a/b/12", method="POST")[0] == 405


def test_a_strict_slash_needs_a_name():
    with pytest.raises(ValueError, match="routes with strict_slash must have a name"):
        RedirectRoute("/a/", show, strict_slash=True)


def test_a_route_sends_to_a_url():
    app = serve(
        RedirectRoute("/old/<x>", redirect_to="/new?x=1"),
        RedirectRoute("/made/<x>", redirect_to=lambda handler, x: f"/of/{x}"),
    )
    assert location(app, "/old/a") == (301, "/new?x=1")
    assert location(app, "/made/a") == (301, "/of/a")


def test_a_route_sends_to_another_by_name():
    app = serve(
        RedirectRoute("/old/<x>", redirect_to_name="new"),
        RedirectRoute("/older/<x>/", name="older", redirect_to_name="new", strict_slash=True),
        Route("/new/<x>", show, "new"),
    )
    assert location(app, "/old/a") == (301, "/new/a")
    assert location(app, "/older/a/") == (301, "/new/a")
    assert location(app, "/older/a") == (301, "/older/a/")


def test_a_route_that_only_builds_matches_nothing():
    app = serve(RedirectRoute("/a", show, "a", build_only=True))
    assert app.get_response("/a").status_int == 404


def test_routes_of_a_path_begin_alike(make_current):
    routes = PathPrefixRoute(
        r"/users/<user:\w+>",
        [
            Route("/", show, "home"),
            Route("/pets/<pet>", show, "pet"),
            PathPrefixRoute("/admin", [Route("/logs", show, "logs")]),
        ],
    )
    app, _ = make_current(routes, Route("/users/-/x", show, "other"))
    assert app.get_response("/users/ann/").text == "home () [('user', 'ann')]"
    assert (
        app.get_response("/users/ann/pets/rex").text == "pet () [('pet', 'rex'), ('user', 'ann')]"
    )
    assert app.get_response("/users/ann/admin/logs").text == "logs () [('user', 'ann')]"
    assert app.get_response("/users/-/x").text == "other () []"
    assert app.get_response("/users/ann/none").status_int == 404
    assert uri_for("logs", user="ann") == "/users/ann/admin/logs"
    assert routes.regex.pattern == r"/users/(?P<user>\w+)"


@pytest.mark.parametrize("prefix", ["a", "/a/", "/", ""])
def test_a_path_prefix_starts_with_a_slash_and_ends_with_none(prefix):
    with pytest.raises(AssertionError, match="must start with a slash"):
        PathPrefixRoute(prefix, [])


def test_a_prefix_asks_its_routes_only_where_the_path_begins_so():
    class Unasked(Route):
        def match(self, request):
            raise AssertionError("it was asked")

    app = serve(PathPrefixRoute("/a", [Unasked("/b", show)]), Route("/<:.*>", show, "all"))
    assert app.get_response("/b").text.startswith("all")


def test_a_prefix_with_a_redirect_inside():
    app = serve(PathPrefixRoute("/a", [RedirectRoute("/b/", show, "b", strict_slash=True)]))
    assert location(app, "/a/b") == (301, "/a/b/")


def test_names_begin_alike():
    app = serve(NamePrefixRoute("user-", [Route("/login", show, "login"), Route("/x", show)]))
    assert app.get_response("/login").text == "user-login () []"
    assert list(app.router.build_routes) == ["user-login"]


def test_handlers_names_begin_alike(monkeypatch):
    module = ModuleType("blog")
    module.Home = type("Home", (RequestHandler,), {"get": lambda page: page.response.write("home")})
    monkeypatch.setitem(sys.modules, "blog", module)
    routes = [Route("/", "Home"), Route("/m", "Home:get", methods=["POST"]), Route("/f", show, "f")]
    app = serve(HandlerPrefixRoute("blog.", routes))
    assert app.get_response("/").text == app.get_response("/m", method="POST").text == "home"
    assert app.get_response("/f").text.startswith("f")


def test_a_domain_has_routes_of_its_own():
    app = serve(
        DomainRoute("<sub>.example.com", [Route("/<x>", show, "sub")]),
        DomainRoute("www.x.com", [Route("/", show, "www")]),
        Route("/", show, "rest"),
    )
    hosts = {
        ("http://a.example.com:81", "/p"): "sub () [('sub', 'a'), ('x', 'p')]",
        ("http://www.x.com", "/"): "www () []",
        ("http://wwwyx.com", "/"): "rest () []",
        ("http://a.b.example.com", "/"): "rest () []",
    }
    for (base, path), text in hosts.items():
        assert app.get_response(path, base_url=base).text == text
    assert app.get_response("/none", base_url="http://www.x.com").status_int == 404
    assert DomainRoute("<a>.b", []).regex.pattern == r"(?P<a>[^.]+)\.b"


def test_a_domains_unnamed_variables_come_first():
    app = serve(DomainRoute("<>.b", [Route("/<>", show, "c")]))
    assert app.get_response("/x", base_url="http://a.b").text == "c ('a', 'x') []"


def test_a_method_that_no_route_inside_takes_is_405():
    inner = [Route("/b", show, methods=["POST"])]
    app = serve(
        PathPrefixRoute("/a", inner), DomainRoute("x.y", [Route("/", show, methods=["PUT"])])
    )
    response = app.get_response("/a/b")
    assert (response.status_int, response.headers["Allow"]) == (405, "POST")
    assert app.get_response("/", base_url="http://x.y").status_int == 405


def test_several_routes_are_as_one():
    one, two = Route("/a", show, "a"), Route("/b", show, "b", build_only=True)
    inner = MultiRoute([two])
    routes = MultiRoute([one, inner])
    assert routes.routes == [one, inner] and MultiRoute.children is None
    assert routes.get_children() == routes.children == list(routes.get_routes()) == [one, two]
    assert routes.get_match_children() == routes.match_children == [one]
    assert list(routes.get_match_routes()) == [one]
    assert routes.get_build_children() == routes.build_children == {"a": one, "b": two}
    assert list(routes.get_build_routes()) == [("a", one), ("b", two)]
    assert serve(routes).get_response("/a").text.startswith("a")
    assert MultiRoute.match_children is None and MultiRoute.build_children is None


def test_a_multi_route_of_ones_own_may_look_at_the_request():
    class Mobile(MultiRoute):
        def get_match_routes(self):
            yield self

        def match(self, request):
            return super().match(request) if "Mobile" in (request.user_agent or "") else None

    app = serve(Mobile([Route("/", lambda request: Response("small"))]), Route("/", show, "large"))
    assert app.get_response("/", headers={"User-Agent": "Mobile"}).text == "small"
    assert app.get_response("/").text == "large () []"
