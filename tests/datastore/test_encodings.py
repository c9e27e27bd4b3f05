"""Keys and values as bytes: they come back, and sort as a plain comparison sorts them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.datastore.server.keys import (
    ancestors_of,
    checked_key,
    decode_key,
    encode_key,
    root_of,
)
from appengine.datastore.server.values import (
    CUT_BYTES,
    cut,
    decode_value,
    encode_value,
    invert,
    split,
)
from appengine.datastore.service import (
    BadRequestError,
    Binary,
    Key,
    Meaning,
    Meant,
    Point,
    Reference,
    User,
)

texts = st.text(st.sampled_from("\0\x01a\xff€\U0001f600"), max_size=4)
names = st.text(st.sampled_from("\0\x01ab\xff€"), min_size=1, max_size=3)
ids = st.integers(1, 2**63 - 1)
keys = st.builds(
    lambda namespace, pairs: Key(namespace, tuple(item for pair in pairs for item in pair)),
    st.sampled_from(["", "a", "b.c"]),
    st.lists(st.tuples(names, st.one_of(ids, st.integers(1, 3), names)), min_size=1, max_size=3),
)
floats = st.floats(allow_nan=False, allow_infinity=True)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-2, 2),
    floats,
    texts,
    st.builds(Point, st.floats(-90, 90), st.floats(-180, 180)),
    st.builds(User, texts, texts),
    st.builds(Reference, keys),
)


def key_rank(key):
    pairs = zip(key.path[::2], key.path[1::2], strict=True)
    return [
        (kind.encode(), isinstance(name, str), name.encode() if isinstance(name, str) else name)
        for kind, name in pairs
    ]


RANKS = {
    type(None): lambda value: (0, 0),
    int: lambda value: (1, value),
    bool: lambda value: (2, value),
    str: lambda value: (3, value.encode()),
    float: lambda value: (4, value),
    Point: lambda value: (5, (value.latitude, value.longitude)),
    User: lambda value: (6, (value.email.encode(), value.auth_domain.encode())),
    Reference: lambda value: (7, (value.key.namespace, key_rank(value.key))),
}


def rank(value):
    """Returns something that Python compares as the datastore compares values."""
    return RANKS[type(value)](value)


def order(a, b):
    return (a > b) - (a < b)


@given(keys, keys)
def test_keys_come_back_and_sort_as_keys_do(one, other):
    """Ids before names, a parent before its children."""
    assert decode_key(encode_key(one)) == one
    plain = order((one.namespace, key_rank(one)), (other.namespace, key_rank(other)))
    assert order(encode_key(one), encode_key(other)) == plain


@given(keys)
def test_each_ancestor_is_a_prefix_and_the_root_is_the_first(key):
    lengths = range(2, len(key.path) + 1, 2)
    above = [encode_key(Key(key.namespace, key.path[:length])) for length in lengths]
    assert ancestors_of(encode_key(key)) == above
    assert root_of(encode_key(key)) == above[0]


@given(keys, keys)
def test_only_descendants_start_with_an_ancestor(one, other):
    is_below = other.namespace == one.namespace and other.path[: len(one.path)] == one.path
    assert encode_key(other).startswith(encode_key(one)) == is_below


@given(values, values)
def test_values_come_back_and_sort_across_types(one, other):
    data = encode_value(one)
    assert decode_value(data) == (one, len(data))
    assert order(data, encode_value(other)) == order(rank(one), rank(other))


def test_the_order_of_a_mixed_property_is_as_observed():
    """Source: reference, "Value types and ordering", observed order."""
    mixed = [
        None,
        -3,
        5,
        Meant(Meaning.RATING, 6),
        Meant(Meaning.WHEN, 7),
        False,
        True,
        Binary(Meaning.BYTES, b"bs"),
        Meant(Meaning.CATEGORY, "cat"),
        "str",
        math.nan,
        -math.inf,
        -1.5,
        1.5,
        Point(1.0, 2.0),
        User("a@example.com", "example.com"),
        Reference(Key("", ("A", 1))),
    ]
    encoded = [encode_value(value) for value in mixed]
    assert encoded == sorted(encoded)
    assert len(set(encoded)) == len(encoded)


def test_both_zeros_are_one_value():
    assert encode_value(-0.0) == encode_value(0.0)


@given(st.lists(st.tuples(values, st.booleans()), min_size=1, max_size=4))
def test_values_in_a_row_are_told_apart_whatever_their_directions(parts):
    encoded = [encode_value(value) for value, _descending in parts]
    row = b"".join(
        invert(data) if descending else data
        for data, (_value, descending) in zip(encoded, parts, strict=True)
    )
    assert split(row, tuple(descending for _value, descending in parts)) == encoded


@given(values, values)
def test_inverted_values_sort_the_other_way_round(one, other):
    inverted = order(invert(encode_value(one)), invert(encode_value(other)))
    assert inverted == order(rank(other), rank(one))


@given(st.binary(min_size=970, max_size=1100), st.binary(min_size=970, max_size=1100))
def test_cut_values_differ_and_keep_the_order_of_their_starts(one, other):
    assert len(cut(one)) <= 1000
    assert (cut(one) == cut(other)) == (one == other)
    if one[:CUT_BYTES] != other[:CUT_BYTES]:
        assert order(cut(one), cut(other)) == order(one, other)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("A",), "no list of pairs"),
        (("A", None), "incomplete"),
        (("A", None, "B", 1), "incomplete"),
        ((1, "A"), "the kind 1 is no text"),
        (("", 1), "is empty"),
        (("A", ""), "is empty"),
        (("A", "€" * 167), "has 501 bytes; at most 500"),
        (("A", "x" * 500, "B", "y" * 500, "C", "z" * 500), "encoded bytes; at most 1300"),
    ],
)
def test_an_impossible_key_is_refused(path, text):
    with pytest.raises(BadRequestError, match=text):
        checked_key(Key("", path))
