"""Models: their keys, and what is stored of them."""

from datetime import UTC, datetime

import pytest

from appengine import datastore
from appengine.datastore import db
from appengine.users.service import User
from tests.datastore_client.pets import Loose, Owner, Pet

pytestmark = pytest.mark.usefixtures("pipe")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"key_name": ""}, db.BadKeyError, "Name cannot be empty"),
        ({"key_name": 5}, db.BadKeyError, "Name must be string type, not int"),
        ({"parent": 5}, TypeError, r"Expected Model type; received 5 \(is int\)"),
        ({"parent": Owner()}, db.BadValueError, "before it can be used as a parent"),
        ({"key": 5}, TypeError, "Expected Key type; received 5"),
    ],
)
def test_an_instance_has_a_sound_key(arguments, error, message):
    with pytest.raises(error, match=message):
        Owner(**arguments)


def test_a_key_says_it_all():
    key = db.Key.from_path("Owner", 5)
    assert Owner(key=key).key() == key
    assert not Owner(key=key).is_saved()
    with pytest.raises(db.BadKeyError, match="Expected Key kind to be Owner; received X"):
        Owner(key=db.Key.from_path("X", 5))
    with pytest.raises(db.BadArgumentError, match="key and key_name at the same time"):
        Owner(key=key, key_name="x")
    with pytest.raises(db.BadArgumentError, match="key and parent at the same time"):
        Owner(key=key, parent=key)


def test_before_it_is_stored_an_instance_may_have_no_key():
    owner = Owner()
    assert not owner.has_key()
    for use in (owner.key, owner.delete, lambda: db.delete(owner), lambda: owner.pets):
        with pytest.raises(db.NotSavedError):
            use()
    key = owner.put()
    assert (owner.key(), owner.has_key(), owner.is_saved()) == (key, True, True)
    assert Owner(key_name="n").key() == db.Key.from_path("Owner", "n")


def test_a_deleted_instance_may_be_put_again():
    owner = Owner(email="x")
    key = owner.put()
    owner.delete()
    assert not owner.is_saved()
    assert db.get(key) is None
    assert owner.put() == key
    assert Owner.get(key).email == "x"


def test_a_child_knows_its_parent():
    owner = Owner(key_name="o")
    owner.put()
    child = Pet(parent=owner, name="x")
    key = child.put()
    assert key.parent() == owner.key()
    assert child.parent() is owner
    assert Pet.get(key).parent().key() == owner.key()
    assert Pet(parent=db.Key.from_path("Owner", "gone"), name="x").parent() is None
    assert (owner.parent(), owner.parent_key()) == (None, None)


def test_one_gives_one_and_several_give_a_list():
    keys = db.put([Owner(key_name="a"), Owner(key_name="b")])
    assert [owner.key() for owner in db.get(keys)] == keys
    assert Owner.get_by_key_name("a").key() == keys[0]
    assert [owner and owner.key() for owner in Owner.get_by_key_name(["b", "c"])] == [keys[1], None]
    assert Owner.get_by_id(5) is None
    assert Owner.get_by_id([5, 6]) == [None, None]
    assert Owner.get(str(keys[0])).key() == keys[0]
    db.delete(keys)
    assert db.get(keys) == [None, None]
    assert db.get([]) == Owner.get([]) == []


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: db.get(5), db.BadArgumentError),
        (lambda: db.get(None), db.BadArgumentError),
        (lambda: db.get([None]), db.BadArgumentError),
        (lambda: db.put(5), db.BadArgumentError),
        (lambda: db.delete(5), db.BadArgumentError),
        (lambda: db.get("garbage"), db.BadKeyError),
        (lambda: db.get(db.Key.from_path("Pet", 0)), db.BadKeyError),
        (lambda: Owner.get_by_id("x"), db.BadArgumentError),
        (lambda: Owner.get_by_key_name(5), db.BadArgumentError),
        (lambda: Owner.get_or_insert(""), db.BadValueError),
    ],
)
def test_calls_take_instances_keys_and_their_texts(call, error):
    with pytest.raises(error):
        call()


def test_a_model_gets_its_own_kind_only():
    key = Owner().put()
    with pytest.raises(db.KindError, match="Kind 'Owner' is not a subclass of kind 'Pet'"):
        Pet.get(key)


def test_get_or_insert_makes_what_is_not_there():
    first = Owner.get_or_insert("x", email="1")
    assert (first.email, Owner.get_or_insert("x", email="2").email) == ("1", "1")
    child = Pet.get_or_insert("c", parent=first, name="n")
    assert child.parent_key() == first.key()
    with pytest.raises(db.BadRequestError, match="Nested transactions"):
        db.run_in_transaction(Owner.get_or_insert, "y")


def test_auto_now_tells_the_last_put_and_auto_now_add_the_first():
    pet = Pet(name="x")
    made, changed = pet.made, pet.changed
    pet.put()
    assert pet.made == made
    assert pet.changed > changed
    stored = db.get(pet.key())
    assert (stored.made, stored.changed) == (made, pet.changed)
    assert stored.changed.tzinfo is None
    assert abs((datetime.now(UTC).replace(tzinfo=None) - stored.changed).total_seconds()) < 60


