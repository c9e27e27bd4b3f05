"""webapp2 in the sandbox: nothing is installed, nothing is on a disk, every back end keeps."""

import json
from http.cookies import SimpleCookie

import pytest

from tests.e2e.serving import DevServer, wsgi_application

SOURCE = """
import sys

import webapp2
from google.appengine.ext import webapp
from webapp2_extras import auth, jinja2, json, routes, security, sessions
from webapp2_extras.appengine.auth import models
from webapp2_extras.appengine.users import admin_required


class Page(webapp2.RequestHandler):
    def dispatch(self):
        store = sessions.get_store(request=self.request)
        try:
            super().dispatch()
        finally:
            store.save_sessions(self.response)


class Count(Page):
    def get(self, backend):
        session = sessions.get_store().get_session(backend, backend=backend)
        session["visits"] = session.get("visits", 0) + 1
        self.response.write(session["visits"])


class Upload(Page):
    def post(self):
        file = self.request.POST["file"]
        size = len(self.request.get("file"))
        written = [file.filename, file.type, size, self.request.get("name")]
        self.response.write(json.encode(written))


class Account(Page):
    def get(self):
        user = auth.get_auth().get_user_by_session()
        self.response.write(user and user["user_id"])

    def post(self):
        name, password = self.request.get("name"), self.request.get("password")
        if self.request.get("new"):
            created, user = models.User.create_user(name, password_raw=password)
            self.response.write(created)
        else:
            auth.get_auth().get_user_by_password(name, password)

    def delete(self):
        auth.get_auth().unset_session()


class Secret(Page):
    @admin_required
    def get(self):
        self.response.write("secret")


class Classic(webapp.RequestHandler):
    def get(self):
        self.response.out.write("classic")


def facts(request):
    same = sys.modules["webapp2"] is sys.modules["appengine.webapp2"]
    current = webapp2.get_app() is app
    return webapp2.Response(json.encode([same, request.host_url, request.path, current]))


app = webapp2.WSGIApplication(
    [
        webapp2.Route("/count/<backend>", Count),
        ("/upload", Upload),
        ("/account", Account),
        ("/secret", Secret),
        ("/classic", Classic),
        webapp2.Route("/fail", lambda request: 1 / 0),
        routes.PathPrefixRoute("/facts", [webapp2.Route("/here", facts)]),
    ],
    config={"webapp2_extras.sessions": {"secret_key": security.generate_random_string(32)}},
)
"""


class Visitor:
    """One browser: keeps its cookies."""

    def __init__(self, server):
        self._server = server
        self._cookies = {}

    def ask(self, path, method="GET", body=None, **headers):
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if isinstance(body, str):
            body, headers["Content-Type"] = body.encode(), "application/x-www-form-urlencoded"
        reply = self._server.request(method, path, body, headers)
        for name, morsel in SimpleCookie(reply.headers.get("Set-Cookie", "")).items():
            self._cookies[name] = morsel.value
        return reply


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serves the application."""
    folder = tmp_path_factory.mktemp("webapp2")
    folder.chmod(0o755)
    with DevServer([wsgi_application(folder, SOURCE)]) as running:
        yield running


@pytest.fixture
def visitor(server):
    """A browser without cookies."""
    return Visitor(server)


def test_the_framework_is_there_and_the_same_by_both_names(server, visitor):
    same, host, path, current = json.loads(visitor.ask("/facts/here").text)
    assert (same, host, path, current) == (True, server.urls[0], "/facts/here", True)
    assert visitor.ask("/classic").text == "classic"


@pytest.mark.parametrize("backend", ["securecookie", "datastore", "memcache"])
def test_a_session_is_kept_by_every_back_end(server, visitor, backend):
    assert [visitor.ask(f"/count/{backend}").text for _ in range(3)] == ["1", "2", "3"]
    assert Visitor(server).ask(f"/count/{backend}").text == "1"


def test_a_large_upload_is_read_without_a_disk(visitor):
    content = b"\x00\xff\r\n--" * 500_000
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: image/x-a\r\n\r\n" + content + b"\r\n--b\r\n"
        b'Content-Disposition: form-data; name="name"\r\n\r\nRex\r\n--b--\r\n'
    )
    reply = visitor.ask(
        "/upload", "POST", body, **{"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert json.loads(reply.text) == ["a.bin", "image/x-a", len(content), "Rex"]


def test_a_user_of_the_applications_own_signs_in_and_out(visitor):
    form = "name=ann&password=secret"
    assert visitor.ask("/account", "POST", f"{form}&new=1").text == "True"
    assert visitor.ask("/account").text == "None"
    visitor.ask("/account", "POST", form)
    assert visitor.ask("/account").text.isdigit()
    visitor.ask("/account", "DELETE")
    assert visitor.ask("/account").text == "None"


def test_a_page_for_administrators_asks_who_is_not_signed_in(visitor):
    reply = visitor.ask("/secret")
    assert reply.status == 302 and "/_ah/login" in reply.headers["Location"]


def test_errors_have_their_status(server, visitor):
    assert visitor.ask("/none").status == 404
    assert visitor.ask("/account", "PUT").status == 405
    assert visitor.ask("/fail").status == 500
    assert "ZeroDivisionError" in server.log
