"""The limits that App Engine's documentation promises, at each bound and just over it."""

import msgspec
import pytest

from appengine.datastore.service import (
    MAX_ENTITY_BYTES,
    Action,
    BadRequestError,
    Binary,
    CommitRequest,
    DeleteRequest,
    Entity,
    GetRequest,
    Key,
    Meaning,
    Property,
    PutRequest,
)
from appengine.rpc.errors import RequestTooLargeError
from tests.datastore.serving import entity, key


@pytest.fixture
def datastore(anywhere):
    return anywhere


def text_of(size):
    return "x" * size


@pytest.mark.parametrize(
    ("good", "bad", "text"),
    [
        (entity(("A", 1), s=text_of(1500)), entity(("A", 1), s=text_of(1501)), "has 1501 bytes"),
        (
            entity(("A", 1), s="€" * 500),
            entity(("A", 1), s="€" * 501),
            "'s' has 1503 bytes; at most 1500",
        ),
        (
            entity(("A", 1), s=Binary(Meaning.BLOB, bytes(1_048_487))),
            entity(("A", 1), s=Binary(Meaning.BLOB, bytes(1_048_488))),
            "Property s is too long. Maximum length is 1048487.",
        ),
        (
            entity(("A", 1), s=list(range(19_999))),
            entity(("A", 1), s=list(range(20_000))),
            "more than 20000 index rows",
        ),
        (entity(("A", 1)), entity(("__A__", 1)), "'__A__' is reserved"),
        (entity(("A", "__x")), entity(("A", "__x__")), "'__x__' is reserved"),
    ],
)
def test_a_limit_holds_at_its_bound_and_just_over(datastore, good, bad, text):
    datastore.put_all(good)
    with pytest.raises(BadRequestError, match=text):
        datastore.put_all(bad)


def test_an_entity_has_at_most_1048572_bytes(datastore):
    """Source: App Engine, "Quotas and limits"."""

    def of_size(size):
        return entity(
            ("A", 1), s=Binary(Meaning.BLOB, bytes(size)), t=Binary(Meaning.BLOB, bytes(1000))
        )

    size = MAX_ENTITY_BYTES - len(msgspec.msgpack.encode(of_size(70_000))) + 70_000
    assert len(msgspec.msgpack.encode(of_size(size))) == MAX_ENTITY_BYTES
    datastore.put_all(of_size(size))
    with pytest.raises(RequestTooLargeError, match="has 1048573 bytes; at most 1048572"):
        datastore.put_all(of_size(size + 1))


def test_a_path_has_at_most_100_elements(datastore):
    path = [item for number in range(1, 101) for item in ("A", number)]
    datastore.put_all(entity(tuple(path), n=1))
    assert datastore.get_one(key(*path)).properties[0].values == (1,)
    longer = msgspec.msgpack.encode(key(*path, "A", 101))
    with pytest.raises(msgspec.ValidationError, match="length <= 200"):
        msgspec.msgpack.decode(longer, type=Key)


def keys_of(count):
    return tuple(key("A", number) for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("make", "bound"),
    [
        (lambda n: PutRequest(entities=tuple(entity(place) for place in keys_of(n))), 500),
        (lambda n: DeleteRequest(keys=keys_of(n)), 500),
        (lambda n: GetRequest(keys=keys_of(n)), 1000),
        (lambda n: CommitRequest(reads={}, deletes=keys_of(n)), 500),
        (lambda n: CommitRequest(reads=dict.fromkeys(keys_of(n), 1)), 25),
        (
            lambda n: CommitRequest(
                reads={}, actions=(Action(service="a", method="b", message=b""),) * n
            ),
            5,
        ),
    ],
)
def test_a_message_holds_so_many_items_and_no_more(make, bound):
    """Decoding is the judge: what an instance sends beyond it costs the instance its life."""
    good = make(bound)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(good), type=type(good)) == good
    with pytest.raises(msgspec.ValidationError, match=f"length <= {bound}"):
        msgspec.msgpack.decode(msgspec.msgpack.encode(make(bound + 1)), type=type(good))


def test_a_property_stands_once_in_an_entity(datastore):
    twice = Entity(key("A", 1), (Property("n", (1,)), Property("n", (2,))))
    with pytest.raises(BadRequestError, match="the property 'n' stands twice"):
        datastore.put_all(twice)


def test_an_exploding_index_refuses_the_entity(datastore):
    datastore.put_all(entity(("A", 1), x=[1], y=[1]))
    assert datastore.ids("A", ("x", "=", 1), orders=("y",)) == [1]
    with pytest.raises(BadRequestError, match="exploding index"):
        datastore.put_all(entity(("A", 2), x=list(range(150)), y=list(range(150))))
    assert datastore.ids("A") == [1]


def test_long_strings_that_differ_in_the_last_byte_are_told_apart(datastore):
    names = [("x" * 1499) + last for last in "cab"] + ["x" * 1000, "x" * 990 + "\0"]
    datastore.put_all(*(entity(("A", n), s=s, t=s) for n, s in enumerate(names, start=1)))
    upwards = [5, 4, 2, 3, 1]
    assert datastore.ids("A", orders=("s",), batch_size=1) == upwards
    assert datastore.ids("A", orders=("-s",), batch_size=1) == upwards[::-1]
    assert datastore.ids("A", ("s", "=", names[1])) == [2]
    assert datastore.ids("A", ("s", ">", names[1])) == [3, 1]
    assert datastore.ids("A", ("s", "=", names[2]), ("t", "=", names[2]), orders=("-s",)) == [3]
    assert datastore.ids("A", ("s", "=", names[2]), orders=("t",)) == [3]