def test_a_user_may_be_who_is_signed_in(monkeypatch):
    class Note(db.Model):
        first = db.UserProperty(auto_current_user_add=True)
        last = db.UserProperty(auto_current_user=True)

    assert Note().first is None
    monkeypatch.setenv("USER_EMAIL", "a@b")
    note = Note()
    monkeypatch.setenv("USER_EMAIL", "c@d")
    note.put()
    assert (note.first, note.last) == (User("a@b"), User("c@d"))


def test_a_reference_is_fetched_when_it_is_read(pipe):
    owner = Owner(email="x")
    pet = Pet(name="x", owner=owner.put())
    pipe.called.clear()
    assert Pet.owner.get_value_for_datastore(pet) == owner.key()
    assert pipe.called == []
    assert pet.owner.email == "x"
    assert pet.owner is pet.owner
    assert pipe.called == ["get"]
    assert Pet(name="y", owner=owner).owner is owner
    pet.owner = None
    assert pet.owner is None


def test_a_reference_to_nothing_is_an_error_when_it_is_read():
    pet = Pet(name="x", owner=db.Key.from_path("Owner", "gone"))
    pet.put()
    with pytest.raises(db.ReferencePropertyResolveError, match=r"\['Owner', 'gone'\]"):
        _ = pet.owner


def test_the_referenced_model_has_a_query_for_those_that_refer_to_it():
    owner = Owner(key_name="o")
    owner.put()
    db.put([Pet(name=name, owner=owner) for name in ("x", "y")])
    assert [pet.name for pet in owner.pets.order("name")] == ["x", "y"]
    assert owner.pets.filter("name =", "y").count() == 1
    with pytest.raises(db.BadValueError, match="Virtual property is read-only"):
        owner.pets = []


def test_a_computed_value_is_stored_and_not_set():
    Pet(name="x").put()
    assert Pet.all().filter("shout =", "X").count() == 1
    with pytest.raises(db.DerivedPropertyError, match="Computed property shout cannot be set"):
        Pet(name="x").shout = "y"


def test_properties_are_stored_under_their_names():
    pet = Pet(name="x", other="o")
    stored = datastore.get(pet.put())
    assert stored["other"] == "o"
    assert "stored_as" not in stored
    assert "toys" not in stored  # an empty list stores nothing
    assert stored["kept"] == []
    assert {"secret", "text", "blob"} <= stored.unindexed_properties()


def test_a_stored_entity_is_checked_when_it_is_read():
    entity = datastore.Entity("Pet", name="x")
    entity["extra"] = 3
    datastore.put(entity)
    with pytest.raises(db.BadValueError, match="Property name is required"):
        Pet.get_by_key_name("x")
    entity["name"] = "n"
    datastore.put(entity)
    assert not hasattr(Pet.get_by_key_name("x"), "extra")
    entity["weight"] = "heavy"
    datastore.put(entity)
    with pytest.raises(db.BadValueError, match="Property weight must be an int"):
        Pet.get_by_key_name("x")


def test_an_expando_takes_any_property():
    loose = Loose(fixed=1, color="red", sizes=[1, 2])
    assert sorted(loose.dynamic_properties()) == ["color", "sizes"]
    stored = Loose.get(loose.put())
    assert (stored.fixed, stored.color, stored.sizes) == (1, "red", [1, 2])
    stored.color = "blue"
    del stored.sizes
    stored.put()
    assert db.to_dict(Loose.get(stored.key())) == {"fixed": 1, "color": "blue"}
    assert Loose.all().filter("color =", "blue").count() == 1


def test_an_expando_refuses_what_cannot_be_stored():
    loose = Loose()
    for value in (object(), Owner(key_name="x"), [{}]):
        with pytest.raises(TypeError, match="Expando cannot accept values of type"):
            loose.thing = value
    with pytest.raises(db.ReservedWordError):
        loose.put = 3
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = loose.nope
    with pytest.raises(AttributeError):
        del loose.nope
    loose._private = object()
    assert loose.dynamic_properties() == []


def test_an_instance_shows_as_dictionary_and_xml():
    assert db.to_dict(Owner(email="x")) == {"email": "x"}
    assert db.to_dict(Owner(email="x"), {"more": 1}) == {"more": 1, "email": "x"}
    assert '<property name="email" type="string">x</property>' in Owner(email="x").to_xml()


def test_ids_are_reserved_for_a_model():
    model = db.Key.from_path("Owner", 1)
    first, last = db.allocate_ids(model, 5)
    assert last - first == 4
    assert db.allocate_id_range(model, last + 10, last + 20) == db.KEY_RANGE_EMPTY
    assert db.allocate_id_range(model, last + 15, last + 30) == db.KEY_RANGE_CONTENTION
    Owner(key=db.Key.from_path("Owner", last + 50)).put()
    assert db.allocate_id_range(model, last + 40, last + 60) == db.KEY_RANGE_COLLISION
    with pytest.raises(db.BadArgumentError, match="cannot be less than start"):
        db.allocate_id_range(model, 20, 10)
    with pytest.raises(db.NotSavedError):
        db.allocate_ids(Owner(), 5)


def test_asynchronous_calls_return_operations():
    operation = db.put_async([Owner(key_name="a"), Owner(key_name="b")])
    keys = operation.get_result()
    assert [owner.key() for owner in db.get_async(keys).get_result()] == keys
    assert db.delete_async(keys).get_result() is None
    assert db.get_async(keys[0]).get_result() is None
