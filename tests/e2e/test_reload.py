"""An edit is served without a restart; what is wrong is shown, and the server stays up."""

import shutil
import threading

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

SOURCE = """
TEXT = b"{text}"

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [TEXT]
"""


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", SOURCE.format(text="first"))


@pytest.fixture
def server(app):
    with DevServer([app], "--workers=2") as running:
        yield running


def test_an_edit_is_served(app, server):
    assert server.get("/").text == "first"
    write_files(app, {"main.py": SOURCE.format(text="second")})
    wait_until(lambda: server.get("/").text == "second", 10)


def test_no_request_fails_while_files_change(app, server):
    stop = threading.Event()
    seen: list[tuple[int, str]] = []

    def ask() -> None:
        while not stop.is_set():
            reply = server.get("/")
            seen.append((reply.status, reply.text[:20]))

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(5):
        write_files(app, {"main.py": SOURCE.format(text=f"text {number}")})
        wait_until(lambda n=number: seen and seen[-1][1] == f"text {n}", 10)
    stop.set()
    thread.join(10)
    assert {status for status, _ in seen} == {200}


def test_a_directory_that_is_made_anew_is_served_and_watched(app, server):
    shutil.rmtree(app)
    wait_until(lambda: "app.yaml: cannot be read" in server.log, 10)
    assert [server.get("/").text for _ in range(5)] == ["first"] * 5
    assert server.get("/static/small.txt").status == 404
    wsgi_application(app, SOURCE.format(text="second"))
    wait_until(lambda: server.get("/").text == "second", 20)
    write_files(app, {"main.py": SOURCE.format(text="third")})
    wait_until(lambda: server.get("/").text == "third", 20)


def test_a_directory_that_is_exchanged_is_served_and_watched(app, server, tmp_path):
    wsgi_application(tmp_path / "other", SOURCE.format(text="other"))
    app.rename(tmp_path / "before")
    (tmp_path / "other").rename(app)
    wait_until(lambda: server.get("/").text == "other", 20)
    write_files(app, {"main.py": SOURCE.format(text="edited")})
    wait_until(lambda: server.get("/").text == "edited", 20)


def test_another_application_in_the_same_place_needs_a_restart(app, server):
    write_files(app, {"app.yaml": (app / "app.yaml").read_text().replace("trial", "other")})
    wait_until(lambda: "application: 'other' was 'trial' at the start" in server.log, 10)
    assert server.get("/").text == "first"


CGI_YAML = """\
application: trial
version: 1
runtime: python
api_version: 1
skip_files: main[.]py
handlers:
- url: /.*
  script: main.py
"""


def test_a_script_that_the_application_cannot_read_is_named(app, server):
    write_files(app, {"app.yaml": CGI_YAML})
    wait_until(lambda: server.get("/").status == 500, 10)
    assert "script 'main.py': the application cannot read it" in server.get("/").text
    assert "scripts.py" not in server.get("/").text


def test_a_syntax_error_is_shown_in_page_and_log_until_it_is_mended(app, server):
    write_files(app, {"main.py": "def app(:\n"})
    wait_until(lambda: "SyntaxError" in server.get("/").text, 10)
    assert server.get("/").status == 500
    assert 'main.py", line 1' in server.get("/").text
    wait_until(lambda: "SyntaxError" in server.log, 5)
    write_files(app, {"main.py": SOURCE.format(text="mended")})
    wait_until(lambda: server.get("/").text == "mended", 10)


def test_a_wrong_app_yaml_is_told_and_the_version_before_it_serves_on(app, server):
    good = (app / "app.yaml").read_text()
    write_files(app, {"app.yaml": good + "bogus: 1\n"})
    wait_until(lambda: "app.yaml:11: bogus: " in server.log, 10)
    assert server.get("/").text == "first"
    from tests.e2e.serving import fetch

    wait_until(lambda: "bogus" in fetch(server.admin + "/instances").text, 5)
    write_files(app, {"app.yaml": good.replace("url: /.*", "url: /only")})
    wait_until(lambda: server.get("/").status == 404, 10)
    assert server.get("/only").text == "first"


def test_a_failing_import_shows_the_traceback_in_the_page(app, server):
    write_files(app, {"main.py": "import missing_library\n"})
    wait_until(lambda: "missing_library" in server.get("/").text, 10)
    assert "ModuleNotFoundError" in server.get("/").text


def test_an_application_that_exits_while_it_is_loaded_is_told(app, server):
    write_files(app, {"main.py": "import os; os._exit(5)\n"})
    wait_until(lambda: "died while it started" in server.log, 10)
    assert server.get("/").text == "first"


def test_any_number_of_scripts_that_fail_are_told(tmp_path):
    names = [f"module{number}" for number in range(90)]
    handlers = "".join(f"- url: /{name}\n  script: {name}.app\n" for name in names)
    head = "application: many\nversion: 1\nruntime: python\napi_version: 1\nhandlers:\n"
    files = {
        f"{name}.py": "raise ValueError('x' * 3000 + ' at the end')\napp = 1\n" for name in names
    }
    with DevServer(
        [write_files(tmp_path / "many", {"app.yaml": head + handlers, **files})]
    ) as many:
        reply = many.get("/module1")
        assert (reply.status, "ValueError: xxx" in reply.text) == (500, True)
        assert "at the end" in many.log


def test_files_may_be_looked_at_by_their_times_and_some_not_at_all(tmp_path):
    """Source: App Engine, dev_appserver.py, `--use_mtime_file_watcher`, `--watcher_ignore_re`."""
    app = wsgi_application(tmp_path / "app", SOURCE.format(text="first"))
    flags = ["--use_mtime_file_watcher", "--watcher_ignore_re=notes/.*"]
    with DevServer([app], *flags) as server:
        write_files(app, {"notes/a.txt": "of no meaning"})
        write_files(app, {"main.py": SOURCE.format(text="second")})
        wait_until(lambda: server.get("/").text == "second")
