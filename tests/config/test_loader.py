"""The loader: any file is a Struct or one line with file, line and field."""

import os
import re
from typing import Annotated

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from appengine.config.building import Ignored, Section
from appengine.config.errors import ConfigurationError
from appengine.config.loader import MAX_DEPTH, MAX_FILE_BYTES, load, parse
from appengine.config.sections import ApplicationSection
from appengine.config.values import Duration


class Pet(Section, frozen=True, kw_only=True):
    name: str
    legs: Annotated[int, Meta(ge=0, le=8)] = 4
    is_tame: bool = False
    naps: Duration | None = None
    toys: tuple[str, ...] = ()
    owners: dict[str, str] = {}  # noqa: RUF012
    chip: Annotated[object, Ignored("nobody reads chips")] = None


class Shop(Section, frozen=True, kw_only=True):
    pets: tuple[Pet, ...] = ()
    motto: str | None = None


def refusal(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, Shop, "shop.yaml")
    return str(caught.value)


def test_a_document_becomes_a_struct_and_every_field_knows_its_line():
    loaded = parse("pets:\n- name: Tom\n  legs: 3\n- name: Ann\n", Shop, "shop.yaml")
    assert loaded.value == Shop(pets=(Pet(name="Tom", legs=3), Pet(name="Ann")))
    assert loaded.lines["pets[0].legs"] == 3
    assert loaded.lines["pets[1]"] == 4


@pytest.mark.parametrize("text", ["1", "1.10", "010", "yes", "2026-01-01", "1:30", "0x1F", "null "])
def test_a_text_stays_as_it_is_written(text):
    """The type decides, not YAML's guess: `version: 1.10` is not 1.1."""
    if text == "null ":
        text = '"null"'
    assert parse(f"motto: {text}", Shop, "s").value.motto == text.strip('"')


@pytest.mark.parametrize("word", ["yes", "Yes", "on", "true", "TRUE", "y", "1"])
def test_every_word_of_yaml_for_yes_is_yes(word):
    assert parse(f"pets: [{{name: a, is_tame: {word}}}]", Shop, "s").value.pets[0].is_tame is True


@pytest.mark.parametrize("word", ["no", "off", "false", "n", "0"])
def test_every_word_of_yaml_for_no_is_no(word):
    assert parse(f"pets: [{{name: a, is_tame: {word}}}]", Shop, "s").value.pets[0].is_tame is False


