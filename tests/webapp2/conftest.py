"""What the tests of webapp2 share: handlers that show what they are given, and current requests."""

import pytest

from appengine import webapp2


def show(request, *args, **kwargs):
    """Answers with the route's name and the values that the handler was given."""
    name = request.route.name if request.route else None
    return webapp2.Response(f"{name} {args} {sorted(kwargs.items())}")


@pytest.fixture
def make_current():
    """Makes an application of routes and a request current: returns both."""

    def make(*routes, url="http://localhost/here?x=1", **options):
        app = webapp2.WSGIApplication(list(routes), **options)
        request = webapp2.Request.blank(url)
        request.app = app
        app.set_globals(app=app, request=request)
        return app, request

    yield make
    webapp2.WSGIApplication().clear_globals()


@pytest.fixture
def answer():
    """Runs one function as a handler's `get`, or another method: `answer(function, "/?a=b")`."""

    def run(function, path="/", *, debug=False, **options):
        method = options.get("method", "POST" if "POST" in options else "GET").lower()
        handler = type("Handler", (webapp2.RequestHandler,), {method: function})
        app = webapp2.WSGIApplication([("/.*", handler)], debug=debug)
        return app.get_response(path, **options)

    return run
