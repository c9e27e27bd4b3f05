"""What the framework's tests share: a client without a server, and values for templates."""

import datetime

import pytest

from appengine import webapp
from appengine.webapp.template.environment import Environment


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


class Pet:
    """A value with attributes, methods, and some that a template must not have."""

    name = "Rex"
    _secret = "secret"
    toys = ("ball", "bone")

    def call(self):
        return "woof"

    def feed(self, food):
        return food

    def delete(self):
        raise AssertionError("a template deleted a pet")

    delete.alters_data = True

    @property
    def broken(self):
        raise AttributeError("inside")


VALUES = {
    "pet": Pet(),
    "d": {"items": "own", "b": [10, {"c": 20}], "1": "one"},
    "pets": {"rex": "dog", "tom": "cat"},
    "words": ["a", "b", "c"],
    "n": 3,
    "zero": 0,
    "none": None,
    "html": "<b>&",
    "call": lambda: "called",
    "self": "own self",
    "loop": "own loop",
    "range": "own range",
    "people": [
        {"name": "Ann", "sex": "f"},
        {"name": "Bea", "sex": "f"},
        {"name": "Cal", "sex": "m"},
    ],
    "pairs": [(1, 2), (3, 4)],
    "when": datetime.datetime(2008, 4, 7, 21, 5, 9),
    "empty": [],
    "day": datetime.date(2008, 4, 8),
    "eleventh": datetime.datetime(2008, 4, 11),
    "noon": datetime.time(12),
    "midnight": datetime.time(0),
    "half": datetime.time(9, 30),
    "tags": ["<b>", "<i>"],
    "objects": [{"x": 1}, {"x": "one"}],
}


@pytest.fixture
def show(tmp_path):
    """Renders a text with the values above."""

    def render(text, **values):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        return str(Environment(tmp_path, {}, True).find("page.html").render(VALUES | values))

    return render
