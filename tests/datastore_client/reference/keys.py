"""Keys: their parts, their order, their text."""

import itertools

from google.appengine.api import datastore
from google.appengine.ext import db

from .expecting import refusal

key = db.Key.from_path


class A(db.Model):
    n = db.IntegerProperty()


def a_key_is_an_application_a_namespace_and_a_path_root_first():
    one = key("A", 1, "B", "x", namespace="ns")
    assert one.app() and one.namespace() == "ns"
    assert one.to_path() == ["A", 1, "B", "x"]
    assert one.parent() == key("A", 1, namespace="ns")
    assert (one.kind(), one.name(), one.id(), one.id_or_name()) == ("B", "x", None, "x")


def an_id_is_from_1_to_2_to_the_63rd():
    for number in (1, 2**63 - 1):
        place = A(key=key("A", number), n=1).put()
        assert place.id() == number
        assert db.get(place).n == 1
    with refusal(db.BadArgumentError):
        key("A", 2**63)


def an_id_of_0_or_below_is_not_refused_where_the_key_is_made():
    assert not key("A", 0).has_id_or_name()
    with refusal(db.BadRequestError):
        db.get(key("A", -1))


def a_name_has_1_to_500_bytes_of_utf_8():
    for name in ("n" * 500, "é" * 250, "7up"):
        A(key_name=name, n=1).put()
        assert A.get_by_key_name(name).n == 1
    for name in ("n" * 501, "é" * 250 + "x"):
        with refusal(db.BadRequestError):
            A(key_name=name).put()
    with refusal(db.BadKeyError):
        A(key_name="")


def a_kind_has_at_most_500_bytes_of_utf_8():
    assert db.get(key("é" * 250, 1)) is None
    with refusal(db.BadRequestError):
        db.get(key("é" * 250 + "x", 1))


def names_and_kinds_between_double_underscores_are_not_written():
    with refusal(db.BadRequestError, "reserved"):
        A(key_name="__x__").put()
    with refusal(db.BadRequestError, "reserved"):
        db.delete(key("__A__", 1))


def put_completes_an_incomplete_last_pair():
    place = A(n=1).put()
    assert place.has_id_or_name() and db.get(place).n == 1
    with refusal(db.BadKeyError):
        A(parent=key("A", 0))


def an_incomplete_key_has_no_text():
    with refusal(db.NotSavedError):
        A().key()
    with refusal(db.BadKeyError, "incomplete"):
        str(key("A", 0))


def a_path_has_at_most_100_elements():
    path = list(itertools.chain.from_iterable(("A", number) for number in range(1, 101)))
    place = A(key=key(*path), n=1).put()
    assert db.get(place).n == 1
    with refusal(db.BadRequestError, "100"):
        db.get(key(*path, "A", 101))
    with refusal(db.BadRequestError, "100"):
        A(parent=place).put()


def the_text_is_the_url_safe_base64_of_a_reference_without_padding():
    one = key("A", 1, "B", "x", _app="app")
    assert str(one) == "agNhcHByDwsSAUEYAQwLEgFCIgF4DA"
    assert db.Key("agNhcHByDwsSAUEYAQwLEgFCIgF4DA") == one
    other = key("A", 1, namespace="q")
    assert db.Key(str(other)) == other


def an_application_id_may_have_a_partition_or_a_domain():
    for name in ("app", "dev~app", "s~app", "example.com:app"):
        assert db.Key(str(key("A", 1, _app=name))).app() == name


def keys_sort_by_namespace_then_element_by_element_ids_before_names():
    order = [
        key("A", 1),
        key("A", 1, "B", 1),
        key("A", 1, "B", 1, "C", 1),
        key("A", 1, "B", 2),
        key("A", 1, "B", 10),
        key("A", 1, "B", "a"),
        key("A", 2),
        key("A", "0"),
        key("A", "a"),
        key("A", "b"),
        key("AA", 1),
        key("B", 1),
        key("a", 1),
        key("A", 1, namespace="n"),
    ]
    assert sorted(reversed(order)) == order
    assert len(set(order)) == len(order)
    assert key("A", 1) == key("A", 1) != key("A", "1")


def the_datastore_sorts_keys_so_too():
    paths = [
        ("A", 1), ("A", 1, "B", 1), ("A", 1, "B", 1, "C", 1), ("A", 1, "B", 2), ("A", 1, "B", 10),
        ("A", 1, "B", "a"), ("A", 2), ("A", "0"), ("A", "é"), ("AA", 1), ("a", 1),
    ]  # fmt: skip
    order = [key(*path) for path in paths]
    for place in reversed(order):
        datastore.Put(datastore.Entity(place.kind(), **parts_of(place)))
    stored = [place for place in db.Query(keys_only=True) if not place.kind().startswith("__")]
    assert stored == order


def parts_of(place):
    return {"parent": place.parent(), "name": place.name(), "id": place.id()}


def repr_shows_a_call_that_makes_the_key():
    one = key("A", 1, "B", "x", _app="app", namespace="ns")
    assert repr(one) == (
        "datastore_types.Key.from_path('A', 1, 'B', 'x', _app='app', namespace='ns')"
    )


def a_text_that_is_no_key_is_refused():
    with refusal(db.BadKeyError):
        db.Key("garbage")
    with refusal(db.BadArgumentError):
        key("A")
    with refusal(db.BadArgumentError):
        key("A", 1, "B")


def keys_of_another_application_are_not_served():
    for call in (db.get, db.delete):
        with refusal(db.BadRequestError, "other"):
            call(key("A", 1, _app="other"))


def a_key_may_hold_any_character():
    for name in ("\0", "a\0", "a\0b", "\uffff", "\U0001f600", " ", "/", "'"):
        place = A(key_name=name, n=1).put()
        assert db.get(place).key().name() == name
        assert db.get(db.Key(str(place))).n == 1
        assert A.all().filter("__key__ =", place).get().n == 1
    assert A.all().count() == 8
    with refusal(db.BadRequestError):
        A(key_name="\ud800").put()
    with refusal(db.BadKeyError):
        str(key("A", "\ud800"))


def a_key_has_at_most_1300_bytes_as_it_is_stored():
    parent = key("A", "n" * 500, "A", "n" * 500)
    A(parent=parent, key_name="n" * 200).put()
    assert A.get_by_key_name("n" * 200, parent=parent) is not None
    with refusal(db.BadRequestError, "1300"):
        A(parent=parent, key_name="n" * 300).put()
