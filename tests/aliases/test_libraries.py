"""`webapp2` is the platform's unless an application brings its own; handlers have a place."""

import importlib
import pickle
import subprocess
import sys

import pytest

from appengine.aliases import LIBRARIES, find_aliases

PARTS = (
    "webapp2",
    "webapp2_extras",
    "webapp2_extras.routes",
    "webapp2_extras.sessions",
    "webapp2_extras.appengine.users",
    "webapp2_extras.appengine.auth.models",
)


def run(program, cwd):
    """Runs a program in a fresh interpreter; returns what it prints."""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("name", PARTS)
def test_a_framework_is_the_same_module_under_both_names(name):
    assert importlib.import_module(name) is importlib.import_module(f"appengine.{name}")


def test_either_name_may_come_first(tmp_path):
    program = """
import appengine
from webapp2_extras import routes, sessions
import webapp2_extras.appengine.auth.models as models
import webapp2, appengine.webapp2, appengine.webapp2_extras.routes
from webapp2 import Route
assert webapp2 is appengine.webapp2 and Route is appengine.webapp2.Route
assert routes is appengine.webapp2_extras.routes
assert issubclass(routes.RedirectRoute, webapp2.Route)
import webapp2_extras.routes
assert webapp2_extras.routes is routes is sys.modules["webapp2_extras.routes"]
print(len([name for name in sys.modules if name.endswith(".routes")]))
"""
    assert run(f"import sys\n{program}", tmp_path) == ["2"]


def test_an_application_may_bring_its_own(tmp_path):
    (tmp_path / "webapp2.py").write_text("VERSION = 'own'")
    (tmp_path / "webapp2_extras").mkdir()
    (tmp_path / "webapp2_extras" / "__init__.py").write_text("")
    (tmp_path / "webapp2_extras" / "routes.py").write_text("VERSION = 'own too'")
    program = """
import appengine, webapp2, webapp2_extras.routes
print(webapp2.VERSION, webapp2_extras.routes.VERSION)
import appengine.webapp2
assert appengine.webapp2 is not webapp2
"""
    assert run(program, tmp_path) == ["own", "own", "too"]


@pytest.mark.parametrize("name", ["webapp2_extras.nothing", "webapp2.nothing"])
def test_what_a_framework_lacks_is_missing(name):
    with pytest.raises(ModuleNotFoundError, match=name):
        importlib.import_module(name)


def test_an_object_of_a_framework_is_pickled_by_either_name():
    webapp2 = importlib.import_module("webapp2")
    assert pickle.loads(pickle.dumps(webapp2.Route)) is webapp2.Route
    assert pickle.loads(b"cwebapp2\nRoute\n.") is webapp2.Route


def test_the_names_of_the_frameworks_are_two():
    assert set(LIBRARIES) == {"webapp2", "webapp2_extras"}


def test_handlers_of_services_have_their_names_where_their_files_are(tmp_path, monkeypatch):
    (tmp_path / "webapp").mkdir()
    (tmp_path / "webapp" / "mail_handlers.py").write_text("")
    monkeypatch.setattr("appengine.aliases.__file__", str(tmp_path / "aliases.py"))
    find_aliases.cache_clear()
    try:
        found = find_aliases()["google.appengine.ext.webapp.mail_handlers"]
        assert found == "appengine.webapp.mail_handlers"
    finally:
        find_aliases.cache_clear()
