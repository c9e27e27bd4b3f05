"""The `google.appengine` names: one module under two names, beside other `google` packages."""

import importlib
import inspect
import pickle
import subprocess
import sys

import pytest

import appengine.webapp
from appengine.aliases import PACKAGES, PIECES, find_aliases, install
from appengine.rpc.rooms import find_services, room_of

OUTSIDE = {"server", "tables", "config", "endpoints", "worker", "admin", "storage", "front"}

NAMESPACE = {"google/cloud/shelf.py": "BOOKS = 3"}
LEGACY = {
    "google/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
    "google/protobuf/__init__.py": "WIRE = 5",
}


@pytest.fixture
def run(tmp_path):
    """Runs a program in a fresh interpreter with given packages; returns what it prints."""

    def play(program, files=()):
        for name, text in dict(files).items():
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        program = f"import sys; site = {str(tmp_path / 'site')!r}\n{program}"
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return play


@pytest.mark.parametrize(("alias", "real"), PIECES.items())
def test_a_piece_is_the_same_module_under_both_names(alias, real):
    assert importlib.import_module(alias) is importlib.import_module(real)
    assert sys.modules[alias] is sys.modules[real]


def test_every_room_is_the_same_module_under_its_aliases():
    for service in find_services().values():
        for alias in service.aliases:
            assert importlib.import_module(alias) is importlib.import_module(room_of(service))
        for alias, module in service.modules.items():
            real = importlib.import_module(f"{room_of(service)}.{module}")
            assert importlib.import_module(alias) is real


def test_the_real_module_keeps_its_own_name_and_specification():
    module = importlib.import_module("google.appengine.ext.webapp")
    assert module.__name__ == module.__spec__.name == "appengine.webapp"
    assert module.__spec__.origin == module.__file__


def test_each_form_of_import_gives_the_module(run):
    program = """
import appengine
from google.appengine.ext import webapp
import google.appengine.ext.webapp as second
import google.appengine.ext.webapp.util
from google.appengine.ext.webapp import util as third, RequestHandler
from google.appengine.ext.webapp.util import run_wsgi_app
import appengine.webapp
assert webapp is second is appengine.webapp is google.appengine.ext.webapp
assert third is appengine.webapp.util is google.appengine.ext.webapp.util
assert RequestHandler is appengine.webapp.RequestHandler
print("same")
"""
    assert run(program) == ["same"]


def test_each_alias_may_be_the_first_that_is_imported_and_from_its_package(run):
    """`from google.appengine.runtime import apiproxy_errors`: each in an interpreter of its own."""
    program = """
import appengine, os
from importlib import import_module
from appengine.aliases import find_aliases
for alias, real in find_aliases().items():
    package, _, name = alias.rpartition(".")
    if os.fork() == 0:
        scope = {}
        try:
            exec(f"from {package} import {name} as found", scope)
            assert scope["found"] is import_module(real)
        except BaseException as error:
            print(alias, repr(error).replace(" ", "_"), flush=True)
        os._exit(0)
    os.wait()
print("done")
"""
    assert run(program) == ["done"]


def test_the_alias_may_come_before_the_real_name(run):
    program = """
import appengine
from google.appengine.ext.webapp import util
assert util is __import__("appengine.webapp.util").webapp.util
print("same")
"""
    assert run(program) == ["same"]


def test_reloading_an_alias_reloads_the_real_module_in_place(run):
    program = """
import appengine, importlib
from google.appengine.ext.webapp import util
before = util.run_wsgi_app
assert importlib.reload(util) is util is sys.modules["appengine.webapp.util"]
assert util.run_wsgi_app is not before
print("reloaded")
"""
    assert run(program) == ["reloaded"]


def test_an_object_is_pickled_by_either_name():
    alias = importlib.import_module("google.appengine.ext.webapp")
    assert pickle.loads(pickle.dumps(alias.RequestHandler)) is appengine.webapp.RequestHandler
    old = b"cgoogle.appengine.ext.webapp\nRequestHandler\n."
    assert pickle.loads(old) is appengine.webapp.RequestHandler


def test_source_and_instances_are_those_of_the_real_module():
    alias = importlib.import_module("google.appengine.ext.webapp")
    assert "class RequestHandler" in inspect.getsource(alias.RequestHandler)
    assert isinstance(alias.RequestHandler(), appengine.webapp.RequestHandler)


@pytest.mark.parametrize(
    "statement",
    [
        "import google.appengine.api.webapp",
        "from google.appengine.api import webapp",
        "from google.appengine.api.webapp import RequestHandler",
    ],
)
def test_a_missing_name_says_which_are_close_by(statement):
    with pytest.raises(ModuleNotFoundError, match=r"close by: google\.appengine\.ext\.webapp"):
        exec(statement)


def test_a_name_like_none_of_ours_says_which_there_are():
    with pytest.raises(ModuleNotFoundError, match=r"there are: .*google\.appengine\.ext\.webapp"):
        importlib.import_module("google.appengine.zzzz")


def test_a_file_of_a_piece_has_no_second_name():
    with pytest.raises(ModuleNotFoundError, match="on this platform"):
        importlib.import_module("google.appengine.ext.webapp.request")


def test_no_alias_leads_outside():
    reals = {name for real in find_aliases().values() for name in real.split(".")}
    assert not reals & OUTSIDE


def test_every_alias_is_an_app_engine_name():
    assert all(alias.startswith("google.appengine.") for alias in find_aliases())
    assert not find_aliases().keys() & set(PACKAGES)


def test_installing_twice_installs_once():
    before = list(sys.meta_path)
    install()
    assert sys.meta_path == before


@pytest.mark.parametrize("files", [NAMESPACE, LEGACY], ids=["namespace", "legacy"])
@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("path", ["early", "late"])
def test_other_google_packages_work_beside_ours(run, files, first, path):
    """`path`: whether their folder is known before `google` is first imported."""
    theirs = {
        str(NAMESPACE): "from google.cloud.shelf import BOOKS as found",
        str(LEGACY): "from google.protobuf import WIRE as found",
    }[str(files)]
    late = "sys.path.append(site)"
    ours = "import appengine; from google.appengine.ext import webapp"
    steps = [theirs, ours] if first == "theirs" else [ours, theirs]
    steps.insert(0 if path == "early" or first == "theirs" else 1, late)
    assert run("\n".join([*steps, "print(found, webapp.__name__)"]), files)[1:] == [
        "appengine.webapp"
    ]


def test_ours_win_over_a_package_of_the_same_name(run):
    program = """
sys.path.insert(0, site)
import google.appengine
import appengine
for name in [name for name in sys.modules if name.startswith("google")]:
    del sys.modules[name]
from google.appengine.ext import webapp
print(webapp.__name__)
"""
    other = {"google/appengine/__init__.py": "", "google/appengine/ext/webapp.py": ""}
    assert run(program, other) == ["appengine.webapp"]


def test_without_any_google_package_the_name_is_an_empty_package(run):
    program = "import appengine, google; print(list(google.__path__), google.__name__)"
    assert run(program) == ["[]", "google"]


def test_importing_the_platform_loads_no_more_than_the_standard_library(run):
    program = """
before = set(sys.modules)
import appengine
print(*{name.split(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""
    assert run(program) == ["appengine"]
