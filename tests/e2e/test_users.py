"""Users on the real server: several at once, administrators by configuration, the way back."""

from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.e2e.serving import DevServer, write_files

APP = """
from google.appengine.api import oauth, users
from google.appengine.ext import webapp
from google.appengine.ext.webapp.util import login_required

class Who(webapp.RequestHandler):
    def get(self):
        user = users.get_current_user()
        words = [user.email(), user.nickname(), user.user_id()] if user else ["nobody"]
        self.response.out.write(" ".join(words + [str(users.is_current_user_admin())]))

class Mine(webapp.RequestHandler):
    @login_required
    def get(self):
        self.response.out.write("mine")

class Links(webapp.RequestHandler):
    def get(self):
        self.response.out.write(users.create_login_url("/mine?a=b") + " ")
        self.response.out.write(users.create_logout_url("/"))

class Token(webapp.RequestHandler):
    def get(self):
        try:
            oauth.get_current_user()
        except oauth.OAuthRequestError as error:
            self.response.out.write(type(error).__name__)

app = webapp.WSGIApplication(
    [("/who", Who), ("/mine", Mine), ("/links", Links), ("/token", Token), ("/admin", Who)]
)
"""
YAML = """\
application: trial
runtime: python27
api_version: 1
threadsafe: yes
handlers:
- url: /admin
  script: main.app
  login: admin
- url: /.*
  script: main.app
"""


class Browser:
    """Keeps its cookies."""

    def __init__(self, server: DevServer) -> None:
        self._server = server
        self._cookies: dict[str, str] = {}

    def get(self, path: str):
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        reply = self._server.get(path, headers={"Cookie": cookie} if cookie else {})
        for name, morsel in SimpleCookie(reply.headers.get("Set-Cookie", "")).items():
            self._cookies[name] = morsel.value
        return reply

    def sign_in(self, email: str, goes_to: str = "/", admin: str = ""):
        query = {"action": "Login", "email": email, "admin": admin, "continue": goes_to}
        return self.get(f"/_ah/login?{urlencode(query)}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("u") / "app", {"app.yaml": YAML, "main.py": APP})


@pytest.fixture(scope="module")
def server(folder):
    with DevServer([folder]) as running:
        yield running


@pytest.fixture(scope="module")
def configured(folder):
    with DevServer([folder], "--administrators=Ann@example.com") as running:
        yield running


def test_browsers_are_signed_in_as_different_users_at_once(server):
    ann, bob, nobody = (Browser(server) for _ in range(3))
    ann.sign_in("ann@example.com")
    bob.sign_in("bob@gmail.com", admin="True")
    for _ in range(2):
        assert ann.get("/who").text.startswith("ann@example.com ann@example.com 1")
        assert bob.get("/who").text.startswith("bob@gmail.com bob 1")
        assert nobody.get("/who").text == "nobody False"
    assert ann.get("/who").text.endswith("False") and bob.get("/who").text.endswith("True")
    assert ann.get("/who").text.split()[2] != bob.get("/who").text.split()[2]


def test_login_required_leads_back_to_the_page_that_was_asked_for(server):
    browser = Browser(server)
    reply = browser.get("/mine?a=b")
    assert reply.status == 302
    assert reply.headers["Location"].endswith("%2Fmine%3Fa%3Db")
    after = browser.sign_in("ann@example.com", goes_to="/mine?a=b")
    assert after.headers["Location"] == f"{server.urls[0]}/mine?a=b"
    assert browser.get("/mine?a=b").text == "mine"


def test_links_lead_to_the_login_page_and_out_again(server):
    login, logout = Browser(server).get("/links").text.split()
    assert login.startswith(f"{server.urls[0]}/_ah/login?continue=")
    browser = Browser(server)
    browser.sign_in("ann@example.com")
    assert browser.get(logout.removeprefix(server.urls[0])).status == 302
    assert browser.get("/who").text == "nobody False"


def test_administrators_are_those_of_the_configuration_and_no_others(configured):
    ann, bob = Browser(configured), Browser(configured)
    ann.sign_in("ann@EXAMPLE.com")
    bob.sign_in("bob@example.com", admin="True")
    assert ann.get("/who").text.endswith("True") and ann.get("/admin").status == 200
    assert bob.get("/who").text.endswith("False") and bob.get("/admin").status == 401
    page = bob.get("/_ah/login").text
    assert "--administrators" in page and 'name="admin"' not in page


def test_a_program_without_a_token_is_nobody(server):
    assert server.get("/token").text == "InvalidOAuthParametersError"
    reply = server.get("/token", headers={"Authorization": "Bearer x"})
    assert reply.text == "InvalidOAuthTokenError"
