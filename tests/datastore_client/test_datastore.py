"""The plain entities and calls, against the real server."""

import pytest

from appengine import datastore
from appengine.datastore import datastore_types as types
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadKeyError,
    BadRequestError,
    BadValueError,
    EntityNotFoundError,
)
from appengine.datastore.datastore_types import Key
from appengine.rpc import namespace_manager
from appengine.users.service import User

pytestmark = pytest.mark.usefixtures("pipe")


def make(name=None, kind="Pet", parent=None, unindexed=(), **properties):
    entity = datastore.Entity(kind, name=name, parent=parent, unindexed_properties=unindexed)
    entity.update(properties)
    return entity


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kind": 5}, BadArgumentError, "kind should be a string"),
        ({"kind": ""}, BadArgumentError, "kind must not be empty"),
        ({"name": "n", "id": 4}, BadArgumentError, "Cannot set both name and id"),
        ({"name": ""}, BadValueError, "name must not be empty"),
        ({"id": 0}, BadValueError, "id must not be 0"),
        ({"id": -4}, BadValueError, "id must not be negative"),
        ({"id": "x"}, BadValueError, "id should be an integer"),
        ({"parent": 5}, BadArgumentError, "Expects argument to be an Entity or Key"),
        ({"unindexed_properties": "x"}, BadArgumentError, "must be a sequence"),
        ({"unindexed_properties": [5]}, BadArgumentError, "received 5"),
        ({"foo": 3}, BadArgumentError, "Excess keyword arguments {'foo': 3}"),
    ],
)
def test_an_entity_is_made_of_sound_parts(arguments, error, message):
    with pytest.raises(error, match=message):
        datastore.Entity(**{"kind": "Pet"} | arguments)


def test_an_incomplete_key_is_no_parent():
    with pytest.raises(BadKeyError, match="is not complete"):
        datastore.Entity("Pet", parent=datastore.Entity("Pet"))


def test_an_entity_is_not_copied():
    with pytest.raises(NotImplementedError, match="does not support the copy"):
        make().copy()


def test_a_property_holds_known_types_only():
    entity = make()
    with pytest.raises(BadValueError, match="Unsupported type for property z"):
        entity["z"] = object()
    with pytest.raises(BadValueError, match="Unsupported type for property z"):
        entity.update({"z": {}})
    assert entity.setdefault("n", 5) == 5
    assert entity.setdefault("n", 6) == 5


@pytest.mark.parametrize(
    "value",
    [
        "text",
        5,
        2.5,
        True,
        None,
        [],
        [1, "a", None],
        types.ByteString(b"\x00"),
        types.Blob(b"\xff"),
        types.Text("long"),
        types.Rating(3),
        types.GeoPt(1, 2),
        types.IM("xmpp", "a"),
        types.BlobKey("x"),
        types.Link("http://a/"),
        types.Category("c"),
        types.PhoneNumber("1"),
        types.PostalAddress("x"),
        types.timestamp_to_datetime(5),
        User("a@b"),
        Key.from_path("A", 1, _app="guestbook"),
        types.EmbeddedEntity(b"x"),
    ],
    ids=repr,
)
def test_a_stored_value_comes_back_as_it_was(value):
    key = datastore.put(make("x", value=value))
    back = datastore.get(key)["value"]
    assert back == value
    assert type(back) is type(value)


def test_a_user_comes_back_with_id():
    key = datastore.put(make("x", owner=User("a@b", "gmail.com", "42")))
    assert datastore.get(key)["owner"].user_id() == "42"


def test_one_key_gives_one_entity_and_several_give_a_list():
    key = datastore.put(make("x", n=1))
    assert datastore.get(key) == {"n": 1}
    assert datastore.get(str(key)) == {"n": 1}
    assert datastore.get([key, Key.from_path("Pet", "none")]) == [{"n": 1}, None]
    assert datastore.get([]) == []
    with pytest.raises(EntityNotFoundError, match="none"):
        datastore.get(Key.from_path("Pet", "none"))


@pytest.mark.parametrize("call", [datastore.get, datastore.delete])
def test_a_call_takes_keys(call):
    with pytest.raises(BadArgumentError, match=r"instance or iterable of .*; received 5 \(a int\)"):
        call(5)
    with pytest.raises(BadArgumentError, match=r"Expected one of .*; received 5 \(a int\)"):
        call([Key.from_path("Pet", 1), 5])
    with pytest.raises(BadKeyError, match="is not complete"):
        call(Key.from_path("Pet", 0))
    with pytest.raises(BadKeyError, match="Invalid string key"):
        call("garbage")


