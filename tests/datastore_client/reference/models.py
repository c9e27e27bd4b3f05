"""Models: their properties, instances and references."""

import datetime
import pickle

from google.appengine.api import datastore, users
from google.appengine.ext import db
from google.appengine.ext.db import polymodel

from .expecting import refusal


class Owner(db.Model):
    name = db.StringProperty()


class Animal(db.Model):
    name = db.StringProperty(required=True)
    story = db.StringProperty(multiline=True)
    age = db.IntegerProperty(default=3)
    owner = db.ReferenceProperty(Owner, collection_name="animals")
    friend = db.SelfReferenceProperty()


class Loose(db.Expando):
    fixed = db.IntegerProperty()


class Shape(polymodel.PolyModel):
    name = db.StringProperty()


class Round(Shape):
    radius = db.IntegerProperty()


def keep(cls, value, **options):
    """Returns what comes back of a value that a property stores."""
    model = type("Kept", (db.Model,), {"p": cls(**options)})
    return db.get(model(p=value).put()).p


def a_string_has_no_line_break_unless_multiline():
    with refusal(db.BadValueError, "multi-line"):
        keep(db.StringProperty, "a\nb")
    assert keep(db.StringProperty, "a\nb", multiline=True) == "a\nb"


def texts_and_blobs_have_their_types_and_no_limit_of_their_own():
    assert type(keep(db.TextProperty, "x" * 100_000)) is db.Text
    assert type(keep(db.BlobProperty, db.Blob(b"\0\xff" * 50_000))) is db.Blob
    assert type(keep(db.ByteStringProperty, db.ByteString(b"\xff"))) is db.ByteString


def numbers_are_of_their_own_type():
    assert keep(db.IntegerProperty, 2**63 - 1) == 2**63 - 1
    assert keep(db.FloatProperty, 1.5) == 1.5
    assert keep(db.BooleanProperty, True) is True
    for cls, bad in (
        (db.IntegerProperty, True), (db.IntegerProperty, 2**63), (db.IntegerProperty, 1.5),
        (db.FloatProperty, "1"), (db.BooleanProperty, 1),
    ):  # fmt: skip
        with refusal(db.BadValueError):
            keep(cls, bad)


def auto_now_is_each_put_and_auto_now_add_the_first():
    made, seen = db.DateTimeProperty(auto_now_add=True), db.DateTimeProperty(auto_now=True)
    model = type("Timed", (db.Model,), {"made": made, "seen": seen})
    first = db.get(model().put())
    again = db.get(first.put())
    assert again.made == first.made
    assert again.seen >= first.seen
    assert abs(datetime.datetime.utcnow() - again.seen) < datetime.timedelta(minutes=5)


def dates_and_times_are_dates_and_times():
    assert keep(db.DateProperty, datetime.date(2008, 4, 7)) == datetime.date(2008, 4, 7)
    assert keep(db.TimeProperty, datetime.time(1, 2, 3)) == datetime.time(1, 2, 3)
    with refusal(db.BadValueError):
        keep(db.DateProperty, datetime.datetime(2008, 4, 7, 1))


def a_list_is_of_one_type_and_never_none():
    assert keep(db.ListProperty, [3, 1, 3], item_type=int) == [3, 1, 3]
    assert keep(db.StringListProperty, ["b", "a"]) == ["b", "a"]
    assert type("Empty", (db.Model,), {"p": db.ListProperty(int)})().p == []
    for bad in (None, [None], ["x"], 5):
        with refusal(db.BadValueError):
            keep(db.ListProperty, bad, item_type=int)


def every_type_can_be_in_a_list():
    for kind, value in (
        (bool, True), (int, 1), (float, 1.5), (str, "x"), (db.Text, db.Text("x")),
        (db.Blob, db.Blob(b"x")), (datetime.datetime, datetime.datetime(2008, 4, 7)),
        (db.Key, db.Key.from_path("A", 1)), (db.Category, db.Category("c")),
        (db.Link, db.Link("http://a/")), (db.Email, db.Email("a@b")), (db.GeoPt, db.GeoPt(1, 2)),
        (db.IM, db.IM("xmpp", "a")), (db.PhoneNumber, db.PhoneNumber("1")),
        (db.PostalAddress, db.PostalAddress("p")), (db.Rating, db.Rating(5)),
        (users.User, users.User("a@b.c")), (db.BlobKey, db.BlobKey("k")),
    ):  # fmt: skip
        (found,) = keep(db.ListProperty, [value], item_type=kind)
        assert (type(found), found) == (type(value), value)


