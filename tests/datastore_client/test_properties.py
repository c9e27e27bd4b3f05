"""What holds for every key and value: round trips and the datastore's order."""

import math
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from appengine.datastore import datastore_types as types
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.ordering import rank
from appengine.datastore.client.wire import value_from_wire, value_to_wire
from appengine.datastore.datastore_errors import BadKeyError
from appengine.datastore.datastore_types import Key
from appengine.datastore.gql.parser import parse
from appengine.datastore.gql.statements import Literal
from appengine.users.service import User

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = texts.filter(bool)
pairs = st.tuples(names, st.one_of(st.integers(1, 2**63 - 1), names))
keys = st.lists(pairs, min_size=1, max_size=4).map(
    lambda path: Key.from_path(*[item for pair in path for item in pair], _app="guestbook")
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    texts,
    st.datetimes(),
    keys,
    texts.map(types.Text),
    st.binary().map(types.Blob),
    st.binary().map(types.ByteString),
    names.map(types.Category),
    names.map(types.Email),
    st.integers(0, 100).map(types.Rating),
    st.builds(types.GeoPt, st.floats(-90, 90), st.floats(-180, 180)),
    names.map(User),
    names.map(lambda name: types.IM("xmpp", name)),
)


@given(keys)
def test_the_text_of_any_key_reads_back(key):
    assert Key(str(key)) == key


@given(keys, keys)
def test_equal_keys_and_only_they_have_equal_texts(first, second):
    assert (first == second) == (str(first) == str(second))
    assert (first == second) == (not first < second and not second < first)


@given(st.binary(max_size=60))
def test_any_other_text_is_refused_as_a_key(data):
    try:
        key = Key(data)
    except BadKeyError:
        return
    assert Key(str(key)) == key if key.has_id_or_name() else key.kind() is not None


@given(values)
def test_every_value_crosses_the_wire_unchanged_in_value_and_type(value):
    back = value_from_wire("guestbook", value_to_wire(value))
    assert back == value
    assert type(back) is type(value)


@given(st.lists(values.filter(lambda value: not isinstance(value, types.Blob)), max_size=20))
def test_values_of_all_types_have_one_order(found):
    ranks = [rank(value) for value in sorted(found, key=rank)]
    assert sorted(map(rank, reversed(found))) == ranks
    assert [place for place, _ in ranks] == sorted(place for place, _ in ranks)


def test_the_order_of_types_is_app_engines():
    """Source: App Engine, "Datastore Queries", section "Property value type ordering"."""
    ordered = [
        None,
        -3,
        5,
        types.Rating(6),
        datetime(1970, 1, 1, 0, 0, 0, 7),
        False,
        True,
        types.ByteString(b"bs"),
        types.Category("cat"),
        "str",
        math.nan,
        1.5,
        types.GeoPt(0, 0),
        User("a@b"),
        Key.from_path("A", 1, _app="guestbook"),
    ]
    assert sorted(reversed(ordered), key=rank) == ordered


@given(st.binary(max_size=40))
def test_the_text_of_any_cursor_reads_back(place):
    cursor = Cursor.from_bytes(place)
    assert Cursor(urlsafe=cursor.urlsafe()) == cursor


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
def test_any_text_stands_in_gql_with_its_quotes_doubled(text):
    quoted = text.replace("'", "''")
    statement = parse(f"SELECT * FROM Kind WHERE name = '{quoted}'")
    assert statement.conditions[0].operands == (Literal(text),)
