"""Libraries of requirements.txt in the application: read-only, its own, and changed by an edit."""

import os

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application
from tests.supervisor.wheels import make_source, make_wheel

SOURCE = """
import errno, sys
import small
import jinja2
from jinja2 import MARK
from google.appengine.ext.webapp import template

def app(environ, start_response):
    try:
        open(small.__file__, "a")
    except OSError as error:
        code = errno.errorcode[error.errno]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{small.NUMBER} {code} {MARK} {sys.path.index('/app')}".encode()]
"""
MODERN = """\
application: trial
runtime: python312
handlers:
- url: /.*
  script: auto
"""


@pytest.fixture
def environ(tmp_path):
    """Pip finds three wheels, and keeps what it makes below the test's folder."""
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "small", __init__="NUMBER = 1\n")
    make_wheel(wheels, "small", "2.0", __init__="NUMBER = 2\n")
    make_wheel(wheels, "jinja2", "9.0", __init__="MARK = 'own'\n")
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


@pytest.mark.parametrize("runtime", ["classic", "modern"])
def test_libraries_are_there_and_change_with_the_file(tmp_path, environ, runtime):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small==1.0\njinja2\n"})
    if runtime == "modern":
        write_files(folder, {"app.yaml": MODERN})
    with DevServer([folder], environ=environ) as server:
        assert server.get("/").text == "1 EROFS own 0"
        write_files(folder, {"requirements.txt": "small==2.0\njinja2\n"})
        wait_until(lambda: server.get("/").text == "2 EROFS own 0", 30)
        write_files(folder, {"requirements.txt": "missing\n"})
        wait_until(lambda: "requirements.txt:1: 'missing' cannot be installed" in server.log, 30)
        write_files(folder, {"requirements.txt": "-e .\n"})
        wait_until(lambda: "requirements.txt:1: '-e .' is an editable" in server.log, 30)
        assert server.get("/").text == "2 EROFS own 0"


def test_what_cannot_be_installed_at_the_start_is_shown_until_it_is_mended(tmp_path, environ):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small\nmissing\n"})
    with DevServer([folder], environ=environ) as server:
        reply = server.get("/")
        assert reply.status == 500
        assert "missing" in reply.text
        write_files(folder, {"requirements.txt": "small\njinja2\n"})
        wait_until(lambda: server.get("/").text == "2 EROFS own 0", 30)


def test_a_line_that_names_a_place_is_refused_before_anything_is_served(tmp_path, environ):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small\n--extra-index-url http://localhost/x\n"})
    with pytest.raises(AssertionError, match="exit status 2") as caught:
        DevServer([folder], environ=environ).start()
    assert "requirements.txt:2: '--extra-index-url http://localhost/x' is an option" in str(
        caught.value
    )


def test_a_server_that_starts_again_needs_nothing_of_the_network(tmp_path, environ):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small==1.0\njinja2\n"})
    with DevServer([folder], environ=environ) as server:
        assert server.get("/").text == "1 EROFS own 0"
        assert "requirements.txt: installing small, jinja2\n" in server.log
    gone = {"PIP_FIND_LINKS": str(tmp_path / "gone")}
    with DevServer([folder], environ=environ | gone) as server:
        assert server.get("/").text == "1 EROFS own 0"
        assert "installing" not in server.log


def test_files_and_sources_are_refused_and_nothing_of_them_runs(tmp_path, environ):
    trace = tmp_path / "trace"
    make_source(tmp_path / "wheels", "sourceful", trace)
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small==1.0\njinja2\n"})
    with DevServer([folder], environ=environ) as server:
        assert server.get("/").text == "1 EROFS own 0"
        for line, told in (
            ("small @ file:///tmp/small.whl", " is a file; names"),
            ("file:///tmp/small.whl", " is a file; names"),
            ("sourceful", " cannot be installed: "),
        ):
            write_files(folder, {"requirements.txt": f"small==1.0\njinja2\n{line}\n"})
            wait_until(lambda text=f"requirements.txt:3: '{line}'{told}": text in server.log)
            assert server.get("/").text == "1 EROFS own 0"
    assert not trace.exists()
