"""What App Engine's documentation promises of metadata queries, one sentence one test.

Source: App Engine, "Metadata Queries".
"""

import pytest

from appengine.datastore.service import (
    BadRequestError,
    Binary,
    Entity,
    Meaning,
    Meant,
    Point,
    Property,
    Reference,
    User,
    VersionsRequest,
)
from tests.datastore.serving import entity, key


@pytest.fixture
def datastore(anywhere):
    return anywhere


def paths(found):
    return [item.key.path for item in found]


def test_each_namespace_that_holds_an_entity_is_listed_and_the_default_one_is_the_id_1(datastore):
    datastore.put_all(
        entity(("A", 1)),
        entity(key("A", 1, namespace="n")),
        entity(key("A", 1, namespace="m")),
        entity(key("A", 2, namespace="gone")),
    )
    datastore.delete_all(key("A", 2, namespace="gone"))
    names = [("__namespace__", name) for name in (1, "m", "n")]
    assert paths(datastore.find("__namespace__")) == names
    after = ("__key__", ">", Reference(key("__namespace__", 1)))
    assert paths(datastore.find("__namespace__", after)) == names[1:]


def test_the_kinds_of_a_namespace_are_those_of_its_entities(datastore):
    datastore.put_all(entity(("B", 1)), entity(("A", 1)), entity(key("C", 1, namespace="n")))
    assert paths(datastore.find("__kind__")) == [("__kind__", "A"), ("__kind__", "B")]
    assert paths(datastore.find("__kind__", namespace="n")) == [("__kind__", "C")]
    datastore.delete_all(key("A", 1))
    assert paths(datastore.find("__kind__")) == [("__kind__", "B")]
    assert paths(datastore.find("__kind__", offset=1)) == []


def test_kinds_come_in_batches_between_cursors(datastore):
    datastore.put_all(*(entity((f"K{number}", 1)) for number in range(7)))
    found = datastore.find("__kind__", batch_size=2, offset=1, limit=5)
    assert [item.key.path[1] for item in found] == ["K1", "K2", "K3", "K4", "K5"]


def test_a_property_tells_the_types_of_its_indexed_values(datastore):
    datastore.put_all(
        entity(("A", 1), p=None, q=1, r="x", s=[True, 1.5]),
        entity(("A", 2), p=Point(1.0, 2.0), q=User("a@b", "c"), r=Reference(key("A", 1))),
        Entity(key("A", 3), (Property("hidden", (1,), indexed=False),)),
        entity(("A", 4), hidden=Meant(Meaning.TEXT, "x"), e=[]),
        entity(("A", 5), r=Binary(Meaning.BYTES, b"x"), q=Meant(Meaning.WHEN, 2**62)),
        entity(("B", 1), other=1),
    )
    found = datastore.find("__property__", ancestor=key("__kind__", "A"))
    types = {item.key.path[3]: item.properties[0].values for item in found}
    assert types == {
        "e": ("NULL",),
        "p": ("NULL", "POINT"),
        "q": ("INT64", "USER"),
        "r": ("STRING", "REFERENCE"),
        "s": ("BOOLEAN", "DOUBLE"),
    }
    keys = datastore.find("__property__", keys_only=True)
    assert paths(keys) == [
        *(("__kind__", "A", "__property__", name) for name in "epqrs"),
        ("__kind__", "B", "__property__", "other"),
    ]
    first = ("__key__", ">=", Reference(key("__kind__", "A", "__property__", "r")))
    assert [item.key.path[3] for item in datastore.find("__property__", first)] == [
        "r",
        "s",
        "other",
    ]


def test_an_entity_groups_version_grows_with_each_commit(datastore):
    where = key("A", 1, "__entity_group__", 1)

    def version():
        return datastore.get_one(where).properties[0].values[0]

    first = version()
    datastore.put_all(entity(("A", 1)))
    second = version()
    datastore.delete_all(key("A", 1, "B", 5))
    assert first < second < version()
    assert datastore.get_one(key("A", 1, "__entity_group__", 2)) is None


def test_a_transaction_sees_the_version_of_its_own_moment(datastore):
    datastore.put_all(entity(("A", 1), n=1))
    where, root = key("A", 1, "__entity_group__", 1), key("A", 1)
    versions = datastore.versions(VersionsRequest(keys=(root,))).versions
    datastore.put_all(entity(("A", 1), n=2))
    seen = datastore.get_one(where, versions=versions)
    assert seen.properties[0].values == (versions[root],)


def test_metadata_is_read_by_key_too(datastore):
    datastore.put_all(entity(("A", 1), n=1))
    for path in (("__kind__", "A"), ("__namespace__", 1), ("__kind__", "A", "__property__", "n")):
        assert datastore.get_one(key(*path)).key.path == path
    for path in (("__kind__", "B"), ("__namespace__", "n"), ("__kind__", "A", "__property__", "m")):
        assert datastore.get_one(key(*path)) is None


@pytest.mark.parametrize(
    ("kind", "wanted", "options", "text"),
    [
        ("__kind__", [("a", "=", 1)], {}, "Only comparison filters on __key__"),
        ("__kind__", [], {"orders": ("-__key__",)}, "Only ascending order on __key__"),
        ("__kind__", [], {"projection": ("a",)}, "Only comparison filters on __key__"),
        ("__kind__", [], {"ancestor": key("A", 1)}, "ancestor queries on __kind__ not allowed"),
        ("__property__", [], {"ancestor": key("A", 1)}, "invalid Key for __property__ table"),
        (
            "__kind__",
            [("__key__", ">", Reference(key("A", "a")))],
            {},
            "invalid Key for __kind__ table",
        ),
        (
            "__namespace__",
            [("__key__", ">", Reference(key("__namespace__", 2)))],
            {},
            "invalid Key for __namespace__ table",
        ),
        ("__entity_group__", [], {}, "queries not supported on __entity_group__"),
        (
            "__property__",
            [],
            {"ancestor": key("__kind__", "A"), "versions": {}},
            "transactional queries on __property__ not allowed",
        ),
    ],
)
def test_what_metadata_cannot_be_asked_for_is_refused(datastore, kind, wanted, options, text):
    with pytest.raises(BadRequestError, match=text):
        datastore.find(kind, *wanted, **options)


def test_metadata_is_not_written(datastore):
    for path in (("__kind__", "A"), ("A", 1, "__entity_group__", 1)):
        with pytest.raises(BadRequestError, match="is reserved"):
            datastore.put_all(entity(path))
        with pytest.raises(BadRequestError, match="is reserved"):
            datastore.delete_all(key(*path))
