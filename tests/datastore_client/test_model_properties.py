"""Properties: what they take, and what comes back."""

from datetime import date, datetime, time

import pytest

from appengine.datastore import db
from appengine.users.service import User
from tests.datastore_client.pets import Owner, Pet

pytestmark = pytest.mark.usefixtures("pipe")


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


def test_a_property_is_told_of_its_class_when_the_class_is_made():
    """Once, with the attribute's name; a subclass does not tell again what it inherits."""
    told = []

    class Telling(db.StringProperty):
        def __property_config__(self, model_class, property_name):
            super().__property_config__(model_class, property_name)
            told.append((model_class.__name__, property_name))

    class Parcel(db.Model):
        sender = Telling(name="from")

    class Letter(Parcel):
        stamp = Telling()

    assert told == [("Parcel", "sender"), ("Letter", "stamp")]
    assert sorted(Letter.properties()) == ["sender", "stamp"]
    assert db.class_for_kind("Letter") is Letter


def test_a_kinds_class_is_the_one_that_was_made_last():
    class Crate(db.Model):
        first = db.IntegerProperty()

    class Crate(db.Model):  # noqa: F811  # an application that is loaded anew does so
        second = db.IntegerProperty()

    assert db.class_for_kind("Crate") is Crate
    with pytest.raises(db.KindError):
        db.class_for_kind("NoSuchKind")
