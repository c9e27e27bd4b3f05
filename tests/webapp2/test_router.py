"""Source: webapp2, "Router"."""

import sys
from types import ModuleType

import pytest

from appengine import webapp, webapp2
from appengine.webapp2 import (
    BaseHandlerAdapter,
    Request,
    RequestHandler,
    Response,
    Route,
    Router,
    SimpleRoute,
    Webapp2HandlerAdapter,
    WebappHandlerAdapter,
    WSGIApplication,
    exc,
)
from tests.webapp2.conftest import show


class Old(webapp.RequestHandler):
    """A handler of the classic framework."""

    def get(self, *names):
        self.response.out.write(f"old {names} {self.request.get('a')}")

    def post(self):
        raise ValueError("mine")


class New(RequestHandler):
    """A handler of this framework."""

    def get(self):
        self.response.write("new")


@pytest.fixture
def pages(monkeypatch):
    """A module of the application, `pages`."""
    module = ModuleType("pages")
    module.New, module.show = New, show
    monkeypatch.setitem(sys.modules, "pages", module)
    return module


def test_the_first_route_that_matches_wins():
    app = WSGIApplication([Route("/a", show, "one"), Route("/<x>", show, "two"), ("/a", New)])
    assert app.get_response("/a").text.startswith("one")
    assert app.get_response("/b").text == "two () [('x', 'b')]"


def test_no_route_is_404_and_another_method_is_405():
    app = WSGIApplication(
        [
            Route("/a", show, "put", methods=["PUT"]),
            Route("/a", show, "post", methods=["POST", "PUT"]),
        ]
    )
    assert app.get_response("/b").status_int == 404
    response = app.get_response("/a")
    assert (response.status_int, response.headers["Allow"]) == (405, "PUT, POST")
    assert app.get_response("/a", method="POST").text.startswith("post")


def test_a_route_may_be_added_later():
    app = WSGIApplication()
    app.router.add((r"/(\d)", New))
    app.router.add(Route("/b", show, "b"))
    simple, route = app.router.match_routes
    assert type(simple) is SimpleRoute is Router.route_class
    assert app.router.build_routes == {"b": route}
    assert app.get_response("/b").status_int == 200
    with pytest.raises(TypeError, match="'/b' is no route"):
        app.router.add("/b")


def test_a_handler_is_imported_when_it_is_first_needed(pages):
    app = WSGIApplication([Route("/", "pages.New"), Route("/f", "pages.show", "f")])
    assert app.router.handlers == {}
    assert app.get_response("/").text == "new"
    assert app.router.handlers == {"pages.New": New}
    assert app.get_response("/f").text == "f () []"


def test_a_handler_that_is_not_there_is_an_error_that_names_it(pages):
    app = WSGIApplication([Route("/", "pages.Missing")], debug=True)
    response = app.get_response("/")
    assert response.status_int == 500 and "'pages' is there, 'Missing' is not" in response.text


def test_a_route_of_a_handlers_method_by_name(pages):
    app = WSGIApplication([Route("/", "pages.New:get", methods=["POST"])])
    assert app.get_response("/", method="POST").text == "new"


def test_a_handler_of_webapp_works_on():
    app = WSGIApplication([(r"/(\w+)", Old), Route("/n/<x>", Old)], debug=True)
    assert app.get_response("/rex?a=b").text == "old ('rex',) b"
    assert app.get_response("/n/rex").text == "old ('rex',) "
    assert app.get_response("/rex", method="PUT").status_int == 405


def test_a_handler_of_webapp_handles_its_own_exceptions():
    response = WSGIApplication([("/", Old)], debug=True).get_response("/", method="POST")
    assert response.status_int == 500 and "ValueError: mine" in response.text


def test_a_handler_without_the_method_is_501():
    class Strange:
        def initialize(self, request, response):
            response.write("unseen")

    assert WSGIApplication([("/", Strange)]).get_response("/").status_int == 501


def test_what_handles_is_called_as_what_it_is():
    router = Router()
    assert type(router.adapt(New)) is Webapp2HandlerAdapter
    assert type(router.adapt(Old)) is WebappHandlerAdapter
    assert type(router.adapt(show)) is BaseHandlerAdapter and router.adapt(show).handler is show
    assert BaseHandlerAdapter.handler is None
    with pytest.raises(TypeError, match="3 is no handler"):
        router.adapt(3)


def test_an_adapter_calls_with_request_and_response(make_current):
    _, request = make_current()
    request.route, request.route_args, request.route_kwargs = SimpleRoute("/", show), ("a",), {}
    assert BaseHandlerAdapter(show)(request, Response()).text == "None ('a',) []"
    response = Response()
    Webapp2HandlerAdapter(type("Page", (New,), {"get": New.get}))  # a class alone
    request.route_args = ()
    Webapp2HandlerAdapter(New)(request, response)
    WebappHandlerAdapter(Old)(request, response)
    assert response.text == "newold () "


def test_each_step_may_be_replaced():
    app = WSGIApplication([Route("/a", New, "a")])
    router = app.router
    steps = []

    def match(router, request):
        steps.append("match")
        return router.default_matcher(request)

    def adapt(router, handler):
        steps.append("adapt")
        return router.default_adapter(handler)

    def dispatch(router, request, response):
        steps.append("dispatch")
        router.default_dispatcher(request, response)
        return Response(f"wrapped {response.text}")

    def build(router, request, name, args, kwargs):
        return "built " + router.default_builder(request, name, args, kwargs)

    router.set_matcher(match)
    router.set_adapter(adapt)
    router.set_dispatcher(dispatch)
    router.set_builder(build)
    assert app.get_response("/a").text == "wrapped new"
    assert steps == ["dispatch", "match", "adapt"]
    assert router.build(Request.blank("/"), "a", (), {}) == "built /a"


def test_functions_may_return_text_with_a_dispatcher_of_ones_own():
    app = WSGIApplication([Route("/", lambda request: "hello")])

    def dispatch(router, request, response):
        returned = router.default_dispatcher(request, response)
        return Response(returned) if isinstance(returned, str) else returned

    app.router.set_dispatcher(dispatch)
    assert app.get_response("/").text == "hello"


def test_a_router_matches_builds_and_dispatches_by_itself(make_current):
    router = Router([Route("/a/<x>", show, "a")])
    request = Request.blank("/a/b")
    assert router.match(request) == (router.match_routes[0], (), {"x": "b"})
    assert router.build(request, "a", (), {"x": "c"}) == "/a/c"
    assert router.dispatch(request, Response()).text == "a () [('x', 'b')]"
    assert (request.route, request.route_args) == (router.match_routes[0], ())
    assert request.route_kwargs == {"x": "b"}
    with pytest.raises(exc.HTTPNotFound):
        router.match(Request.blank("/"))


def test_a_router_shows_its_routes():
    router = Router([("/a", "b"), Route("/c", name="c", build_only=True)])
    assert repr(router).startswith("<Router([<SimpleRoute('/a', 'b')>, <Route('/c', None")


def test_an_application_may_bring_a_router_of_its_own():
    class Upper(Router):
        def default_matcher(self, request):
            request.environ["PATH_INFO"] = request.environ["PATH_INFO"].lower()
            return super().default_matcher(request)

        match = default_matcher

    class Application(webapp2.WSGIApplication):
        router_class = Upper

    assert Application([("/a", New)]).get_response("/A").text == "new"
