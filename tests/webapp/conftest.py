"""What the framework's tests share: a client that needs no server."""

import pytest

from appengine import webapp


class Answer:
    """What an application answered."""

    def __init__(self, status, headers, body):
        self.status = status
        self.pairs = headers
        self.headers = dict(headers)
        self.body = body

    @property
    def code(self):
        return int(self.status.split()[0])

    @property
    def text(self):
        return self.body.decode()


@pytest.fixture
def ask():
    """Sends a request to an application: `ask(application, "/path", method="POST", body=...)`."""

    def send(application, path, **options):
        request = webapp.Request.blank(path, **options)
        started, written = [], []

        def start_response(status, headers, exc_info=None):
            started.append((status, list(headers)))
            return written.append

        pieces = application(request.environ, start_response)
        assert len(started) == 1
        return Answer(*started[0], b"".join([*written, *pieces]))

    return send


@pytest.fixture
def answer_with(ask):
    """Runs one function as the handler of every path and method that it is given for."""

    def run(function, path="/", method="GET", debug=False, **options):
        handler = type("Handler", (webapp.RequestHandler,), {method.lower(): function})
        return ask(
            webapp.WSGIApplication([("/.*", handler)], debug=debug), path, method=method, **options
        )

    return run
