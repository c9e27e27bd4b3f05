"""The seed file: what it states, and what it states wrong in one line."""

import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.config.errors import ConfigurationError
from appengine.datastore.config.seed import KEYS
from appengine.datastore.config.seed_values import Values
from appengine.datastore.server.seed import check_seed
from appengine.datastore.service import (
    Binary,
    Entity,
    Meaning,
    Meant,
    Point,
    Property,
    Reference,
    User,
)
from tests.datastore.serving import key

DAY = 24 * 3600 * 10**6


@pytest.fixture
def read(tmp_path):
    """Returns what reads a file of a given text."""

    def read(text, applications=("guestbook",), auth_domain="example.com"):
        file = tmp_path / "seed.yaml"
        file.write_text(text)
        return check_seed(file, applications, auth_domain)

    return read


@pytest.fixture
def refusal(read, tmp_path):
    """Returns what is wrong with a file, without its directory."""

    def refusal(text, **options):
        with pytest.raises(ConfigurationError) as caught:
            read(text, **options)
        assert "\n" not in str(caught.value)
        return str(caught.value).removeprefix(f"{tmp_path}/")

    return refusal


def value_of(read, text, key="kind: A\n  id: 1"):
    (seed,) = read(f"- {key}\n  properties:\n    p: {text}\n")
    (found,) = seed.entity.properties
    assert not found.multiple
    return found.values[0]


def test_an_entity_has_a_key_and_properties(read):
    (seed,) = read(
        "- kind: Pet\n  name: 12\n  parent: [House, 7, Room, '8']\n  namespace: home\n"
        "  properties: {a: 1, b: [x, 2], c: []}\n  unindexed: [a]\n"
    )
    assert seed.application == "guestbook"
    assert seed.entity == Entity(
        key("House", 7, "Room", "8", "Pet", "12", namespace="home"),
        (
            Property("a", (1,), indexed=False),
            Property("b", ("x", 2), multiple=True),
            Property("c", (), multiple=True),
        ),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Tom", "Tom"),
        ("'12'", "12"),
        ("12", 12),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        (".inf", float("inf")),
        ("yes", True),
        ("null", None),
        ("", None),
        ("1970-01-02", Meant(Meaning.WHEN, DAY)),
        ("1970-01-01 00:00:01.5", Meant(Meaning.WHEN, 1_500_000)),
        ("1970-01-02T02:00:00+02:00", Meant(Meaning.WHEN, DAY)),
        ("1969-12-31", Meant(Meaning.WHEN, -DAY)),
        ("{date: 1970-01-02}", Meant(Meaning.WHEN, DAY)),
        ("{datetime: '1970-01-02T00:00:00Z'}", Meant(Meaning.WHEN, DAY)),
        ("{time: 00:00:01}", Meant(Meaning.WHEN, 1_000_000)),
        ("{text: 12}", Meant(Meaning.TEXT, "12")),
        ("{text: ''}", Meant(Meaning.TEXT, "")),
        ("{category: soft}", Meant(Meaning.CATEGORY, "soft")),
        ("{link: 'http://a/'}", Meant(Meaning.LINK, "http://a/")),
        ("{email: ann@example.com}", Meant(Meaning.EMAIL, "ann@example.com")),
        ("{im: xmpp ann}", Meant(Meaning.IM, "xmpp ann")),
        ("{im: 'http://talk/ ann'}", Meant(Meaning.IM, "http://talk/ ann")),
        ("{phone: 123}", Meant(Meaning.PHONE, "123")),
        ("{postal: Main Street 1}", Meant(Meaning.POSTAL, "Main Street 1")),
        ("{blob_key: k}", Meant(Meaning.BLOB_KEY, "k")),
        ("{rating: 100}", Meant(Meaning.RATING, 100)),
        ("{blob: AP8=}", Binary(Meaning.BLOB, b"\x00\xff")),
        ("{bytes: 'AP 8='}", Binary(Meaning.BYTES, b"\x00\xff")),
        ("{geopt: [-90, 13.5]}", Point(-90.0, 13.5)),
        ("{user: ann@example.com}", User("ann@example.com", "example.com")),
        ("{key: [Pet, 1]}", Reference(key("Pet", 1))),
        ("{key: [Pet, '1']}", Reference(key("Pet", "1"))),
    ],
)
def test_a_value_has_the_type_that_it_states(read, text, value):
    found = value_of(read, text)
    assert found == value
    assert type(found) is type(value)


