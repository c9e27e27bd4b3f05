"""`google.appengine` in the environment of an application's author: at once, and nothing else's."""

import zipfile

import pytest

from appengine.cli.stubs import PATH_FILE
from tests.e2e.serving import CHECKOUT
from tests.editors.building import build_wheel


def test_an_application_s_tests_may_begin_with_app_engine_s_names(environment):
    program = "from google.appengine.ext import db\nimport appengine.datastore.db as real\n"
    assert environment.run(f"{program}print(db is real)") == "True"


def test_an_application_s_tests_may_begin_with_webapp2(environment):
    program = "import webapp2\nimport webapp2_extras.routes\nimport appengine.webapp2 as real\n"
    assert environment.run(f"{program}print(webapp2 is real)") == "True"


def test_a_python_that_starts_loads_little_for_it(environment):
    program = "import sys; print('msgspec' in sys.modules, 'difflib' in sys.modules)"
    assert environment.run(program) == "False False"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(CHECKOUT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_stubs_and_the_file_that_installs_the_names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert archive.read(PATH_FILE) == b"import appengine\n"
        assert archive.read("google-stubs/py.typed") == b"partial\n"
    assert "google-stubs/appengine/ext/db/__init__.pyi" in names
    assert "google-stubs/appengine/ext/webapp/util.pyi" in names
    assert "webapp2-stubs/__init__.pyi" in names
    assert "webapp2_extras-stubs/appengine/auth/models.pyi" in names
    assert not [name for name in names if name.startswith(("google/", "webapp2/"))]