def test_a_key_without_a_value_is_as_good_as_absent_unless_it_is_required():
    assert parse("motto:\npets: ~\n", Shop, "s").value == Shop()
    assert refusal("pets:\n- name:\n") == (
        "shop.yaml:2: pets[0].name: a value is missing; expected a text"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("pets:\n- nme: a\n  name: b", "2: pets[0].nme: there is no such key; did you mean 'name'"),
        ("pets:\n- legs: 4", "2: pets[0]: the key 'name' is missing"),
        ("pets:\n- name: a\n  legs: 9", "3: pets[0].legs: '9' is not an integer from 0 to 8"),
        ("pets:\n- name: a\n  legs: four", "3: pets[0].legs: 'four' is not an integer from 0 to 8"),
        ("pets:\n- name: a\n  is_tame: perhaps", "3: pets[0].is_tame: 'perhaps' is not yes or no"),
        ("pets: Tom", "1: pets: expected a list, not the single value 'Tom'"),
        ("pets:\n  name: a", "1: pets: expected a list, not a mapping"),
        ("pets:\n- [a]", "2: pets[0]: expected a mapping, not a list"),
        ("motto: [a, b]", "1: motto: expected a text, not a list"),
        ("motto: a\nmotto: b", "2: the key 'motto' stands twice; first on line 1"),
        ("motto: &x a", None),
        ("motto: *x", "1: the alias '*x': aliases are refused"),
        ("pets: &x\n- *x", "2: the alias '*x': aliases are refused"),
        ("motto: !!python/name:os.system x", "1: the tag 'tag:yaml.org,2002:python/name:"),
        ("? [a]\n: b", "1: a key that is a list or a mapping"),
        ("a: b\n---\nc: d", "2: a second document"),
        ("", "1: the file is empty"),
        ("# nothing\n", "1: the file is empty"),
        ("motto: 'a", "1: not YAML"),
        ("motto: a\n\tb: c", "2: not YAML"),
        ("motto: \x07", "1: the character '\\x07' is not allowed"),
        ('motto: "\\uD800"', "1: '\\ud800' holds a character that no text may have"),
        ('motto: "\\0"', "1: '\\x00' holds a character that no text may have"),
        ('motto: "\\UFFFFFFFF"', "1: not YAML"),
        ('"a\\nb": c', "1: ['a\\nb']: there is no such key"),
        ("pets:\n- name: a\n  naps: 5 hours", "3: pets[0].naps: '5 hours' is not a duration"),
        ("pets:\n- name: a\n  owners: {x: [1]}", "3: pets[0].owners.x: expected a text, not"),
        ("[" * (MAX_DEPTH + 1), f"1: nested deeper than {MAX_DEPTH} levels"),
        ("[" * 100_000, f"1: nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(text, error):
    if error is None:  # an anchor that nobody uses does no harm
        assert parse(text, Shop, "shop.yaml").value.motto == "a"
        return
    message = refusal(text)
    assert message.startswith(f"shop.yaml:{error}")
    assert "\n" not in message


def test_a_long_wrong_value_is_shortened():
    assert len(refusal("pets: " + "x" * 5000)) < 200


def test_keys_that_nothing_acts_upon_are_listed_with_their_line():
    loaded = parse("pets:\n- name: a\n  chip: {any: [thing]}\n", Shop, "s")
    assert [(key.field, key.line, key.reason) for key in loaded.ignored] == [
        ("pets[0].chip", 3, "nobody reads chips")
    ]


def test_an_error_about_a_missing_field_names_the_line_around_it():
    loaded = parse("motto: a\npets:\n- name: b\n", Shop, "s")
    assert str(loaded.error("pets[0].legs", "odd")) == "s:3: pets[0].legs: odd"
    assert str(loaded.error("owner", "odd")) == "s:1: owner: odd"


@pytest.fixture
def shop(tmp_path):
    return tmp_path / "shop.yaml"


def file_refusal(path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path, Shop)
    return str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_text(shop):
    shop.write_bytes(b"\xef\xbb\xbfmotto: a\n")
    assert load(shop, Shop).value.motto == "a"


def test_a_missing_file_is_named(shop):
    assert file_refusal(shop) == f"{shop}: cannot be read: No such file or directory"


def test_a_directory_is_no_file(tmp_path):
    assert file_refusal(tmp_path) == f"{tmp_path}: cannot be read: it is a directory"


def test_a_fifo_is_refused_at_once(shop):
    os.mkfifo(shop)
    assert file_refusal(shop) == f"{shop}: cannot be read: it is no regular file"


def test_a_path_with_a_zero_byte_is_no_path(tmp_path):
    assert "cannot be read: embedded null byte" in file_refusal(tmp_path / "a\0b")


def test_binary_is_told_with_line_and_offset(shop):
    shop.write_bytes(b"motto: a\n\xff\xfe")
    assert file_refusal(shop) == f"{shop}:2: not UTF-8: byte 0xff at offset 9"


def test_a_file_of_ten_megabytes_is_not_parsed(shop):
    shop.write_bytes(b"a" * 10_000_000)
    assert file_refusal(shop) == f"{shop}: 10000000 bytes; at most {MAX_FILE_BYTES}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become somebody else")
def test_an_unreadable_file_is_named_for_an_ordinary_user(shop):
    shop.write_text("motto: a")
    shop.chmod(0)
    child = os.fork()
    if child == 0:  # what an ordinary user sees, in a process of its own
        os.setuid(65534)
        try:
            load(shop, Shop)
        except ConfigurationError as error:
            os._exit(0 if "cannot be read: Permission denied" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


LINE = re.compile(r"app\.yaml:[0-9]+(: |$)")

words = st.sampled_from(
    "runtime: python27\n|api_version: 1\n|handlers:\n|- url: /a\n|  script: a.b\n|  static_dir: x\n"
    "|threadsafe: yes\n|builtins:\n|- deferred: on\n|- |: |\n|[|]|{|}|\"|'|*a|&a|!!x|%|---\n|? "
    "|\t|#|skip_files: (\n|version: 1\n|automatic_scaling:\n|  max_instances: 3\n".split("|")
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(words, max_size=20).map("".join)))
@example("runtime: python27\napi_version: 1\nthreadsafe: no\n")
@example("\x85a")
@example("a: \ufeff")
def test_any_text_is_a_configuration_or_one_line(text):
    try:
        loaded = parse(text, ApplicationSection, "app.yaml")
    except ConfigurationError as error:
        assert LINE.match(str(error))
        assert len(str(error).splitlines()) == 1
    else:
        assert loaded.value.runtime.startswith("python")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_configuration_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "app.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        load(path, ApplicationSection)
    assert len(str(caught.value).splitlines()) == 1
