"""Values: their types, their order, lists and None."""

import datetime
import math

from google.appengine.api import datastore, datastore_types, users
from google.appengine.ext import db

from .expecting import refusal

MOMENT = datetime.datetime(2008, 4, 7, 12, 30, 1, 123456)


def all_types():
    return [
    None, True, 7, -(2**63), 2**63 - 1, 1.5, math.inf, -math.inf, "text", "", "\0", "é\U0001f600",
    db.Text("t" * 5000), db.Blob(b"\0\xff" * 3000), db.ByteString(b"\0\xff"), db.ByteString(b""),
    db.Category("c"), db.Link("http://a/b"), db.Email("a@b"), db.IM("xmpp", "a@b"),
    db.PhoneNumber("1"), db.PostalAddress("p"), db.Rating(5), db.GeoPt(1.5, -2.5),
    db.Key.from_path("A", 1), db.BlobKey("k"), MOMENT, datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    ]  # fmt: skip


class Thing(db.Expando):
    pass


class Dated(db.Model):
    made = db.DateTimeProperty()


def put(name, **properties):
    entity = datastore.Entity("Thing", name=name)
    entity.update(properties)
    return datastore.Put(entity)


def names(**filters):
    query = datastore.Query("Thing", {f"{k} =": v for k, v in filters.items()})
    return [entity.key().name() for entity in query.Run()]


def every_type_of_value_comes_back_as_it_was():
    for value in all_types():
        found = datastore.Get(put("x", p=value))["p"]
        assert (type(found), found) == (type(value), value), (value, found)
    user = users.User("a@b.c")
    assert datastore.Get(put("x", p=user))["p"] == user
    assert math.isnan(datastore.Get(put("x", p=math.nan))["p"])
    assert math.copysign(1, datastore.Get(put("x", p=-0.0))["p"]) == -1


def every_type_of_value_comes_back_from_a_list():
    values = [value for value in all_types() if not isinstance(value, db.Text | db.Blob)]
    assert datastore.Get(put("x", p=values))["p"] == values


def every_indexed_type_of_value_is_found():
    for number, value in enumerate(all_types()):
        if isinstance(value, db.Text | db.Blob):
            continue
        put(f"n{number}", p=value, q=number)
        assert f"n{number}" in names(p=value), value


def values_of_all_types_sort_in_one_order():
    order = [
        None, -3, 5, db.Rating(6), datetime.datetime(1970, 1, 1, 0, 0, 0, 7), 9999, False, True,
        db.ByteString(b"bs"), db.Category("cat"), "str", "é", -math.inf, 1.5, 38.0, db.GeoPt(1, 1),
        db.GeoPt(1, 2), users.User("a@b"), users.User("b@b"), db.Key.from_path("A", 1),
        db.Key.from_path("A", "x"),
    ]  # fmt: skip
    for number, value in enumerate(order):
        put(f"n{(number * 8) % len(order):02}", p=value, place=number)
    query = datastore.Query("Thing").Order("p")
    assert [entity["place"] for entity in query.Run()] == list(range(len(order)))
    query = datastore.Query("Thing").Order(("p", datastore.Query.DESCENDING))
    assert [entity["place"] for entity in query.Run(batch_size=3)] == list(range(len(order)))[::-1]


def not_a_number_sorts_before_numbers():
    put("b", p=-math.inf), put("c", p=0.0), put("a", p=math.nan)
    assert [e.key().name() for e in datastore.Query("Thing").Order("p").Run()] == ["a", "b", "c"]


def minus_zero_is_found_as_zero():
    put("a", p=-0.0)
    assert names(p=0.0) == ["a"]


def integers_have_64_bits():
    with refusal(db.BadValueError):
        put("a", p=2**63)
    with refusal(db.BadValueError):
        put("a", p=-(2**63) - 1)


