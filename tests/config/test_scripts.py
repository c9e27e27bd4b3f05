"""Scripts and entrypoints: whether the code that app.yaml names is there."""

import pytest

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError

HEAD = "runtime: python\napi_version: 1\n"
MAIN = f"{HEAD}handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("main.py", ()),
        ("main.app", ()),
        ("main.Site.app", ()),
        ("pages.blog.app", ("pages/blog.py",)),
        ("pages.app", ("pages/__init__.py",)),
        ("flask.app", ("lib/flask/__init__.py",)),
        ("wsgiref.simple_server.demo_app", ()),
        ("google.appengine.ext.deferred.application", ()),
        ("\\1.py", ()),
        ("$PYTHON_LIB/google/appengine/x.py", ()),
        ("fast.app", ("fast.cpython-311-x86_64-linux-gnu.so",)),
        ("flask.app", ("requirements.txt",)),
    ],
)
def test_a_script_may_be_wherever_python_finds_it(app, script, files):
    url = "/(.*)" if "\\" in script else "/.*"
    config = app.load(f"{HEAD}handlers:\n- url: {url}\n  script: {script}\n", *files)
    assert config.handlers[0].script == script


@pytest.mark.parametrize(
    ("entrypoint", "target"),
    [
        ("gunicorn -b :$PORT main:app", "main:app"),
        ("exec gunicorn --workers 2 -k gthread main", "main:application"),
        ("/usr/bin/gunicorn --bind=:$PORT pages.blog:site --log-level debug", "pages.blog:site"),
    ],
)
def test_a_gunicorn_entrypoint_names_the_object_that_is_served(app, entrypoint, target):
    if "debug" in entrypoint:
        entrypoint = entrypoint.replace("--log-level debug", "--log-level=debug")
    config = app.load(f"{MODERN}entrypoint: {entrypoint}\n", "pages/blog.py")
    assert config.entrypoint == target


@pytest.mark.parametrize(
    ("entrypoint", "error"),
    [
        ("uvicorn main:app", "is another command"),
        ("gunicorn", "names no WSGI object"),
        ("gunicorn gone:app", "there is no module 'gone' (gone.py)"),
        ("gunicorn 'main", "is no command"),
        ("gunicorn main:app()", "is no WSGI object"),
    ],
)
def test_another_entrypoint_is_refused(app, entrypoint, error):
    message = app.refusal(f"{MODERN}entrypoint: {entrypoint}\n")
    assert message.startswith("app.yaml:2: entrypoint: ")
    assert error in message


def test_a_modern_runtime_without_main_py_is_refused(tmp_path):
    (tmp_path / "app.yaml").write_text(MODERN)
    with pytest.raises(ConfigurationError, match=r"entrypoint: there is no module 'main'"):
        load_application(tmp_path)


def test_scripts_of_a_modern_runtime_mean_the_entrypoint(app):
    """Source: App Engine, "app.yaml", handlers, `script`: anything but `auto` is ignored."""
    config = app.load(
        MODERN + "handlers:\n- {url: /a, script: other.app}\n- {url: /b, script: auto}"
    )
    assert [handler.script for handler in config.handlers] == ["auto", "auto"]
    assert [(key.field, key.line) for _, key in config.ignored] == [("handlers[0].script", 3)]