def test_a_put_takes_entities():
    with pytest.raises(BadArgumentError, match="instance or iterable of"):
        datastore.put(5)
    with pytest.raises(BadArgumentError, match=r"Expected one of \(Entity\)"):
        datastore.put([make(), Key.from_path("Pet", 1)])
    assert datastore.put([]) == []


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (("A", 1, {"_app": "other"}), 'app "guestbook" cannot access app "other"'),
        (("A", -4, {}), "the id of a key is positive; received -4"),
        (("A" * 501, 1, {}), "1 to 500 bytes"),
        (("A", "é" * 251, {}), "1 to 500 bytes"),
        ((*(("A", 1) * 101), {}), "at most 100 elements; received 101"),
    ],
)
def test_a_key_that_nothing_can_have_is_refused(key, message):
    """Source: App Engine, "Quotas and limits"."""
    *path, options = key
    with pytest.raises(BadRequestError, match=message):
        datastore.get(Key.from_path(*path, **options))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"__p__": 1}, "reserved property name '__p__'"),
        ({"p" * 501: 1}, "at most 500 bytes"),
        ({"p": "\ud800"}, "not valid UTF-8"),
    ],
)
def test_a_property_that_cannot_be_stored_is_refused(properties, message):
    with pytest.raises(BadRequestError, match=message):
        datastore.put(make("x", **properties))


def test_an_indexed_text_has_at_most_1500_bytes():
    """Source: App Engine, "Properties and value types"."""
    datastore.put(make("x", p="x" * 1500))
    with pytest.raises(BadRequestError, match="1500"):
        datastore.put(make("x", p="x" * 1501))
    datastore.put(make("x", p="x" * 1501, unindexed=["p"]))
    assert len(datastore.get(Key.from_path("Pet", "x"))["p"]) == 1501


def test_entities_without_name_get_ids():
    entity = make()
    assert not entity.is_saved()
    key = datastore.put(entity)
    assert entity.is_saved()
    assert entity.key() == key
    assert isinstance(key.id(), int)


def test_any_number_of_entities_is_put_read_and_deleted_at_once():
    keys = datastore.put([make() for _ in range(1100)])
    assert len(set(keys)) == 1100
    assert datastore.get(keys).count(None) == 0
    datastore.delete(keys)
    assert datastore.get(keys).count(None) == 1100


def test_large_entities_are_sent_in_several_calls(pipe):

    keys = datastore.put([make(blob=types.Blob(bytes(10**6))) for _ in range(20)])
    assert pipe.called.count("put") == 3
    assert len(datastore.get(keys)) == 20


def test_more_than_an_answer_can_hold_is_read_in_parts(pipe):

    keys = datastore.put([make(blob=types.Blob(bytes(10**6))) for _ in range(35)])
    assert [len(entity["blob"]) for entity in datastore.get(keys)] == [10**6] * 35
    assert pipe.called.count("get") == 3


def test_the_last_of_two_entities_with_one_key_stays():
    key = datastore.put([make("x", n=1), make("x", n=2)])[0]
    assert datastore.get(key) == {"n": 2}


def test_calls_may_be_under_way_together():
    puts = [datastore.put_async(make(str(number), n=number)) for number in range(3)]
    keys = [operation.get_result() for operation in puts]
    gets = [datastore.get_async(key) for key in keys]
    assert [operation.get_result()["n"] for operation in gets] == [0, 1, 2]
    datastore.delete_async(keys).check_success()
    operation = datastore.get_async(keys[0])
    with pytest.raises(EntityNotFoundError):
        operation.get_result()
    with pytest.raises(EntityNotFoundError):
        operation.check_success()


def test_who_asked_is_told_when_the_result_is_there():
    told = []
    operation = datastore.put_async(make("x"), on_completion=told.append)
    operation.wait()
    operation.wait()
    assert told == [operation]


def test_ids_are_reserved_in_ranges():
    model = Key.from_path("Pet", 1)
    first, last = datastore.allocate_ids(model, 10)
    assert last - first == 9
    assert datastore.allocate_ids(model, 1)[0] > last
    _, end = datastore.allocate_ids(model, max=last + 100)
    assert end == last + 100
    assert datastore.allocate_ids(model, max=5) == (end + 1, end)
    assert datastore.put(make()).id() not in range(first, end + 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 3, "max": 3}, "using both size and max"),
        ({}, "without size and max"),
        ({"size": 0}, "less than 1 id; received 0"),
        ({"size": "x"}, "size should be an integer"),
        ({"size": 10**9 + 1}, "more than 1000000000 ids at a time"),
        ({"max": 2**63}, "below 2"),
    ],
)
def test_a_range_of_ids_has_a_size(arguments, message):
    with pytest.raises(BadArgumentError, match=message):
        datastore.allocate_ids(Key.from_path("Pet", 1), **arguments)


def test_namespaces_are_apart():
    namespace_manager.set_namespace("one")
    key = datastore.put(make("x", n=1))
    namespace_manager.set_namespace("two")
    assert datastore.Query("Pet").count() == 0
    assert datastore.get(key) == {"n": 1}
    assert datastore.Query("Pet", namespace="one").count() == 1


def test_an_entity_shows_as_xml():
    entity = make("e", kind="A", x=1, y=types.Text("<e>"), z=[1, None])
    lines = entity.ToXml().splitlines()
    assert lines[0] == f'<entity kind="A" key="{entity.key()}">'
    assert lines[2:] == [
        '  <property name="x" type="int">1</property>',
        '  <property name="y" type="text">&lt;e&gt;</property>',
        '  <property name="z" type="int">1</property>',
        '  <property name="z" type="null"></property>',
        "</entity>",
    ]
