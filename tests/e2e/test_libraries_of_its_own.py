"""What an application brings along: appengine_config.py, a vendored lib/, builtins.

Source: App Engine, "Using Third-party Libraries" and "app.yaml", `builtins`.
"""

import pytest

from tests.e2e.serving import DevServer, write_files

YAML = """\
application: trial
runtime: python27
api_version: 1
threadsafe: yes
builtins:
- admin_redirect: on
- django_wsgi: on
handlers:
- url: /cgi
  script: old.py
- url: /wsgi
  script: main.app
env_variables:
  DJANGO_SETTINGS_MODULE: settings
"""
FILES = {
    "app.yaml": YAML.replace("threadsafe: yes", "threadsafe: no"),
    "appengine_config.py": """
import os
from google.appengine.ext import vendor

vendor.add("lib")
vendor.add(os.path.join(os.path.dirname(__file__), "more"))

def webapp_add_wsgi_middleware(app):
    def wrapped(environ, start_response):
        def start(status, headers, *rest):
            return start_response(status, [*headers, ("X-Wrapped", "yes")], *rest)
        return app(environ, start)
    return wrapped
""",
    "lib/pets.py": "NAME = 'rex'\n",
    "lib/jinja2/__init__.py": "MINE = True\n",
    "more/toys.py": "NAME = 'ball'\n",
    "main.py": """
import jinja2, pets, toys

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{pets.NAME} {toys.NAME} {jinja2.MINE}".encode()]
""",
    "old.py": "import pets\nprint('Content-Type: text/plain\\n\\n' + pets.NAME, end='')\n",
    # stands in for Django, which is tried for itself elsewhere: what the builtin asks of it
    "lib/django/__init__.py": "",
    "lib/django/core/__init__.py": "",
    "lib/django/core/wsgi.py": """
import os

def get_wsgi_application():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"django {os.environ['DJANGO_SETTINGS_MODULE']} {environ['PATH_INFO']}".encode()]
    return app
""",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = write_files(tmp_path_factory.mktemp("libraries") / "app", FILES)
    with DevServer([app]) as running:
        yield running


def test_a_vendored_library_is_found_before_the_platform_s_own(server):
    assert server.get("/wsgi").text == "rex ball True"


def test_a_cgi_script_finds_vendored_libraries_too(server):
    assert server.get("/cgi").text == "rex"


def test_appengine_config_wraps_every_wsgi_application(server):
    assert server.get("/wsgi").headers["X-Wrapped"] == "yes"


def test_the_builtin_django_wsgi_answers_what_nothing_else_does(server):
    assert server.get("/polls/1").text == "django settings /polls/1"


def test_ah_admin_leads_to_the_admin_console(server):
    reply = server.get("/_ah/admin/datastore")
    assert (reply.status, reply.headers["Location"]) == (302, server.admin + "/")


def test_a_vendored_folder_that_is_not_there_is_told(tmp_path):
    files = {
        "app.yaml": YAML.replace("- django_wsgi: on\n", ""),
        "appengine_config.py": "from google.appengine.ext import vendor\nvendor.add('libs')\n",
        "main.py": FILES["main.py"],
        "old.py": "",
    }
    files["app.yaml"] = files["app.yaml"].replace("threadsafe: yes", "threadsafe: no")
    with DevServer([write_files(tmp_path / "app", files)]) as server:
        reply = server.get("/wsgi")
        assert reply.status == 500
        assert "ValueError: vendor.add('libs'): there is no folder /app/libs" in reply.text
        assert "appengine_config.py" in reply.text
