"""Source: webapp2, "Request handlers"."""

import pytest

from appengine import webapp2
from appengine.webapp2 import RedirectHandler, RequestHandler, Response, Route, WSGIApplication, exc


class Page(RequestHandler):
    """Shows what it is given."""

    def get(self, *args, **kwargs):
        self.response.write(f"get {args} {sorted(kwargs.items())}")

    def shown(self, **kwargs):
        self.response.write(f"shown {kwargs}")

    def m_search(self):
        return Response("searched")


def serve(*routes, **options):
    return WSGIApplication(list(routes), **options)


def test_a_handler_is_given_the_named_values_or_else_the_others():
    app = serve(Route("/a/<x>/<>", Page), Route("/b/<>/<>", Page), (r"/c/(\d)(\d)", Page))
    assert app.get_response("/a/1/2").text == "get () [('x', '1')]"
    assert app.get_response("/b/1/2").text == "get ('1', '2') []"
    assert app.get_response("/c/12").text == "get ('1', '2') []"


def test_a_handlers_method_may_be_the_routes():
    app = serve(Route("/a/<x>", Page, handler_method="shown"))
    assert app.get_response("/a/1").text == "shown {'x': '1'}"
    assert app.get_response("/a/1", method="POST").text == "shown {'x': '1'}"


def test_a_method_with_a_hyphen_has_an_underscore():
    class Application(WSGIApplication):
        allowed_methods = WSGIApplication.allowed_methods | {"M-SEARCH"}

    assert Application([("/", Page)]).get_response("/", method="M-SEARCH").text == "searched"


def test_a_method_that_the_handler_lacks_is_405_and_names_the_others():
    response = serve(("/", Page)).get_response("/", method="DELETE")
    assert (response.status_int, response.headers["Allow"]) == (405, "GET")


def test_a_method_may_return_another_response(answer):
    response = answer(lambda handler: Response("other", status=201))
    assert (response.status_int, response.text) == (201, "other")


def test_what_is_no_response_is_an_error_that_says_so(answer):
    response = answer(lambda handler: "text", debug=True)
    assert response.status_int == 500
    assert "a handler returned 'text': neither None nor a response" in response.text


def test_dispatch_is_where_to_do_what_every_method_needs():
    class Careful(Page):
        def dispatch(self):
            self.response.write("before ")
            super().dispatch()
            self.response.write(" after")

    assert serve(("/", Careful)).get_response("/").text == "before get () [] after"


def test_initialize_may_be_extended():
    class Named(Page):
        def initialize(self, request, response):
            super().initialize(request, response)
            self.name = request.get("name")

        def get(self):
            self.response.write(self.name)

    assert serve(("/", Named)).get_response("/?name=rex").text == "rex"


def test_a_handler_knows_request_response_and_application(make_current):
    app, request = make_current()
    handler = RequestHandler(request, response := Response())
    assert (handler.request, handler.response, handler.app) == (request, response, app)
    assert RequestHandler().app is app


def test_an_error_sets_the_status_and_forgets_what_was_written(answer):
    def get(handler):
        handler.response.write("half")
        handler.error(403)

    response = answer(get)
    assert (response.status_int, response.body) == (403, b"")


def test_a_handler_leaves_with_an_error(answer):
    response = answer(lambda handler: handler.abort(404, detail="no such pet"))
    assert response.status_int == 404 and "no such pet" in response.text


def test_a_handler_redirects_in_its_own_response(answer):
    def get(handler):
        handler.response.headers["X-A"] = "kept"
        assert handler.redirect("/there", code=303) is handler.response

    response = answer(get)
    assert (response.status_int, response.location) == (303, "http://localhost/there")
    assert response.headers["X-A"] == "kept"


def test_a_handler_names_routes():
    class Home(RequestHandler):
        def get(self):
            assert self.uri_for("pet", name="rex") == self.url_for("pet", name="rex") == "/pet/rex"
            self.redirect_to("pet", _permanent=True, name="rex")

    app = serve(Route("/", Home), Route("/pet/<name>", Page, "pet"))
    response = app.get_response("/")
    assert (response.status_int, response.location) == (301, "http://localhost/pet/rex")


def test_an_exception_goes_to_the_handler_first():
    class Failing(RequestHandler):
        def get(self):
            raise ValueError("mine")

        def handle_exception(self, exception, debug):
            self.response.write(f"{exception!r} {debug}")
            self.response.set_status(418)

    response = serve(("/", Failing), debug=True).get_response("/")
    assert (response.status_int, response.text) == (418, "ValueError('mine') True")


def test_a_handler_that_does_not_care_raises_the_exception_again():
    with pytest.raises(ValueError, match="mine"):
        RequestHandler().handle_exception(ValueError("mine"), False)


@pytest.mark.parametrize(
    ("defaults", "status", "location"),
    [
        ({"_uri": "/new"}, 301, "http://localhost/new"),
        ({"_uri": "/new", "_code": 302}, 302, "http://localhost/new"),
        ({"_uri": "/new", "_permanent": False}, 302, "http://localhost/new"),
        ({"_uri": lambda handler, name: f"/pets/{name}"}, 301, "http://localhost/pets/rex"),
        ({"_uri": "http://example.com/"}, 301, "http://example.com/"),
    ],
)
def test_a_redirect_handler_sends_every_get_to_its_url(defaults, status, location):
    app = serve(Route("/old/<name>", RedirectHandler, defaults=defaults))
    response = app.get_response("/old/rex?a=b")
    assert (response.status_int, response.location) == (status, location)
    assert app.get_response("/old/rex", method="POST").status_int == 405


def test_a_redirect_handler_may_write_a_body():
    route = Route("/old", RedirectHandler, defaults={"_uri": "/new", "_body": "moved"})
    assert serve(route).get_response("/old").text == "moved"


def test_the_exceptions_are_webobs():
    assert webapp2.exc is exc and issubclass(exc.HTTPNotFound, webapp2.HTTPException)
