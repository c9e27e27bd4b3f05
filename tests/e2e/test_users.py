"""Users on the real server: several at once, administrators by configuration, the way back."""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from appengine.storage.clock import Clock
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

class Away(webapp.RequestHandler):
    def get(self):
        for make in (users.create_login_url, users.create_logout_url):
            try:
                make(self.request.get("to"))
            except users.Error as error:
                self.response.out.write(type(error).__name__ + " ")

class Cookies(webapp.RequestHandler):
    def get(self):
        if name := self.request.get("set"):
            self.response.headers["Set-Cookie"] = name + "=stolen"
        self.response.out.write(repr(self.request.headers.get("Cookie", "")))

app = webapp.WSGIApplication(
    [("/cookies", Cookies), ("/away", Away), ("/who", Who), ("/mine", Mine), ("/links", Links),
     ("/token", Token), ("/admin", Who)]
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

    def __init__(self, server: DevServer, host: str = "") -> None:
        self._server = server
        self._host = {"Host": host} if host else {}
        self.cookies: dict[str, str] = {}

    def get(self, path: str):
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str):
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers |= {"Cookie": cookie} if cookie else {}
        reply = self._server.request(method, path, body, headers | self._host)
        for name, morsel in SimpleCookie(reply.headers.get("Set-Cookie", "")).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return reply

    def fill_in(self, **values: str):
        """Sends the login page's form, as a person does."""
        page = self.get("/_ah/login")
        values["token"] = re.findall(r'name="token" value="([^"]+)"', page.text)[0]
        form = urlencode(values).encode()
        return self.ask(
            "POST", "/_ah/login", form, **{"Content-Type": "application/x-www-form-urlencoded"}
        )

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


@pytest.mark.parametrize(
    "away",
    [
        "//evil.example",
        "///evil.example/x",
        "\\\\evil.example",
        "/\\evil.example",
        "http:evil.example",
        "http:/evil.example",
        "https://evil.example/",
        "http://localhost@evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/x\r\nSet-Cookie: a=b",
        "\thttp://evil.example",
    ],
)
def test_no_page_of_users_leads_away_from_the_application(server, away):
    for page in ("login", "logout"):
        browser = Browser(server)
        browser.sign_in("ann@example.com")
        for more in ({}, {"action": "Login", "email": "bob@example.com"}, {"action": "Logout"}):
            reply = browser.get(f"/_ah/{page}?{urlencode({'continue': away, **more})}")
            assert reply.status == 400, reply.text
            assert "continue URL" in reply.text
            assert not {"Location", "Set-Cookie"} & set(reply.headers)
        assert browser.get("/who").text.startswith("ann@example.com")
    assert server.get(f"/away?{urlencode({'to': away})}").text == "NotAllowedError " * 2


def test_a_slash_too_many_stays_here(server):
    url = server.urls[0]
    reply = Browser(server).sign_in("ann@example.com", goes_to=f"{url}//evil.example")
    assert reply.headers["Location"] == f"{url}/evil.example"


def test_a_cookie_that_was_changed_is_of_nobody(server):
    browser = Browser(server)
    browser.sign_in("ann@example.com")
    (name,) = browser.cookies
    good = browser.cookies[name]
    assert browser.get("/who").text.startswith("ann@example.com")
    changed = [good[:-1] + ("a" if good[-1] != "a" else "b"), good[1:], good + "a", good * 2, ""]
    changed += [good.replace("False", "True"), good.replace("ann", "bob")]
    middle = len(good) // 2
    changed.append(good[:middle] + ("a" if good[middle] != "a" else "b") + good[middle + 1 :])
    for value in set(changed) - {good}:
        browser.cookies[name] = value
        assert browser.get("/who").text == "nobody False"
        assert browser.get("/mine").status == 302
        assert browser.get("/admin").status == 302


def test_an_application_neither_sees_nor_sets_the_cookie_of_the_platform(server):
    browser = Browser(server)
    sent = browser.sign_in("ann@example.com").headers["Set-Cookie"]
    assert "HttpOnly" in sent and "SameSite=Lax" in sent and "Domain" not in sent
    (name,) = browser.cookies
    browser.cookies["own"] = "1"
    assert browser.get("/cookies").text == "'own=1'"
    assert browser.get("/who").text.startswith("ann@example.com")
    for spelling in (name, name.upper(), f" {name} "):
        refused = browser.get(f"/cookies?{urlencode({'set': spelling})}")
        assert refused.status == 502 and "Set-Cookie" not in refused.headers
    assert browser.get("/cookies?set=own").headers["Set-Cookie"] == "own=stolen"


def test_a_cookie_of_one_application_is_none_of_another(folder, tmp_path):
    """Browsers send a host's cookies to each of its ports."""
    other = write_files(
        tmp_path / "other", {"app.yaml": YAML.replace("trial", "other"), "main.py": APP}
    )
    with DevServer([folder, other]) as running:
        browser = Browser(running)
        browser.sign_in("ann@example.com", admin="True")
        ((name, value),) = browser.cookies.items()
        for cookie in (f"{name}={value}", f"{name.replace('trial', 'other')}={value}"):
            reply = running.get("/who", application=1, headers={"Cookie": cookie})
            assert reply.text == "nobody False"
        assert browser.get("/who").text.endswith("True")


def test_a_cookie_ends_after_fourteen_days_of_the_platform_s_clock(server):
    browser = Browser(server)
    browser.sign_in("ann@example.com")
    clock = Clock(server.storage / "clock")
    clock.advance(14 * 86400 - 60)
    assert browser.get("/who").text.startswith("ann@example.com")
    clock.advance(120)
    assert browser.get("/who").text == "nobody False"
    clock.reset()
    assert browser.get("/who").text.startswith("ann@example.com")


def test_from_elsewhere_one_needs_the_code_that_was_printed_at_the_start(folder):
    """Who names the server by its address on the network is no longer on this machine."""
    with DevServer([folder], "--host=0.0.0.0") as server:
        code = re.findall(r"code for signing in from other machines: (\S+)", server.log)[0]
        browser = Browser(server, host=f"192.0.2.7:{server.address()[1]}")
        browser.sign_in("ann@example.com", admin="True")
        assert browser.get("/who").text == "nobody False"
        for wrong in ("", "0", code[:-1], code + "0"):
            assert browser.fill_in(email="ann@example.com", code=wrong).status == 400
            assert browser.get("/who").text == "nobody False"
        reply = browser.fill_in(email="ann@example.com", admin="True", code=code)
        assert (reply.status, browser.get("/admin").status) == (302, 200)
        here = Browser(server, host=f"localhost:{server.address()[1]}")
        here.sign_in("bob@example.com")
        assert here.get("/who").text.startswith("bob@example.com")


def test_only_administrators_see_the_pages_of_administrators(server):
    nobody, ann, bob = (Browser(server) for _ in range(3))
    ann.sign_in("ann@example.com")
    bob.sign_in("bob@example.com", admin="True")
    assert [each.get("/admin").status for each in (nobody, ann, bob)] == [302, 401, 200]
    bob.get("/_ah/logout?continue=/who")
    assert bob.get("/admin").status == 302


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
