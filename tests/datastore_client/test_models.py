"""Models: their properties, keys, and what is stored of them."""

from datetime import UTC, date, datetime, time

import pytest

from appengine import datastore
from appengine.datastore import db
from appengine.users.service import User

pytestmark = pytest.mark.usefixtures("pipe")


class Owner(db.Model):
    email = db.StringProperty()


class Pet(db.Model):
    name = db.StringProperty(required=True)
    type = db.StringProperty(choices=["cat", "dog"])
    story = db.StringProperty(multiline=True)
    weight = db.IntegerProperty(default=3)
    height = db.FloatProperty()
    spayed = db.BooleanProperty()
    born = db.DateProperty()
    fed = db.TimeProperty()
    made = db.DateTimeProperty(auto_now_add=True)
    changed = db.DateTimeProperty(auto_now=True)
    text = db.TextProperty()
    blob = db.BlobProperty()
    chip = db.ByteStringProperty()
    toys = db.StringListProperty()
    days = db.ListProperty(date)
    counts = db.ListProperty(int)
    kept = db.ListProperty(int, write_empty_list=True)
    keeper = db.UserProperty()
    owner = db.ReferenceProperty(Owner, collection_name="pets")
    mother = db.SelfReferenceProperty(collection_name="children")
    link = db.LinkProperty()
    email = db.EmailProperty()
    place = db.GeoPtProperty()
    rating = db.RatingProperty()
    tag = db.CategoryProperty()
    phone = db.PhoneNumberProperty()
    address = db.PostalAddressProperty()
    handle = db.IMProperty()
    secret = db.StringProperty(indexed=False)
    shout = db.ComputedProperty(lambda pet: pet.name.upper())
    stored_as = db.StringProperty(name="other")


class Loose(db.Expando):
    fixed = db.IntegerProperty()


VALUES = {
    "type": "cat",
    "story": "a\nb",
    "weight": 0,
    "height": 1.5,
    "spayed": False,
    "born": date(2009, 1, 2),
    "fed": time(1, 2, 3, 4),
    "text": db.Text("t"),
    "blob": db.Blob(b"\xff"),
    "chip": db.ByteString(b"\x00"),
    "toys": ["a", "b"],
    "days": [date(2009, 1, 2)],
    "counts": [1, 1, 2],
    "kept": [],
    "keeper": User("a@b"),
    "link": db.Link("http://x/"),
    "email": db.Email("a@b"),
    "place": db.GeoPt(1, 2),
    "rating": db.Rating(5),
    "tag": db.Category("c"),
    "phone": db.PhoneNumber("1"),
    "address": db.PostalAddress("x"),
    "handle": db.IM("xmpp", "a"),
    "secret": "s",
}


def test_every_property_comes_back_as_it_was():
    key = Pet(name="x", other="o", **VALUES).put()
    pet = db.get(key)
    for name, value in VALUES.items():
        assert getattr(pet, name) == value, name
        assert type(getattr(pet, name)) is type(value), name
    assert (pet.shout, pet.stored_as) == ("X", "o")


def test_what_is_not_given_has_its_default():
    pet = Pet(name="x")
    assert (pet.weight, pet.type, pet.toys) == (3, None, [])
    assert pet.toys is not Pet(name="y").toys


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"name": None}, "Property name is required"),
        ({"name": ""}, "Property name is required"),
        ({"type": "bird"}, r"Property type is 'bird'; must be one of \['cat', 'dog'\]"),
        ({"name": 5}, "Property name must be a str instance, not a int"),
        ({"name": "a\nb"}, "Property name is not multi-line"),
        ({"name": "x" * 1501}, "Property name is 1501 bytes long; it must be 1500 or less"),
        ({"name": "é" * 751}, "Property name is 1502 bytes long"),
        ({"weight": "x"}, "Property weight must be an int or long, not a str"),
        ({"weight": True}, "Property weight must be an int or long, not a bool"),
        ({"weight": 2**63}, "Property weight must fit in 64 bits"),
        ({"height": 1}, "Property height must be a float"),
        ({"spayed": 1}, "Property spayed must be a bool"),
        ({"born": datetime(2009, 1, 1)}, "Property born must be a date, not a datetime"),
        ({"born": "x"}, "Property born must be a date, but was 'x'"),
        ({"fed": "x"}, "Property fed must be a time, but was 'x'"),
        ({"made": date(2009, 1, 1)}, "Property made must be a datetime, but was"),
        ({"text": 5}, "Property text must be convertible to a Text instance"),
        ({"blob": "x"}, "Property blob must be convertible to a Blob instance"),
        ({"chip": "x"}, "Property chip must be convertible to a ByteString instance"),
        ({"chip": b"x" * 1501}, "Property chip is 1501 bytes long"),
        ({"toys": "a"}, "Property toys must be a list"),
        ({"toys": None}, "Property toys is required"),
        ({"toys": ["a", 1]}, "Items in the toys list must all be str instances"),
        ({"counts": [True]}, "Items in the counts list must all be integers"),
        ({"counts": [None]}, "Items in the counts list must all be integers"),
        ({"keeper": "x"}, "Property keeper must be a User"),
        ({"link": "x"}, "Invalid URL: x"),
        ({"email": ""}, "email must not be empty"),
        ({"place": 5}, 'Expected a "lat,long" formatted string'),
        ({"rating": 500}, "from 0 to 100; received 500"),
        ({"rating": "x"}, "Property rating must be an int or long"),
        ({"owner": "x"}, "must be a Key or an instance of Owner"),
        ({"owner": Owner()}, "must have a complete key before it can be stored"),
        ({"mother": Owner(key_name="x")}, "Property mother must be an instance of Pet"),
    ],
)
def test_a_value_that_a_property_cannot_have_is_refused(properties, message):
    """Source: App Engine, "Property classes"."""
    with pytest.raises(db.BadValueError, match=message):
        Pet(**{"name": "x"} | properties)


