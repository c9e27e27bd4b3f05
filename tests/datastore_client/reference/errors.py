"""Errors: which one each case raises."""

from google.appengine.api import datastore, datastore_errors
from google.appengine.ext import db
from google.appengine.runtime import apiproxy_errors

from .expecting import refusal


class Pet(db.Model):
    name = db.StringProperty()
    kind_of = db.StringProperty(choices=["cat", "dog"])
    age = db.IntegerProperty()
    story = db.TextProperty()
    hidden = db.StringProperty(indexed=False)


class Named(db.Model):
    name = db.StringProperty(required=True)


def every_error_of_the_datastore_has_one_base():
    for name in (
        "BadValueError BadPropertyError BadRequestError EntityNotFoundError BadArgumentError"
        " QueryNotFoundError TransactionNotFoundError Rollback TransactionFailedError"
        " BadFilterError BadQueryError BadKeyError InternalError NeedIndexError"
        " ReferencePropertyResolveError Timeout CommittedButStillApplying"
    ).split():
        assert issubclass(getattr(datastore_errors, name), datastore_errors.Error), name
        assert issubclass(getattr(db, name, db.Error), db.Error)
    assert issubclass(db.CommittedButStillApplying, db.Timeout)
    assert issubclass(apiproxy_errors.CapabilityDisabledError, apiproxy_errors.Error)
    assert issubclass(apiproxy_errors.OverQuotaError, apiproxy_errors.Error)


def a_value_of_the_wrong_type_is_a_bad_value():
    with refusal(db.BadValueError):
        Pet(age="3")
    with refusal(db.BadValueError):
        Pet(age=True)
    with refusal(db.BadValueError):
        Pet(name=b"bytes" * 1000)


def a_required_value_that_is_missing_is_a_bad_value():
    with refusal(db.BadValueError, "name"):
        Named()


def a_value_that_is_no_choice_is_a_bad_value():
    with refusal(db.BadValueError, "kind_of"):
        Pet(kind_of="fox")


def a_text_too_long_for_an_index_is_a_bad_value():
    Pet(name="x" * 1500).put()
    Pet(hidden="é" * 750).put()
    with refusal(db.BadValueError, "1500"):
        Pet(name="x" * 1501).put()
    with refusal(db.BadValueError, "1500"):
        Pet(name="é" * 750 + "x").put()


def a_reserved_name_is_no_property():
    with refusal(db.ReservedWordError):
        type("Bad", (db.Model,), {"put": db.StringProperty()})
    with refusal(db.ReservedWordError):
        type("Bad", (db.Model,), {"__x__": db.StringProperty()})


def one_property_of_two_parents_is_a_duplicate():
    one = type("One", (db.Model,), {"x": db.StringProperty()})
    other = type("Other", (db.Model,), {"x": db.StringProperty()})
    with refusal(db.DuplicatePropertyError):
        type("Both", (one, other), {})


def a_property_that_is_not_there_is_an_attribute_error():
    with refusal(AttributeError):
        Pet().nothing  # noqa: B018


def an_absent_entity_is_an_error_or_none():
    absent = db.Key.from_path("Pet", 1)
    with refusal(db.EntityNotFoundError):
        datastore.Get(absent)
    assert datastore.Get([absent]) == [None]
    assert db.get(absent) is None
    assert db.get([absent]) == [None]
    db.delete(absent)


def a_malformed_filter_is_a_bad_filter():
    for condition in ("a ~", "", "a not in"):
        with refusal(db.BadFilterError):
            Pet.all().filter(condition, 1)
    with refusal(db.BadFilterError):
        datastore.Query("Pet", {"a !=": 1})


def a_text_or_a_blob_is_not_filtered_on():
    for value in (db.Text("x"), db.Blob(b"x")):
        with refusal(db.BadValueError):
            datastore.Query("Pet", {"name =": value})
    Pet(story="x").put()
    assert Pet.all().filter("story =", "x").get() is None


def inequalities_on_two_properties_are_a_bad_filter():
    with refusal(db.BadFilterError):
        Pet.all().filter("age >", 1).filter("name >", "a").get()


def the_first_order_is_the_property_with_inequalities():
    with refusal(db.BadArgumentError):
        Pet.all().filter("age >", 1).order("name").get()
    Pet.all().filter("age >", 1).order("age").order("name").get()


def a_kindless_query_has_no_filter_or_order_on_a_property():
    with refusal(db.BadQueryError):
        db.Query().filter("age =", 1)
    with refusal(db.BadQueryError):
        db.Query().order("age")
    with refusal(db.BadQueryError):
        db.Query().order("-__key__")


def limits_and_offsets_are_not_negative():
    with refusal(db.BadArgumentError):
        Pet.all().fetch(-1)
    with refusal(db.BadArgumentError):
        Pet.all().fetch(1, offset=-1)
    with refusal(db.BadArgumentError):
        Pet.all().count(-1)


def a_projection_has_no_equality_filter_on_its_property_and_no_keys_only():
    with refusal(db.BadRequestError):
        db.Query(Pet, projection=["age"]).filter("age =", 1).get()
    with refusal(db.BadRequestError):
        datastore.Query("Pet", projection=["age"], keys_only=True)
    with refusal(db.BadRequestError):
        datastore.Query("Pet", projection=["age", "age"])


def the_key_of_what_is_not_stored_is_an_error():
    with refusal(db.NotSavedError):
        Pet().key()
    with refusal(db.NotSavedError):
        Pet().delete()


def a_cursor_of_another_query_is_a_bad_request():
    db.put([Pet(age=1, name="a"), Pet(age=2, name="b")])
    query = Pet.all().order("age")
    query.fetch(1)
    with refusal(db.BadRequestError, "Cursor does not match query"):
        Pet.all().order("name").with_cursor(query.cursor()).fetch(1)


def a_text_that_is_no_cursor_is_a_bad_value():
    for text in ("garbage!", "a", "e"):
        with refusal(db.BadValueError, "Invalid cursor"):
            Pet.all().with_cursor(text)


def a_cursor_that_was_changed_is_refused_or_harmless():
    db.put([Pet(age=n) for n in range(3)])
    query = Pet.all().order("age")
    query.fetch(1)
    whole = db.websafe_decode_cursor(query.cursor()).to_bytes()
    for at in range(len(whole)):
        for changed in (0, 1, 0x7F, 0x80, 0xC0, 0xFF):
            data = whole[:at] + bytes([changed]) + whole[at + 1 :]
            cursor = datastore.Cursor.from_bytes(data)
            try:
                found = list(datastore.Query("Pet", cursor=cursor).Order("age").Run())
            except (db.BadRequestError, db.BadValueError):
                continue
            assert all(pet.kind() == "Pet" for pet in found)
    for end in range(len(whole)):
        cursor = datastore.Cursor.from_bytes(whole[:end])
        try:
            datastore.Query("Pet", cursor=cursor).Order("age").Get(5)
        except (db.BadRequestError, db.BadValueError):
            continue
        assert end == 0


def a_kind_without_a_model_is_an_error_when_it_is_loaded():
    datastore.Put(datastore.Entity("Unknown", name="u"))
    with refusal(db.KindError):
        db.get(db.Key.from_path("Unknown", "u"))


def a_reference_to_nothing_is_an_error_when_it_is_read():
    class Leash(db.Model):
        pet = db.ReferenceProperty(Pet)

    pet = Pet().put()
    leash = Leash(pet=pet).put()
    db.delete(pet)
    with refusal(db.ReferencePropertyResolveError):
        db.get(leash).pet  # noqa: B018
    assert Leash.pet.get_value_for_datastore(db.get(leash)) == pet
