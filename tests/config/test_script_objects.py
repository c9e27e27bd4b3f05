"""Objects of scripts: refused where their module certainly makes none, before it is loaded."""

import pytest

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError

YAML = "runtime: python\napi_version: 1\nhandlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\nentrypoint: gunicorn main:app\n"

MAKES = {
    "an assignment": "app = 1",
    "an assignment with a type": "app: int = 1",
    "one of several": "(x, [app, *y]) = z",
    "a function": "def app(environ, start_response): ...",
    "a class": "class app: ...",
    "an import": "from flask_site import app",
    "an import as": "import site_of_mine as app",
    "a part of an import": "import app.main",
    "all of a module": "from settings import *",
    "an expression": "print(app := 1)",
    "a condition": "if debug:\n    app = 1",
    "a function's": "def make():\n    global app\n    app = 1\nmake()",
    "a loop": "for app in (1,): pass",
    "with": "with opened() as app: pass",
    "except": "try: pass\nexcept ValueError as app: pass",
    "match": "match x:\n    case [app]: pass",
    "made by name": "globals()['a' + 'pp'] = 1",
    "asked for": "def __getattr__(name): return 1",
    "another module in its place": "import sys\nsys.modules[__name__] = site",
    "what is no Python": "def app(:\n",
    "another encoding": "# coding: latin-1\n# \xe4\napp = 1",
}
MAKES_NOT = {
    "an empty file": "",
    "another name": "application = 1",
    "a use": "print(app)",
    "an attribute": "self.app = 1",
    "a comment and a text": "# app\nx = 'app'",
    "an import of another name": "from app import site",
}


def write(folder, text, yaml=YAML):
    (folder / "app.yaml").write_text(yaml)
    (folder / "main.py").write_bytes(text.encode("latin-1"))
    return folder


@pytest.mark.parametrize("text", MAKES.values(), ids=MAKES)
def test_a_module_that_may_make_it_is_left_to_the_loading(tmp_path, text):
    assert load_application(write(tmp_path, text), reads_code=True).handlers


@pytest.mark.parametrize("text", MAKES_NOT.values(), ids=MAKES_NOT)
def test_a_module_that_cannot_is_told_with_file_line_and_field(tmp_path, text):
    told = r"app\.yaml:5: handlers\[0\]\.script: 'main\.app': main\.py makes no 'app'$"
    with pytest.raises(ConfigurationError, match=told):
        load_application(write(tmp_path, text), reads_code=True)
    assert load_application(tmp_path).handlers, "while it is served, loading tells"


def test_an_entrypoint_is_looked_at_too(tmp_path):
    told = r"app\.yaml:2: entrypoint: 'main:app': main\.py makes no 'app'$"
    with pytest.raises(ConfigurationError, match=told):
        load_application(write(tmp_path, "site = 1", MODERN), reads_code=True)


def test_packages_and_objects_in_objects_are_found_where_python_finds_them(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "__init__.py").touch()
    (tmp_path / "pages" / "blog.py").write_text("class Site: app = 1")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "main.py").write_text("nothing = 1")
    write(tmp_path, "app = 1")  # before the one in lib
    assert load_application(tmp_path, reads_code=True).handlers
    write(tmp_path, "", YAML.replace("main.app", "pages.blog.Site.app"))
    assert load_application(tmp_path, reads_code=True).handlers
    write(tmp_path, "", YAML.replace("main.app", "pages.blog.site"))
    with pytest.raises(ConfigurationError, match=r"pages/blog\.py makes no 'site'"):
        load_application(tmp_path, reads_code=True)
    write(tmp_path, "", YAML.replace("main.app", "pages.site"))
    with pytest.raises(ConfigurationError, match=r"pages/__init__\.py makes no 'site'"):
        load_application(tmp_path, reads_code=True)
    (tmp_path / "main.py").write_text("x = [" + "(" * 5000)
    (tmp_path / "app.yaml").write_text(YAML)
    assert load_application(tmp_path, reads_code=True).handlers, "loading tells"