def test_coercing_properties_make_their_type():
    pet = Pet(name="x", link="http://x/", place="1,2", rating=5, text="t", blob=b"b")
    assert [type(value) for value in (pet.link, pet.place, pet.rating, pet.text, pet.blob)] == [
        db.Link,
        db.GeoPt,
        db.Rating,
        db.Text,
        db.Blob,
    ]


def test_a_validator_may_refuse():
    def even(value):
        if value is not None and value % 2:
            raise db.BadValueError(f"{value} is odd")

    class Even(db.Model):
        number = db.IntegerProperty(validator=even)

    assert Even(number=2).number == 2
    with pytest.raises(db.BadValueError, match="3 is odd"):
        Even(number=3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: db.TextProperty(indexed=True), db.ConfigurationError, "indexed must be False"),
        (lambda: db.ListProperty(dict), ValueError, "Item type dict is not acceptable"),
        (lambda: db.ListProperty(5), TypeError, "Item type should be a type object"),
        (lambda: db.ListProperty(str, required=False), db.ConfigurationError, "must be True"),
        (lambda: db.UserProperty(default=3), TypeError, "default"),
        (lambda: db.ReferenceProperty(5), db.KindError, "reference_class must be Model"),
        (lambda: db.ReferenceProperty(dict), db.KindError, "reference_class must be Model"),
        (
            lambda: db.SelfReferenceProperty(reference_class=Pet),
            db.ConfigurationError,
            "Do not provide reference_class",
        ),
    ],
)
def test_options_that_a_property_cannot_have_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("attributes", "error", "message"),
    [
        ({"put": db.StringProperty()}, db.ReservedWordError, "using reserved word 'put'"),
        ({"__x__": db.StringProperty()}, db.ReservedWordError, "are reserved"),
        (
            {"r": db.ReferenceProperty(Owner), "s": db.ReferenceProperty(Owner)},
            db.DuplicatePropertyError,
            "Class Owner already has property clash_set",
        ),
    ],
)
def test_names_that_a_model_cannot_have_are_refused(attributes, error, message):
    with pytest.raises(error, match=message):
        type("Clash", (db.Model,), attributes)


def test_a_property_is_defined_once():
    with pytest.raises(db.DuplicatePropertyError, match="Duplicate property: name"):
        type("Cat", (Pet,), {"name": db.StringProperty()})
    first = type("First", (db.Model,), {"same": db.StringProperty()})
    second = type("Second", (db.Model,), {"same": db.StringProperty()})
    with pytest.raises(db.DuplicatePropertyError, match="inherited from both First and Second"):
        type("Both", (first, second), {})


def test_a_subclass_has_the_properties_above_it_and_its_own_kind():
    class Kitten(Owner):
        age = db.IntegerProperty()

    assert list(Kitten.properties()) == ["email", "age"]
    assert Kitten.kind() == "Kitten"
    assert db.class_for_kind("Kitten") is Kitten
    with pytest.raises(db.KindError, match="No implementation for kind 'Unheard'"):
        db.class_for_kind("Unheard")


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
