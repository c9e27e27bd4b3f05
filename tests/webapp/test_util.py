"""Source: App Engine, "Utility Functions" of the webapp framework."""

import io
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from appengine import webapp
from appengine.webapp import util

SCRIPT = """
import appengine
from google.appengine.ext import webapp
from google.appengine.ext.webapp import util

class Page(webapp.RequestHandler):
    def get(self):
        self.response.headers["X-Path"] = self.request.path_info
        self.response.out.write("é")
        self.response.out.write(bytes([255]))
    def post(self):
        self.response.out.write(self.request.body[::-1])
"""


@pytest.fixture
def play(tmp_path):
    """Runs a CGI script's last lines as a server would; returns its output."""

    def run(lines, method="GET", body=b"", path="/"):
        (tmp_path / "script.py").write_text(SCRIPT + lines)
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8080",
            "CONTENT_LENGTH": str(len(body)),
            "PYTHONPATH": ":".join(sys.path),
            "PYTHONUTF8": "1",
        }
        command = [sys.executable, "-W", "error", str(tmp_path / "script.py")]
        return subprocess.run(command, env=environ, input=body, capture_output=True, check=False)

    return run


RUNNERS = {
    "run_wsgi_app": "util.run_wsgi_app(application)",
    "run_bare_wsgi_app": "util.run_bare_wsgi_app(application)",
    "CGIHandler": "import wsgiref.handlers; wsgiref.handlers.CGIHandler().run(application)",
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_cgi_script_answers_with_headers_and_body(play, runner):
    lines = f"application = webapp.WSGIApplication([('/.*', Page)])\n{RUNNERS[runner]}\n"
    head, _, body = play(lines, path="/ä").stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 200 OK\r\n") and body == b"\xc3\xa9\xff"
    assert "X-Path: /ä".encode() in head


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_cgi_script_reads_the_body_from_standard_input(play, runner):
    lines = f"application = webapp.WSGIApplication([('/.*', Page)])\n{RUNNERS[runner]}\n"
    assert play(lines, "POST", b"\x00abc").stdout.endswith(b"\r\n\r\ncba\x00")


@pytest.mark.parametrize("bare", [True, False], ids=["bare", "with middleware"])
def test_the_running_process_answers_for_its_environment(monkeypatch, bare):
    output = io.BytesIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"rex")))
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=output))
    monkeypatch.setenv("REQUEST_METHOD", "POST")

    def application(environ, start_response):
        start_response("200 OK", [("X-A", "b")])
        return [environ["REQUEST_METHOD"].encode(), environ["wsgi.input"].read()]

    runner = util.run_bare_wsgi_app if bare else util.run_wsgi_app
    runner(application)
    assert output.getvalue() == b"Status: 200 OK\r\nX-A: b\r\n\r\nPOSTrex"


def test_a_response_without_body_still_has_its_headers(play):
    lines = """
def application(environ, start_response):
    start_response("204 No Content", [("X-A", "b")])
    return []
util.run_wsgi_app(application)
"""
    assert play(lines).stdout == b"Status: 204 No Content\r\nX-A: b\r\n\r\n"


def test_what_the_application_raises_ends_the_script_after_it_was_closed(play):
    lines = """
class Pieces:
    def __iter__(self):
        raise LookupError("in the middle")
    def close(self):
        print("closed", file=__import__("sys").stderr)
def application(environ, start_response):
    start_response("200 OK", [])
    return Pieces()
util.run_wsgi_app(application)
"""
    done = play(lines)
    assert done.returncode == 1 and done.stderr.startswith(b"closed\n")
    assert b"LookupError: in the middle" in done.stderr


@pytest.fixture
def configure(monkeypatch):
    """Gives the application an appengine_config.py with these names."""

    def write(**names):
        module = ModuleType("appengine_config")
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, "appengine_config", module)

    return write


def test_middleware_is_what_the_configuration_makes_of_the_application(configure):
    configure(webapp_add_wsgi_middleware=lambda application: lambda *_: [b"wrapped", application])
    assert util.add_wsgi_middleware("inner")() == [b"wrapped", "inner"]


def test_without_configuration_the_application_stays_as_it_is(configure):
    application = webapp.WSGIApplication([])
    assert util.add_wsgi_middleware(application) is application
    configure()
    assert util.add_wsgi_middleware(application) is application


def test_middleware_that_forgets_to_return_is_refused(configure):
    configure(webapp_add_wsgi_middleware=lambda application: None)
    with pytest.raises(webapp.Error, match="webapp_add_wsgi_middleware returned None"):
        util.add_wsgi_middleware(webapp.WSGIApplication([]))


def test_a_configuration_that_cannot_be_imported_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "appengine_config.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        util.add_wsgi_middleware(webapp.WSGIApplication([]))


@pytest.fixture
def sign_in(monkeypatch):
    """Sets who the platform says is signed in."""

    def set_user(user):
        users = SimpleNamespace(
            get_current_user=lambda: user, create_login_url=lambda uri: f"/_ah/login?continue={uri}"
        )
        monkeypatch.setitem(sys.modules, "appengine.users", users)

    return set_user


@util.login_required
def show(self, *names):
    """Shows the names."""
    self.response.out.write(f"for you: {names}")


def test_who_is_signed_in_sees_the_page(sign_in, ask):
    sign_in("ann@example.com")
    handler = type("Page", (webapp.RequestHandler,), {"get": show})
    assert ask(webapp.WSGIApplication([(r"/(\w+)", handler)]), "/rex").text == "for you: ('rex',)"


def test_who_is_not_signed_in_goes_to_the_login_page_and_comes_back(sign_in, answer_with):
    sign_in(None)
    answer = answer_with(show, "/rex?a=1")
    target = "http://localhost/_ah/login?continue=http://localhost/rex?a=1"
    assert (answer.code, answer.headers["Location"], answer.body) == (302, target, b"")


def test_login_is_required_of_get_alone(sign_in, answer_with):
    sign_in("ann@example.com")
    answer = answer_with(show, method="POST", debug=True)
    assert answer.code == 500 and "login_required is for GET alone, not for POST" in answer.text


def test_a_function_is_made_one_that_requires_login(sign_in, answer_with):
    sign_in("ann@example.com")
    written = util.login_required(lambda handler: handler.response.out.write("hello"))
    assert answer_with(written).text == "hello"


def test_a_method_that_requires_login_keeps_its_name():
    assert (show.__name__, show.__doc__) == ("show", "Shows the names.")