def integers_and_floats_are_different_values():
    put("i", p=1), put("f", p=1.0)
    assert names(p=1) == ["i"]
    assert names(p=1.0) == ["f"]


def text_blobs_and_embedded_entities_are_in_no_index():
    put("t", p=db.Text("x")), put("b", p=db.Blob(b"x"))
    put("e", p=datastore_types.EmbeddedEntity(b"x"))
    assert datastore.Query("Thing").Order("p").Count() == 0
    assert names(p="x") == []
    assert datastore.Query("Thing").Count() == 3


def what_is_told_not_to_be_indexed_is_in_no_index():
    entity = datastore.Entity("Thing", name="u", unindexed_properties=["p"])
    entity["p"] = "x"
    datastore.Put(entity)
    assert names(p="x") == []
    assert datastore.Query("Thing").Order("p").Count() == 0

    class Marked(db.Model):
        p = db.StringProperty(indexed=False)

    with refusal(db.PropertyError, "is not indexed"):
        Marked.all().filter("p =", "x")


def an_entity_without_a_property_is_in_no_result_that_names_it():
    put("with", p=1), put("without", q=1)
    assert [e.key().name() for e in datastore.Query("Thing").Order("p").Run()] == ["with"]


def none_is_a_value_that_is_found():
    put("none", p=None), put("without", q=1)
    assert names(p=None) == ["none"]
    assert datastore.Query("Thing").Order("p").Count() == 1


def a_list_matches_if_any_of_its_values_does():
    put("a", p=[1, 9]), put("b", p=[2])
    assert names(p=9) == ["a"]


def several_inequalities_are_for_one_value_of_a_list():
    put("a", p=[1, 9]), put("b", p=[1, 5, 9])
    found = datastore.Query("Thing", {"p >": 1, "p <": 9}).Run()
    assert [entity.key().name() for entity in found] == ["b"]


def several_equalities_may_be_for_different_values_of_a_list():
    put("a", p=[1, 9]), put("b", p=[1])
    found = datastore.Query("Thing", {"p =": [1, 9]}).Run()
    assert [entity.key().name() for entity in found] == ["a"]


def a_list_sorts_by_its_smallest_value_or_downwards_by_its_largest_and_comes_once():
    put("a", p=[1, 9]), put("b", p=[2, 3])
    up, down = datastore.Query("Thing").Order("p"), datastore.Query("Thing").Order(("p", 2))
    assert [entity.key().name() for entity in up.Run(batch_size=1)] == ["a", "b"]
    assert [entity.key().name() for entity in down.Run(batch_size=1)] == ["a", "b"]


def an_empty_list_is_stored_as_nothing():
    class Listing(db.Model):
        p = db.ListProperty(int)
        n = db.IntegerProperty()

    place = Listing(p=[], n=1).put()
    assert db.get(place).p == []
    assert Listing.all().order("p").count() == 0
    assert "p" not in datastore.Get(place)


def an_empty_list_may_be_written():
    class Listing(db.Model):
        p = db.ListProperty(int, write_empty_list=True)

    place = Listing(p=[]).put()
    assert db.get(place).p == []
    assert datastore.Get(place)["p"] == []


def an_order_means_nothing_beside_an_equality_filter_on_it():
    put("b", p=1), put("a", p=1)
    query = datastore.Query("Thing", {"p =": 1}).Order(("p", 2))
    assert [entity.key().name() for entity in query.Run()] == ["a", "b"]


def an_indexed_text_has_at_most_1500_bytes():
    for value in ("x" * 1500, "é" * 750, db.ByteString(b"\xff" * 1500)):
        place = put("x", p=value)
        assert datastore.Get(place)["p"] == value
        assert names(p=value) == ["x"]
    for value in ("x" * 1501, "é" * 750 + "x", db.ByteString(b"\xff" * 1501)):
        with refusal(db.BadRequestError, "1500"):
            put("x", p=value)