def test_a_key_is_in_the_namespace_of_its_entity(read):
    where = "kind: A\n  id: 1\n  namespace: home"
    assert value_of(read, "{key: [B, 1]}", where) == Reference(key("B", 1, namespace="home"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "seed.yaml:1: the file is empty"),
        ("kind: A", "seed.yaml:1: expected a list, not a mapping"),
        ("- [A]", "seed.yaml:1: [0]: expected a mapping, not a list"),
        ("- name: a", "seed.yaml:1: [0]: the key 'kind' is missing"),
        ("- kind: A", "seed.yaml:1: [0]: an entity has a name or an id: neither is there"),
        (
            "- kind: A\n  id: 1\n  name: a",
            "seed.yaml:1: [0]: an entity has a name or an id: both are there",
        ),
        (
            "- kind: A\n  id: 1\n  propertys: {}",
            "seed.yaml:3: [0].propertys: there is no such key; did you mean 'properties'?",
        ),
        (
            "- kind: A\n  id: 0",
            f"seed.yaml:2: [0].id: expected an id from 1 to {2**63 - 1}, not '0'",
        ),
        ("- kind: A\n  id: yes", f"expected an id from 1 to {2**63 - 1}, not 'True'"),
        ("- kind: A\n  name:", "seed.yaml:2: [0].name: expected a text, not nothing"),
        ("- kind: A\n  name: ''", "seed.yaml:1: [0]: a kind or a name is empty"),
        ("- kind: __A__\n  id: 1", "seed.yaml:1: [0]: '__A__' is reserved: the platform alone"),
        (
            "- kind: __A__\n  id: 1\n  properties: {p: 1}",
            "seed.yaml:1: [0]: '__A__' is reserved: the platform alone",
        ),
        (
            "- kind: A\n  id: 1\n  namespace: a/b",
            "seed.yaml:3: [0].namespace: 'a/b' is no namespace of at most 100 letters",
        ),
        (
            f"- kind: A\n  name: {'x' * 501}",
            "seed.yaml:1: [0]: the name 'xxxxxxxxxxxxxxxxxxxx'... has 501 bytes; at most 500",
        ),
        (
            f"- kind: A\n  id: 1\n  properties:\n    {'x' * 501}: 1",
            "a property's name has 1 to 500 bytes, not 501",
        ),
        (
            "- kind: A\n  id: 1\n  properties: {'': 1}",
            "seed.yaml:3: [0].properties['']: a property's name has 1 to 500 bytes, not 0",
        ),
        (
            "- kind: A\n  id: 1\n  parent: [B]",
            "seed.yaml:3: [0].parent: expected pairs of a kind and a name or an id, not 1 items",
        ),
        (
            "- kind: A\n  id: 1\n  application: other",
            "seed.yaml:3: [0].application: 'other' is not served; this command serves 'guestbook'",
        ),
        (
            "- kind: A\n  id: 1\n- kind: A\n  id: 1",
            "seed.yaml:3: [1]: the entity ('A', 1) stands on line 1 already",
        ),
        (
            "- kind: A\n  id: 1\n  properties: {cat: 1}\n  unindexed: [cot]",
            "seed.yaml:4: [0].unindexed[0]: 'cot' is no property of this entity; "
            "did you mean 'cat'?",
        ),
        (
            "- kind: A\n  id: 1\n  properties:\n    __p__: 1",
            "seed.yaml:4: [0].properties.__p__: the name '__p__' is reserved",
        ),
        (
            f"- kind: A\n  id: 1\n  properties:\n    b: 1\n    p: {'x' * 1501}",
            "seed.yaml:5: [0].properties.p: the indexed property 'p' has 1501 bytes; at most 1500",
        ),
        (
            f"- kind: A\n  id: 1\n  properties:\n    p: {{text: {'x' * 2**20}}}",
            "seed.yaml:4: [0].properties.p: the entity ('A', 1) has 1048",
        ),
        ("- kind: A\n  id: 1\n\tname: a", "seed.yaml:3: not YAML: "),
        ("- &a\n  kind: A\n- *a", "seed.yaml:3: the alias '*a': aliases are refused"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_field(refusal, text, line):
    assert line in refusal(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[1]]", "[0].properties.p[0]: a list within a list"),
        ("{}", "expected one key that names a type, not none"),
        ("{text: a, blob: b}", "expected one key that names a type, not 'text', 'blob'"),
        ("{txt: a}", "[0].properties.p.txt: there is no type 'txt'; did you mean 'text'?"),
        ("{text: [a]}", "[0].properties.p.text: expected a text, not a list"),
        ("{category: ''}", "a text that is not empty is missing"),
        ("{link: example.com}", "'example.com' is no URL"),
        ("{link: 'http://[/'}", "'http://[/' is no URL"),
        (f"{{link: 'http://a/{'b' * 2083}'}}", "a URL of 2092 bytes; at most 2083"),
        ("{im: ann}", "'ann' is no protocol and address"),
        ("{im: icq 1}", "'icq 1' is no protocol and address"),
        ("{rating: 101}", "'101' is no rating from 0 to 100"),
        ("{blob: '*'}", "'*' is not base64"),
        ("{geopt: [1]}", "expected [latitude, longitude], not 1 items"),
        ("{geopt: [91, 0]}", "p.geopt[0]: expected degrees from -90 to 90, not '91'"),
        ("{geopt: [0, .nan]}", "p.geopt[1]: expected degrees from -180 to 180, not 'nan'"),
        ("{user: ''}", "a text that is not empty is missing"),
        ("{key: []}", "expected pairs of a kind and a name or an id, not 0 items"),
        ("{key: [A, -1]}", "p.key[1]: expected an id from 1"),
        ("{date: 2008-02-30}", "'2008-02-30' is not a date such as 2008-04-07"),
        ("{time: 25:00}", "'25:00' is not a time of day such as 10:30:00"),
        ("2008-02-30", "'2008-02-30' cannot be read: day is out of range for month"),
        ("0001-01-01 00:00:00 +02:00", "is in no year from 1 to 9999 of UTC"),
        ("9223372036854775808", "'9223372036854775808' is not from"),
        ("012", "'012' is not the same in all versions of YAML"),
        ("10:30", "'10:30' is not the same in all versions of YAML"),
        ("1e3", "'1e3' is not the same in all versions of YAML"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_line(refusal, text, reason):
    line = refusal(f"- kind: A\n  id: 1\n  properties:\n    p: {text}\n")
    assert line.startswith("seed.yaml:4: ")
    assert reason in line


def read_or_refuse(folder, text):
    """Returns the value of a property, or the one line that refuses it."""
    file = Path(folder) / "seed.yaml"
    file.write_text(f"- kind: A\n  id: 1\n  properties: {{p: {text}}}\n", "utf-8")
    try:
        (seed,) = check_seed(file, ["guestbook"], "gmail.com")
    except ConfigurationError as error:
        assert str(error).startswith(f"{file}:") and "\n" not in str(error)
        return error
    return seed.entity.properties[0].values[0]


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=100))
def test_a_text_in_quotes_is_that_text(text):
    with tempfile.TemporaryDirectory() as folder:
        found = read_or_refuse(folder, json.dumps(text))
    assert found == text or ("\0" in text and isinstance(found, ConfigurationError))


LIKE_NUMBERS = st.text(st.sampled_from("0123456789-+:.eETZox_"), min_size=1, max_size=25)


@given(st.one_of(LIKE_NUMBERS, LIKE_NUMBERS.map("2008-04-07 {}".format)))
def test_a_word_without_quotes_is_read_or_refused_in_one_line(word):
    with tempfile.TemporaryDirectory() as folder:
        found = read_or_refuse(folder, word)
    assert isinstance(found, int | float | str | Meant | ConfigurationError)


PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "seed.md").read_text()


@pytest.mark.parametrize("name", [*KEYS, *Values("", "")._types])
def test_the_reference_page_names_every_key_and_type(name):
    assert f"`{name}`" in PAGE


def test_the_reference_page_s_example_is_a_seed(read):
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    book, greeting, tom, ann = [seed.entity for seed in read(example)]
    assert book == Entity(key("Book", "default"), ())
    assert greeting.key == key("Book", "default", "Greeting", 1)
    assert [item.name for item in tom.properties if not item.indexed] == ["weight", "page"]
    assert ann.key == key("Pet", "ann", namespace="second-home")


@pytest.mark.parametrize("written", ["012", "1_000", "10:30", "1e3"])
def test_the_reference_page_tells_the_numbers_that_are_refused(refusal, written):
    assert f"`{written}`" in PAGE
    text = f"- kind: A\n  id: 1\n  properties: {{p: {written}}}"
    assert "not the same in all versions of YAML" in refusal(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory"):
        check_seed(tmp_path / "none.yaml", ["a"], "")
