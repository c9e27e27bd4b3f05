"""Whatever app.yaml states, loading it ends in a configuration or one line."""

import json
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError
from appengine.config.handlers import HandlerSection
from appengine.config.sections import ApplicationSection
from appengine.front.urls import UrlMap

LIKELY = st.sampled_from(
    "main.py main.app main.py.app gone.app \\1.py /x /(.*) /x/(.*)/(y) static static/\\1 static/.* "
    ".. ../x . / // $PYTHON_LIB/x auto yes no 1d 5 admin required always head 301 text/css F1 B2 "
    "python python27 python312 1 default latest main:app gunicorn include.yaml a.b.c.d".split()
)
TEXTS = st.one_of(LIKELY, LIKELY, st.text(max_size=20), st.just("a" * 256), st.just("b." * 128))
VALUES = st.recursive(
    st.one_of(TEXTS, TEXTS, st.integers(), st.booleans(), st.none(), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)


def section(kind, **fixed):
    optional = {entry.name: VALUES for entry in structs.fields(kind) if entry.name not in fixed}
    return st.tuples(
        st.fixed_dictionaries(fixed),
        st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: VALUES for name in names})
        ),
    ).map(lambda parts: parts[0] | parts[1])


HANDLERS = st.lists(section(HandlerSection, url=TEXTS, script=LIKELY), max_size=3)
FILES = section(
    ApplicationSection,
    runtime=st.sampled_from(["python", "python27", "python312"]),
    api_version=st.just(1),
    threadsafe=st.booleans(),
    handlers=HANDLERS,
)


@settings(deadline=None)
@given(FILES)
@example({"runtime": "python", "api_version": 1, "includes": ["a" * 256]})
@example(
    {
        "runtime": "python",
        "api_version": 1,
        "handlers": [{"url": "/", "script": "a" * 253 + ".py"}],
        "error_handlers": [{"file": "a" * 256}],
    }
)
def test_any_statement_is_a_configuration_or_one_line_and_can_be_served(stated):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "main.py").touch()
        (directory / "app.yaml").write_text(json.dumps(stated, ensure_ascii=True))
        try:
            config = load_application(directory)
        except ConfigurationError as error:
            assert len(str(error).splitlines()) == 1
            assert str(error).startswith(f"{directory}/")
            return
        urls = UrlMap(config.handlers, has_entrypoint=not config.is_classic)
        for path in ("/", "/x", "/x/a/y", "/\xff"):
            assert config.is_classic or urls.match(path) is not None


WHOLE = """\
application: hello
runtime: python27
api_version: 1
threadsafe: yes
default_expiration: 1d
builtins:
- deferred: on
libraries: [{name: jinja2, version: latest}]
handlers:
- url: /s
  static_dir: s
  http_headers:
    X-A: "b"
- url: /(.*)
  script: main.py
  login: admin
automatic_scaling:
  max_pending_latency: 30ms
env_variables: {A: b}
"""
PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["\n", "  ", ": ", "- ", "{", "]", "&a ", "*a", "!!x ", "|\n", '"', "'", "#"]),
    st.sampled_from(WHOLE.splitlines()),
)
EDITS = st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 9), PIECES), max_size=4)


@settings(deadline=None)
@given(EDITS)
def test_any_edit_of_a_file_is_a_configuration_or_one_line_with_the_place(edits):
    text = WHOLE
    for place, length, piece in edits:
        text = text[:place] + piece + text[place + length :]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "main.py").touch()
        (directory / "app.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            config = load_application(directory)
        except ConfigurationError as error:
            message = str(error)
            assert len(message.splitlines()) == 1
            assert message.removeprefix(f"{directory}/app.yaml:").partition(":")[0].isdecimal()
            return
        assert config.handlers or not config.is_classic
