"""Source: webapp2, "The WSGI application", "Exception handling", "Globals"."""

import io
import logging
import threading
from types import SimpleNamespace

import pytest

from appengine import webapp2
from appengine.webapp2 import (
    Config,
    Request,
    RequestContext,
    RequestHandler,
    Response,
    Route,
    WSGIApplication,
    exc,
)


class Failing(RequestHandler):
    """Fails in the way that the query asks for."""

    def get(self):
        self.response.write("half")
        code = self.request.get("code")
        if code:
            self.abort(int(code), self.request.get("detail"))
        raise ValueError("secret")


def application(**options):
    return WSGIApplication([("/fail", Failing)], **options)


@pytest.fixture
def quiet(caplog):
    """The log, which is not shown."""
    caplog.set_level(logging.ERROR)
    return caplog


@pytest.mark.parametrize("method", ["PATCH", "PROPFIND", "get"])
def test_a_method_that_is_not_allowed_is_501(method):
    assert application().get_response("/fail", method=method).status_int == 501


def test_an_application_may_allow_further_methods():
    app = WSGIApplication([("/", type("Page", (RequestHandler,), {"patch": lambda page: None}))])
    app.allowed_methods = app.allowed_methods | {"PATCH"}
    assert app.get_response("/", method="PATCH").status_int == 200


def test_an_exception_is_500_and_logged_once(quiet):
    response = application().get_response("/fail")
    assert response.status_int == 500 and "secret" not in response.text
    [record] = quiet.records
    assert record.exc_info[1].args == ("secret",)


def test_an_exception_is_answered_with_its_traceback_where_debug_is(quiet):
    response = application(debug=True).get_response("/fail")
    assert (response.status_int, response.content_type) == (500, "text/plain")
    assert 'raise ValueError("secret")' in response.text and "half" not in response.text


def test_an_http_exception_is_the_response(quiet):
    response = application().get_response("/fail?code=403&detail=not+you")
    assert response.status_int == 403 and "not you" in response.text
    assert quiet.records == []


def test_an_error_handler_answers_for_its_code(quiet):
    def missing(request, response, exception):
        response.write(f"nothing at {request.path}: {exception.code}")
        response.set_status(404)

    def failed(request, response, exception):
        return Response(f"sorry: {exception}", status=503)

    app = application()
    assert app.error_handlers == {}
    app.error_handlers[404] = missing
    app.error_handlers[500] = failed
    assert app.get_response("/x").text == "nothing at /x: 404"
    response = app.get_response("/fail")
    assert (response.status_int, response.text) == (503, "sorry: secret")
    assert [record.getMessage() for record in quiet.records] == ["secret"]


def test_an_error_handler_may_be_a_name(quiet):
    app = application()
    app.error_handlers[404] = f"{__name__}.say_missing"
    assert app.get_response("/x").text == "missing"
    assert app.error_handlers[404] is say_missing


def say_missing(request, response, exception):
    """An error handler."""
    response.write("missing")


def test_an_error_handler_that_fails_is_500(quiet):
    app = application()
    app.error_handlers[404] = lambda request, response, exception: 1 / 0
    assert app.get_response("/x").status_int == 500
    assert "division by zero" in quiet.records[-1].getMessage()


def test_an_error_handler_that_is_no_function_is_named(quiet):
    app = application(debug=True)
    app.error_handlers[404] = 3
    assert "error_handlers[404]: 3 is no function" in app.get_response("/x").text


def test_an_error_handler_may_raise_an_http_exception(quiet):
    def forbid(request, response, exception):
        raise exc.HTTPForbidden()

    app = application()
    app.error_handlers[404] = forbid
    assert app.get_response("/x").status_int == 403


def test_an_exception_may_be_handled_by_the_application_itself():
    class Application(WSGIApplication):
        def handle_exception(self, request, response, e):
            return Response(f"handled {e}")

    assert Application([("/fail", Failing)]).get_response("/fail").text == "handled secret"


def test_a_response_that_cannot_be_sent_is_500(quiet):
    def get(request):
        def send(environ, start_response):
            raise OSError("broken")

        return send

    response = WSGIApplication([Route("/", get)]).get_response("/")
    assert response.status_int == 500 and "broken" in quiet.text


