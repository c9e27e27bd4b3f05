"""What a client sees where an application does not answer: developers everything, users little."""

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files

APP = """
import os, signal, time
from google.appengine.ext import db
from google.appengine.runtime import DeadlineExceededError

class Pet(db.Model):
    name = db.StringProperty()

class Odd:
    def __repr__(self):
        raise RuntimeError("not even shown")

def feed(name):
    food = {"cat": "fish"}
    try:
        return food[name]
    except KeyError as error:
        raise ValueError(f"no food for <{name}>") from error

def app(environ, start_response):
    path = environ["PATH_INFO"]
    password, odd, long = "s3cret", Odd(), "x" * 5000
    if path == "/feed":
        Pet(name="rex").put()
        Pet.all().count()
        feed("dog")
    if path == "/deep":
        def deeper(n): return deeper(n + 1)
        deeper(0)
    if path == "/late":
        raise DeadlineExceededError("too late")
    if path == "/die":
        os._exit(3)
    if path == "/forged":
        start_response("500 X", [("X-AppEngine-Failure", "1")])
        return [b"no failure"]
    if path == "/own":
        start_response("500 Own", [("Content-Type", "text/plain")])
        return [b"the application's own page"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""
YAML = """\
application: trial
runtime: python27
api_version: 1
threadsafe: yes
handlers:
- url: /static
  static_dir: static
- url: /(feed|deep|late|die|forged|own|ok)
  script: main.app
- url: /broken
  script: broken.app
error_handlers:
- file: sorry.html
- error_code: timeout
  file: late.txt
  mime_type: text/plain
"""
FILES = {
    "app.yaml": YAML,
    "main.py": APP,
    "broken.py": "import os\n\ndef app(:\n",
    "sorry.html": "<p>Sorry.</p>\n",
    "late.txt": "Too late.\n",
}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("failures") / "app", FILES)


@pytest.fixture(scope="module")
def server(folder):
    with DevServer([folder]) as running:
        yield running


@pytest.fixture(scope="module")
def public(folder):
    """Serves as users see it."""
    with DevServer([folder], "--show_tracebacks=no", "--request_deadline=5") as running:
        yield running


def test_a_browser_is_shown_the_traceback_with_source_and_variables(server):
    reply = server.get("/feed?a=b", headers=BROWSER)
    assert (reply.status, reply.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    text = reply.text
    assert "<h1>ValueError</h1>" in text and "no food for &lt;dog&gt;" in text
    assert "KeyError" in text and "This was the cause of:" in text
    assert "main.py:18 <b>feed</b>" in text
    assert "raise ValueError(f&#34;no food for &lt;{name}&gt;&#34;) from error" in text
    assert '<th scope="row">food</th><td>{&#39;cat&#39;: &#39;fish&#39;}</td>' in text
    assert "&lt;Odd instance at " in text  # whose own repr fails
    assert "x" * 1000 not in text
    assert "wsgi.py" not in text and "instance.py" not in text


def test_the_page_has_the_request_and_the_service_calls_so_far(server):
    text = server.get("/feed?a=b", headers={**BROWSER, "X-Pet": "<rex>"}).text
    assert "<td>datastore." in text
    assert '<th scope="row">X-Pet</th><td>&lt;rex&gt;</td>' in text
    assert '<th scope="row">QUERY_STRING</th><td>a=b</td>' in text
    assert '<th scope="row">CURRENT_VERSION_ID</th>' in text


def test_a_program_is_shown_the_traceback_as_text(server):
    reply = server.get("/feed")
    assert (reply.status, reply.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert reply.text.startswith("Traceback (most recent call last):\n")
    assert 'File "/app/main.py", line 18, in feed' in reply.text
    assert "ValueError: no food for <dog>" in reply.text


def test_an_endless_recursion_has_a_page_of_bounded_size(server):
    reply = server.get("/deep", headers=BROWSER)
    assert reply.status == 500 and "RecursionError" in reply.text
    assert len(reply.body) < 200_000


def test_a_syntax_error_shows_its_line(server):
    text = server.get("/broken", headers=BROWSER).text
    assert "<h1>SyntaxError</h1>" in text
    assert "broken.py:3" in text and "def app(:" in text


def test_a_404_lists_the_patterns_that_were_tried_in_order(server):
    text = server.get("/nowhere", headers=BROWSER).text
    assert "No handler answers /nowhere" in text
    assert text.index("/static/(.*)") < text.index("/(feed|deep") < text.index("/broken")
    assert "app.yaml:6" in text and "main.app" in text
    plain = server.get("/nowhere")
    assert (plain.status, plain.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "  /broken\n" in plain.text


def test_what_the_application_answers_itself_is_its_own(server, public):
    for each in (server, public):
        reply = each.get("/own", headers=BROWSER)
        assert (reply.status, reply.text) == (500, "the application's own page")


def test_users_see_the_page_of_error_handlers(public):
    """Source: App Engine, "app.yaml", error handlers: `default` is for all other errors."""
    reply = public.get("/feed", headers=BROWSER)
    assert (reply.status, reply.text) == (500, "<p>Sorry.</p>\n")
    assert reply.headers["Content-Type"] == "text/html"
    assert public.get("/broken").text == "<p>Sorry.</p>\n"
    wait_until(lambda: "ValueError: no food for <dog>" in public.log)


def test_a_timeout_has_a_page_of_its_own(public):
    reply = public.get("/late")
    assert (reply.status, reply.text) == (500, "Too late.\n")
    assert reply.headers["Content-Type"] == "text/plain"


def test_the_end_of_an_instance_is_an_error_as_well(server, public):
    for each in (server, public):
        reply = each.get("/die")
        assert (reply.status, reply.text) == (500, "<p>Sorry.</p>\n")


def test_users_are_not_told_which_patterns_there_are(public):
    reply = public.get("/nowhere", headers=BROWSER)
    assert reply.status == 404
    assert "/broken" not in reply.text


def test_without_error_handlers_users_see_a_short_page_with_the_request_s_number(folder, tmp_path):
    app = write_files(tmp_path / "app", FILES | {"app.yaml": YAML.partition("error_h")[0]})
    with DevServer([app], "--show_tracebacks=no") as server:
        reply = server.get("/feed", headers=BROWSER)
        assert reply.status == 500
        assert "Reference: " in reply.text
        assert "ValueError" not in reply.text and "feed" not in reply.text
        reference = reply.text.partition("Reference: ")[2].partition(".")[0]
        wait_until(lambda: f"request {reference} failed" in server.log)


def test_a_forged_failure_is_a_bad_response_and_costs_no_instance(server):
    assert server.get("/ok").text == "ok"
    reply = server.get("/forged")
    assert reply.status == 502
    assert "instance ended" not in server.log.partition("/forged")[2]
    assert server.get("/ok").text == "ok"


def test_an_error_page_that_is_gone_is_replaced_by_the_short_one(tmp_path):
    app = write_files(tmp_path / "app", FILES)
    with DevServer([app], "--show_tracebacks=no", "--automatic_restart=no") as server:
        (app / "sorry.html").unlink()
        (app / "sorry.html").symlink_to("/etc/passwd")
        reply = server.get("/feed")
        assert reply.status == 500 and "root:" not in reply.text and "Reference" in reply.text
