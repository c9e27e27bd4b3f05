"""Pages that need a signed-in user or an administrator, in a browser and a real server."""

import pytest

from tests.browser.appearance import check_appearance
from tests.e2e.serving import DevServer, write_files

APP_YAML = """\
application: access
version: 1
runtime: python
api_version: 1
handlers:
- url: /private.*
  script: main.app
  login: required
- url: /admin
  script: main.app
  login: admin
- url: /.*
  script: main.app
"""

MAIN = """\
import os

from google.appengine.api import users


def app(environ, start):
    start("200 OK", [("Content-Type", "text/html"), ("Set-Cookie", "own=1; Path=/")])
    user = users.get_current_user()
    name = f"{user.email()} {user.user_id()}" if user else "nobody"
    seen = environ.get("HTTP_COOKIE", "no cookie")
    admin = users.is_current_user_admin()
    path = environ["PATH_INFO"] + "?" + os.environ["QUERY_STRING"]
    return [f'<link rel="icon" href="data:,"><p>{name}|{admin}|{path}|{seen}</p>'.encode()]
"""


@pytest.fixture
def server(tmp_path):
    tmp_path.chmod(0o755)
    folder = tmp_path / "access"
    folder.mkdir()
    write_files(folder, {"app.yaml": APP_YAML, "main.py": MAIN})
    with DevServer([folder], storage=tmp_path / "storage") as server:
        yield server


@pytest.fixture
def window(chromium):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def _log_in(window, email, *, is_admin=False):
    window.get_by_label("E-mail").fill(email)
    if is_admin:
        window.get_by_label("Sign in as an administrator").check()
    window.get_by_role("button", name="Log in").click()


def test_a_private_page_is_shown_after_signing_in(window, server):
    """Source: App Engine, app.yaml, `login: required`: the login page, and back again."""
    window.goto(f"{server.urls[0]}/private?a=1&b=2")
    check_appearance(window)
    assert window.url.startswith(f"{server.urls[0]}/_ah/login?")
    _log_in(window, "ann@example.com")
    assert window.url == f"{server.urls[0]}/private?a=1&b=2"
    name, admin, path, _ = window.inner_text("p").split("|")
    assert name.startswith("ann@example.com 1") and admin == "False"
    assert path == "/private?a=1&b=2"


def test_an_administrators_page_is_for_administrators(window, server):
    """Source: App Engine, app.yaml, `login: admin`: others get 401, nobody the login page."""
    window.goto(f"{server.urls[0]}/admin")
    _log_in(window, "ann@example.com")
    assert window.goto(f"{server.urls[0]}/admin").status == 401
    window.goto(f"{server.urls[0]}/_ah/login?continue=/admin")
    _log_in(window, "ann@example.com", is_admin=True)
    assert window.inner_text("p").split("|")[1] == "True"


def test_an_application_sees_its_own_cookies_and_not_the_platforms(window, server):
    window.goto(f"{server.urls[0]}/_ah/login?continue=/")
    _log_in(window, "ann@example.com")
    window.wait_for_load_state("load")
    window.goto(window.url)
    assert window.inner_text("p").split("|")[3] == "own=1"
    names = {cookie["name"] for cookie in window.context.cookies()}
    assert any(name.startswith("appengine_login_") for name in names)


def test_a_forged_cookie_signs_nobody_in(window, server):
    window.goto(f"{server.urls[0]}/_ah/login?continue=/")
    _log_in(window, "ann@example.com")
    [cookie] = [c for c in window.context.cookies() if c["name"].startswith("appengine_login")]
    content, signature = cookie["value"].split(".")
    forged = content[:-1] + ("A" if content[-1] != "A" else "B")
    window.context.add_cookies([{**cookie, "value": f"{forged}.{signature}"}])
    window.goto(server.urls[0])
    assert window.inner_text("p").startswith("nobody|False")