def properties_of_a_type_make_it_of_what_they_are_given():
    for cls, given, made in (
        (db.EmailProperty, "a@b", db.Email("a@b")),
        (db.CategoryProperty, "c", db.Category("c")),
        (db.LinkProperty, "http://a/b", db.Link("http://a/b")),
        (db.PhoneNumberProperty, "1", db.PhoneNumber("1")),
        (db.PostalAddressProperty, "p", db.PostalAddress("p")),
        (db.IMProperty, "xmpp a@b", db.IM("xmpp", "a@b")),
        (db.GeoPtProperty, "1.5,-2", db.GeoPt(1.5, -2)),
        (db.RatingProperty, 5, db.Rating(5)),
    ):
        found = keep(cls, given)
        assert (type(found), found) == (type(made), made)
    for cls, bad in (
        (db.LinkProperty, "no link"), (db.RatingProperty, 101), (db.RatingProperty, -1),
        (db.GeoPtProperty, "91,0"),
    ):  # fmt: skip
        with refusal(db.BadValueError):
            keep(cls, bad)


def all_properties_have_the_same_options():
    def refuse_zero(value):
        if value == 0:
            raise db.BadValueError("zero")

    prop = db.IntegerProperty(
        "A number", name="stored", default=1, required=True, validator=refuse_zero,
        choices=[0, 1, 2], indexed=False,
    )  # fmt: skip
    model = type("Opted", (db.Model,), {"p": prop})
    place = model(stored=2).put()  # observed: by the name that it is stored under
    assert (prop.verbose_name, prop.name, model().p) == ("A number", "stored", 1)
    assert (db.get(place).p, dict(datastore.Get(place))) == (2, {"stored": 2})
    assert datastore.Query("Opted", {"stored =": 2}).Count() == 0
    for bad in (None, 0, 3):
        with refusal(db.BadValueError):
            model(stored=bad)


def a_property_of_ones_own_converts_on_the_way_in_and_out():
    class PickleProperty(db.Property):
        data_type = db.Blob

        def get_value_for_datastore(self, model_instance):
            return db.Blob(pickle.dumps(super().get_value_for_datastore(model_instance)))

        def make_value_from_datastore(self, value):
            return pickle.loads(value)

    assert keep(PickleProperty, {"a": [1, 2]}) == {"a": [1, 2]}


def a_computed_value_is_stored_and_not_set():
    class Named(db.Model):
        name = db.StringProperty()

        @db.ComputedProperty
        def lower(self):
            return self.name.lower()

    Named(name="TOM").put()
    assert Named.all().filter("lower =", "tom").get().name == "TOM"
    with refusal(db.DerivedPropertyError):
        Named().lower = "x"


def a_reference_is_fetched_when_it_is_read_and_kept():
    owner = Owner(name="Ann").put()
    animal = db.get(Animal(name="Tom", owner=owner).put())
    assert animal.owner.name == "Ann"
    assert animal.owner is animal.owner
    assert Animal.owner.get_value_for_datastore(animal) == owner
    with refusal(db.KindError):
        Animal(name="x", owner=Animal(name="y", key_name="y"))
    with refusal(db.BadValueError):
        Animal(name="x", owner=Owner())


def what_is_referred_to_has_a_query_for_those_that_refer():
    owner = Owner(name="Ann", key_name="ann")
    owner.put()
    first = Animal(name="Tom", owner=owner)
    first.put()
    Animal(name="Rex", owner=owner, friend=first).put()
    assert sorted(animal.name for animal in owner.animals) == ["Rex", "Tom"]
    assert first.animal_set.get().name == "Rex"


