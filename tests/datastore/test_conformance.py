"""What App Engine's documentation promises of entities and their keys, one sentence one test."""

import pytest

from appengine.datastore.server.ids import LAST_SEQUENTIAL
from appengine.datastore.service import (
    AllocateRequest,
    BadRequestError,
    Binary,
    CompleteRequest,
    Entity,
    Key,
    Meaning,
    Meant,
    Property,
    Reference,
)
from tests.datastore.serving import entity, key


@pytest.fixture
def datastore(anywhere):
    return anywhere


def test_a_put_entity_comes_back_as_it_was(datastore):
    stored = Entity(
        key("Pet", "rex"),
        (
            Property("name", ("Rex",)),
            Property("tags", ("a", 2, None), multiple=True),
            Property("nothing", (), multiple=True),
            Property("text", (Meant(Meaning.TEXT, "t" * 5000),), indexed=False),
            Property("blob", (Binary(Meaning.BLOB, b"\0\xff"),)),
            Property("friend", (Reference(key("Pet", 1)),)),
        ),
    )
    datastore.put_all(stored)
    assert datastore.get_one(key("Pet", "rex")) == stored
    assert datastore.get_one(key("Pet", "max")) is None


def test_put_completes_an_incomplete_key_with_a_scattered_id(datastore):
    """Source: reference, "Id allocation"."""
    first, second = datastore.put_all(entity(("Pet", None), n=1), entity(("Pet", None), n=2))
    assert LAST_SEQUENTIAL < first.path[1] < 2**53
    assert abs(first.path[1] - second.path[1]) > 2**40
    assert datastore.get_one(second).key == second


def test_the_legacy_policy_counts_from_one(datastore):
    datastore.settings["datastore.auto_id_policy:guestbook"] = "legacy"
    found = datastore.put_all(*(entity(("Pet", None), n=n) for n in range(3)))
    assert [item.path[1] for item in found] == [1, 2, 3]


def test_allocated_ids_are_a_range_that_nobody_else_gets(datastore):
    place = key("Pet", None)
    one = datastore.allocate(AllocateRequest(key=place, size=10))
    two = datastore.allocate(AllocateRequest(key=place, size=1))
    assert (one.start, one.end, two.start, two.end) == (1, 10, 11, 11)
    upto = datastore.allocate(AllocateRequest(key=place, max=20))
    assert (upto.start, upto.end) == (12, 20)
    below = datastore.allocate(AllocateRequest(key=place, max=5))
    assert below.end < below.start
    other = datastore.allocate(AllocateRequest(key=key("Cat", None), size=1))
    assert other.start == 1


def test_a_transaction_completes_its_keys_before_the_commit(datastore):
    (complete,) = datastore.complete(CompleteRequest(keys=(key("Pet", None),))).keys
    datastore.transact({}, puts=(entity(complete, n=1),))
    assert datastore.ids("Pet") == [complete.path[1]]


def test_the_last_of_two_puts_with_one_key_stays(datastore):
    datastore.put_all(entity(("Pet", 1), n=1), entity(("Pet", 1), n=2))
    assert datastore.ids("Pet", ("n", "=", 2)) == [1]
    assert datastore.ids("Pet", ("n", "=", 1)) == []


def test_namespaces_do_not_see_each_other(datastore):
    datastore.put_all(
        entity(key("Pet", 1, namespace="a"), n=1), entity(key("Pet", 2, namespace="b"), n=1)
    )
    for options in ({}, {"orders": ("n",)}):
        assert datastore.ids("Pet", namespace="a", **options) == [1]
        assert datastore.ids("Pet", namespace="b", **options) == [2]
    assert datastore.ids("", namespace="b") == [2]
    with pytest.raises(BadRequestError, match="the ancestor's namespace 'a'"):
        datastore.find("Pet", ancestor=key("A", 1, namespace="a"))


def test_an_impossible_key_is_refused_by_every_call(datastore):
    with pytest.raises(BadRequestError, match="incomplete"):
        datastore.get_one(Key("", ("A", None)))
    with pytest.raises(BadRequestError, match="incomplete"):
        datastore.delete_all(Key("", ("A", None)))