def a_link_has_at_most_2083_characters():
    start = "http://a/"
    longest = db.Link(start + "x" * (2083 - len(start)))
    put("x", p=longest)
    assert names(p=longest) == ["x"]
    with refusal(db.BadValueError):
        put("x", p=db.Link(start + "x" * (2084 - len(start))))


def none_is_no_item_of_a_models_list():
    class Listing(db.Model):
        p = db.ListProperty(int)

    with refusal(db.BadValueError):
        Listing(p=[1, None]).put()
    assert datastore.Get(put("x", p=[1, None]))["p"] == [1, None]


def a_date_and_time_that_is_false_is_stored_as_it_is():
    for value in ("", 0, False, None):
        key = Dated(made=value).put()
        assert datastore.Get(key)["made"] == value
        assert db.get(key).made == value
    with refusal(db.BadValueError, "must be a datetime"):
        Dated(made="x")


def bytes_are_shown_as_the_text_that_they_are():
    put("x", data=db.ByteString("é".encode()), blob=db.Blob(b"a"))
    found = datastore.Get(db.Key.from_path("Thing", "x"))
    assert f"{found['data']} {found['blob']}" == "é a"


def bytes_name_a_property_as_their_text():
    entity = datastore.Entity("Thing", name="x")
    entity[b"size"] = 1
    datastore.Put(entity)
    assert {**datastore.Get(entity.key())} == {"size": 1}
    entity[b"\xff"] = 1
    with refusal(db.BadRequestError, "is not UTF-8"):
        datastore.Put(entity)


def a_number_too_large_is_also_an_overflow():
    with refusal(OverflowError, "64 bits"):
        datastore.Entity("Thing")["n"] = 2**63
    with refusal(db.BadValueError, "64 bits"):
        datastore.Entity("Thing")["n"] = 2**63
    with refusal(ValueError, "below 2**63"):
        db.Key.from_path("Thing", 2**63)
    with refusal(TypeError, "limit should be an integer"):
        Thing.all().count("a")


def times_are_utc_to_the_microsecond():
    class Event(db.Model):
        at = db.DateTimeProperty()
        day = db.DateProperty()
        hour = db.TimeProperty()

    place = Event(at=MOMENT, day=MOMENT.date(), hour=MOMENT.time()).put()
    found = db.get(place)
    assert (found.at, found.day, found.hour) == (MOMENT, MOMENT.date(), MOMENT.time())
    stored = datastore.Get(place)
    assert stored["day"] == datetime.datetime(2008, 4, 7)
    assert stored["hour"] == datetime.datetime(1970, 1, 1, 12, 30, 1, 123456)


def a_time_with_a_zone_is_converted():
    zone = datetime.timezone(datetime.timedelta(hours=2))

    class Event(db.Model):
        at = db.DateTimeProperty()

    place = Event(at=MOMENT.replace(tzinfo=zone)).put()
    assert db.get(place).at == MOMENT - datetime.timedelta(hours=2)


def a_time_beyond_the_calendar_in_utc_is_refused():
    ahead, behind = (datetime.timezone(datetime.timedelta(hours=hours)) for hours in (2, -2))
    for moment in (
        datetime.datetime(1, 1, 1, tzinfo=ahead),
        datetime.datetime(9999, 12, 31, 23, tzinfo=behind),
    ):
        with refusal(db.BadValueError, "in UTC"):
            put("x", p=moment)


def text_that_is_no_unicode_is_refused():
    for value in ("\ud800", db.Text("a\udfff"), ["a", "\ud800"]):
        with refusal(db.BadRequestError):
            put("x", p=value)


def a_value_of_no_known_type_is_refused():
    for value in (object(), {"a": 1}, 1 + 2j, {1}, (1, 2j)):
        with refusal(db.BadValueError):
            put("x", p=value)


def a_list_in_a_list_is_refused():
    with refusal(db.BadValueError):
        put("x", p=[[1]])