def a_reference_may_be_to_anything_and_then_all_models_have_the_collection():
    """Source: observed."""
    ticket = type("Ticket", (db.Model,), {"subject": db.ReferenceProperty()})
    owner, animal = Owner(key_name="o"), Animal(key_name="a", name="a")
    places = db.put([owner, animal])
    for place in places:
        ticket(key_name=place.kind(), subject=place).put()
    assert type(ticket.get_by_key_name("Owner").subject) is Owner
    assert [found.key().name() for found in owner.ticket_set] == ["Owner"]
    assert [found.key().name() for found in animal.ticket_set] == ["Animal"]
    with refusal(db.DuplicatePropertyError, "already has property ticket2_set"):
        two = {"one": db.ReferenceProperty(), "other": db.ReferenceProperty()}
        type("Ticket2", (db.Model,), two)


def one_key_gives_one_and_several_give_a_list_with_none():
    keys = db.put([Animal(name="a", key_name="a"), Animal(name="b")])
    number = keys[1].id()
    assert Animal.get(keys[0]).name == Animal.get_by_key_name("a").name == "a"
    assert [x and x.name for x in Animal.get_by_key_name(["a", "z"])] == ["a", None]
    assert Animal.get_by_id(number).name == "b"
    assert [x and x.name for x in Animal.get_by_id([number, 1])] == ["b", None]
    assert Animal.get_by_id(1) is None


def an_instance_knows_whether_it_is_stored():
    animal = Animal(name="a")
    assert (animal.is_saved(), animal.has_key()) == (False, False)
    assert Animal(name="a", key_name="k").has_key()
    place = animal.put()
    assert (animal.is_saved(), animal.key(), animal.parent_key()) == (True, place, None)
    animal.delete()
    assert db.get(place) is None


def a_model_ignores_keywords_that_an_expando_keeps():
    assert not hasattr(Animal(name="a", nothing=1), "nothing")
    place = Loose(fixed=1, free="x").put()
    found = db.get(place)
    assert (found.fixed, found.free, found.dynamic_properties()) == (1, "x", ["free"])
    del found.free
    found.put()
    assert db.get(place).dynamic_properties() == []
    assert Loose.all().filter("free =", "x").get() is None


def a_polymodel_is_found_with_its_subclasses():
    db.put([Shape(name="s"), Round(name="r", radius=1)])
    assert [type(shape).__name__ for shape in Shape.all().order("name")] == ["Round", "Shape"]
    assert [shape.name for shape in Round.all()] == ["r"]
    assert [shape.name for shape in Shape.gql("WHERE name = 'r'")] == ["r"]
    assert (Round.kind(), Round.class_key(), Round.class_name()) == (
        "Shape", ("Shape", "Round"), "Round",
    )  # fmt: skip


def an_instance_shows_as_a_dictionary_and_as_xml():
    animal = Animal(name="a<b", key_name="k", age=1)
    assert db.to_dict(animal)["name"] == "a<b"
    text = animal.to_xml()
    assert '<property name="name" type="string">a&lt;b</property>' in text
    assert '<entity kind="Animal" key="' in text


def calls_may_be_under_way_together():
    puts = [db.put_async(Animal(name=name, key_name=name)) for name in "abc"]
    keys = [rpc.get_result() for rpc in puts]
    gets = [db.get_async(key) for key in keys]
    assert [rpc.get_result().name for rpc in gets] == ["a", "b", "c"]
    db.delete_async(keys).get_result()
    assert db.get(keys) == [None] * 3
    assert db.allocate_ids_async(keys[0], 2).get_result()[0] >= 1


def references_are_fetched_together_by_their_keys():
    owners = db.put([Owner(name=name) for name in "ab"])
    animals = [Animal(name="x", owner=owner) for owner in owners]
    db.put(animals)
    keys = [Animal.owner.get_value_for_datastore(animal) for animal in Animal.all()]
    assert sorted(owner.name for owner in db.get(keys)) == ["a", "b"]


def a_kind_has_the_class_that_was_made_last():
    later = type("Animal", (db.Model,), {"name": db.StringProperty()})
    assert db.class_for_kind("Animal") is later
    with refusal(db.KindError):
        db.class_for_kind("NoKind")
