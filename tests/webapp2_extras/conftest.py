"""What the tests of webapp2_extras share: a browser, and the datastore in this process."""

from http.cookies import SimpleCookie

import pytest

from appengine import webapp2
from appengine.rpc.client import transport
from tests.datastore_client.in_process import APPLICATION, InProcess
from tests.webapp2.conftest import make_current

__all__ = ["make_current"]

SECRET = {"webapp2_extras.sessions": {"secret_key": "a secret of the tests"}}


class Browser:
    """Asks one application and keeps its cookies.

    Attributes:
        cookies: the values by name.
        attributes: of the cookies that were set last.
    """

    def __init__(self, app):
        self.app = app
        self.cookies = {}
        self.attributes = {}

    def get(self, path, **options):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self.app.get_response(path, headers={"Cookie": cookie}, **options)
        for text in response.headers.getall("Set-Cookie"):
            for name, morsel in SimpleCookie(text).items():
                self.cookies[name] = morsel.value
                self.attributes[name] = morsel
        return response


@pytest.fixture
def browse():
    """Returns a browser at an application of one page: `browse(function, **options)`."""

    def make(function, config=None, **options):
        page = type("Page", (webapp2.RequestHandler,), {"get": function, **options})
        return Browser(
            webapp2.WSGIApplication([("/.*", page)], debug=True, config=config or SECRET)
        )

    return make


@pytest.fixture
def datastore(tmp_path, monkeypatch):
    """An empty datastore, which calls reach."""
    monkeypatch.setenv("APPLICATION_ID", APPLICATION)
    monkeypatch.setenv("AUTH_DOMAIN", "gmail.com")
    carrier = InProcess(tmp_path)
    token = transport.set(carrier)
    yield carrier
    transport.reset(token)
    carrier.close()
