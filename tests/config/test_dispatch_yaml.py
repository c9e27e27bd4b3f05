"""dispatch.yaml: rules in order, a star before the host and behind the path, nothing else."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.config.dispatch_yaml import find_dispatch, is_dispatch_file, load_dispatch
from appengine.config.errors import ConfigurationError

MODULES = ("default", "backend", "mobile")


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "dispatch.yaml").write_text(text)
        return tmp_path / "dispatch.yaml"

    return write


def first(config, host, path):
    return next((rule.module for rule in config.rules if rule.matches(host, path)), None)


def test_the_first_rule_that_matches_host_and_path_names_the_module(write):
    """Source: App Engine, "Routing with a dispatch file"."""
    config = load_dispatch(
        write(
            "application: s~book\n"
            "dispatch:\n"
            "- url: 'book.example.com/'\n  module: default\n"
            "- url: '*/mobile/*'\n  service: mobile\n"
            "- url: '*.example.com/tasks*'\n  module: backend\n"
        ),
        MODULES,
        is_strict=True,
    )
    assert config.application == "book"
    seen = {
        ("book.example.com", "/"): "default",
        ("book.example.com", "/x"): None,
        ("localhost", "/mobile/"): "mobile",
        ("localhost", "/mobile"): None,
        ("a.example.com", "/tasks/1"): "backend",
        ("a.example.com", "/taskstand"): "backend",
        ("example.com", "/tasks"): None,
        ("localhost", "/tasks"): None,
    }
    assert {place: first(config, *place) for place in seen} == seen


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("dispatch: [{url: '*/a', modul: x}]", "1: dispatch[0].modul: there is no such key; did"),
        ("dispatch: [{module: default}]", "1: dispatch[0]: the key 'url' is missing"),
        ("dispatch:\n- url: '*/a'\n", "2: dispatch[0]: the key 'module' or 'service' is missing"),
        (
            "dispatch: [{url: '*/a', module: default, service: default}]",
            "1: dispatch[0].service: it is another word for 'module'; one of them",
        ),
        (
            "dispatch:\n- url: '*/a'\n  module: bakend\n",
            "3: dispatch[0].module: no module 'bakend' is served; did you mean 'backend'?",
        ),
        (
            "dispatch:\n- {url: '*/a', service: x}\n",
            "2: dispatch[0].service: no module 'x' is served; there are 'default', 'backend'",
        ),
        ("dispatch: [{url: /a, module: default}]", "1: dispatch[0].url: '/a' is not a host and a"),
        ("dispatch: [{url: 'a*b/', module: default}]", "1: dispatch[0].url: 'a*b' is no host"),
        ("dispatch: [{url: 'a:80/', module: default}]", "1: dispatch[0].url: 'a:80' is no host"),
        ("dispatch: [{url: 'A/', module: default}]", "1: dispatch[0].url: 'A' is no host"),
        ("dispatch: [{url: '*/a*b', module: default}]", "1: dispatch[0].url: '/a*b' is no path"),
        ("dispach: []", "1: dispach: there is no such key; did you mean 'dispatch'?"),
        ("- a", "1: expected a mapping, not a list"),
        ("", "1: the file is empty"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_field(write, text, error):
    file = write(text)
    with pytest.raises(ConfigurationError) as caught:
        load_dispatch(file, MODULES, is_strict=True)
    assert str(caught.value).removeprefix(f"{file}:").startswith(error)


def test_a_url_has_at_most_100_characters_and_a_file_20_rules(write):
    """Source: App Engine, "Routing with a dispatch file", limits."""
    rule = "- {{url: '*/{}', module: default}}\n"
    assert load_dispatch(write("dispatch:\n" + rule.format("a" * 98)), MODULES).rules
    with pytest.raises(ConfigurationError, match="has 101 characters; at most 100"):
        load_dispatch(write("dispatch:\n" + rule.format("a" * 99)), MODULES)
    many = "".join(rule.format(number) for number in range(21))
    with pytest.raises(ConfigurationError, match="dispatch: 21 rules; at most 20"):
        load_dispatch(write("dispatch:\n" + many), MODULES)


def test_a_rule_of_a_module_that_is_not_served_is_left_out_with_a_line(write):
    file = write("dispatch:\n- {url: '*/a', module: gone}\n- {url: '*/b', module: backend}\n")
    config = load_dispatch(file, MODULES)
    assert [rule.module for rule in config.rules] == ["backend"]
    (line,) = config.left_out
    assert line.startswith(f"{file}:2: dispatch[0].module: no module 'gone' is served")


def test_the_file_is_known_by_its_name(tmp_path):
    assert is_dispatch_file("x/dispatch.yaml") and is_dispatch_file(Path("dispatch.yml"))
    assert not is_dispatch_file("x/app.yaml")
    assert find_dispatch(tmp_path) is None
    (tmp_path / "dispatch.yml").touch()
    assert find_dispatch(tmp_path) == tmp_path / "dispatch.yml"


WORDS = st.sampled_from(
    [
        "dispatch:",
        "- url:",
        "'*/a*'",
        "*",
        "module:",
        "service: default",
        "\n",
        "  ",
        "{",
        "]",
        "&a",
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=12).map(" ".join))
def test_any_text_is_rules_or_one_line_that_names_file_and_line(text):
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "dispatch.yaml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            assert len(load_dispatch(file).rules) <= 20
        except ConfigurationError as error:
            assert str(error).startswith(f"{file}:")
            assert len(str(error).splitlines()) == 1