def test_a_request_that_cannot_be_read_is_400(quiet):
    page = type("Page", (RequestHandler,), {"post": lambda page: page.request.get("a")})
    response = WSGIApplication([("/", page)]).get_response(
        "/", method="POST", body=b"x", content_type="multipart/form-data"
    )
    assert response.status_int == 400 and "boundary" in response.text and quiet.records == []


def test_an_application_and_its_request_are_current_while_it_answers(make_current):
    outer, request = make_current()
    seen = []

    def look(request):
        seen.append((webapp2.get_app(), webapp2.get_request()))
        assert WSGIApplication.app == WSGIApplication.active_instance == app
        assert WSGIApplication.request.path == "/a"
        return Response()

    app = WSGIApplication([Route("/a", look)])
    assert app.get_response("/a").status_int == 200
    [(current, asked)] = seen
    assert current is app and asked.path == "/a"
    assert (webapp2.get_app(), webapp2.get_request()) == (outer, request)  # given back


def test_outside_of_a_request_there_is_nothing_current():
    app = WSGIApplication()
    app.set_globals(app=app, request=Request.blank("/"))
    assert webapp2.get_app() is app
    app.clear_globals()
    with pytest.raises(AssertionError, match="WSGIApplication global variable is not set"):
        webapp2.get_app()
    with pytest.raises(AssertionError, match="Request global variable is not set"):
        webapp2.get_request()
    assert not WSGIApplication.app


def test_each_thread_has_a_current_request_of_its_own():
    barrier = threading.Barrier(2, timeout=30)
    answers = {}

    def look(request, path):
        barrier.wait()
        return Response(webapp2.get_request().path)

    app = WSGIApplication([Route("/<:.*>", look)])

    def ask(path):
        answers[path] = app.get_response(path).text

    threads = [threading.Thread(target=ask, args=(path,)) for path in ("/a", "/b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {"/a": "/a", "/b": "/b"}


def test_a_context_is_the_time_of_one_request(make_current):
    app, _ = make_current()
    environ = Request.blank("/x").environ
    context = RequestContext(app, environ)
    assert (context.app, context.environ) == (app, environ)
    with context as (request, response):
        assert webapp2.get_request() is request and request.app is app
        assert request.response is response and request.path == "/x"
    assert webapp2.get_request().path == "/here"


def test_an_application_has_a_registry_and_a_configuration():
    app = WSGIApplication(config={"pages": {"title": "Pets"}})
    assert app.registry == {} and type(app.config) is Config is WSGIApplication.config_class
    assert app.config.get("pages") == {"title": "Pets"}
    assert (app.debug, WSGIApplication(debug=True).debug) == (False, True)
    assert WSGIApplication.request_context_class is RequestContext


def test_an_application_may_bring_its_own_classes():
    class MyRequest(Request):
        def shout(self):
            return self.path.upper()

    class MyResponse(Response):
        pass

    class Application(WSGIApplication):
        request_class = MyRequest
        response_class = MyResponse

    def get(page):
        page.response.write(page.request.shout() + type(page.response).__name__)

    page = type("Page", (RequestHandler,), {"get": get})
    assert Application([("/a", page)]).get_response("/a").text == "/AMyResponse"


def test_get_response_asks_as_a_client_would():
    def get(page):
        page.response.write(page.request.get("a") + page.request.headers.get("X-A", ""))

    app = WSGIApplication([("/", type("Page", (RequestHandler,), {"get": get, "post": get}))])
    assert app.get_response("/?a=1").text == "1"
    response = app.get_response("/", POST={"a": "2"}, headers={"X-A": "b"})
    assert response.text == "2b" and type(response) is Response


@pytest.mark.parametrize("bare", [True, False])
def test_a_script_runs_its_application(monkeypatch, bare):
    output = io.BytesIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO()))
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=output))
    for name, value in Request.blank("/").environ.items():
        if isinstance(value, str):
            monkeypatch.setenv(name, value)
    WSGIApplication([Route("/", lambda request: Response("hello"))]).run(bare=bare)
    assert output.getvalue().startswith(b"Status: 200 OK\r\n")
    assert output.getvalue().endswith(b"\r\n\r\nhello")
