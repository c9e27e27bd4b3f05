"""Namespaces."""

from google.appengine.api import datastore, namespace_manager
from google.appengine.ext import db

from .expecting import refusal


class Spaced(db.Model):
    n = db.IntegerProperty()


def within(name, function):
    before = namespace_manager.get_namespace()
    namespace_manager.set_namespace(name)
    try:
        return function()
    finally:
        namespace_manager.set_namespace(before)


def a_key_has_the_namespace_that_is_current_when_it_is_made():
    assert db.Key.from_path("A", 1).namespace() == ""
    assert within("n", lambda: db.Key.from_path("A", 1)).namespace() == "n"
    assert within("n", lambda: db.Key.from_path("A", 1, namespace="m")).namespace() == "m"


def a_child_has_its_parents_namespace():
    parent = db.Key.from_path("A", 1, namespace="n")
    assert db.Key.from_path("B", 1, parent=parent).namespace() == "n"
    with refusal(db.BadArgumentError):
        db.Key.from_path("B", 1, parent=parent, namespace="m")


def a_plain_query_runs_in_the_namespace_that_is_current_when_it_is_made():
    Spaced(key_name="x", n=1).put()
    within("n", lambda: Spaced(key_name="x", n=2).put())
    query = within("n", lambda: datastore.Query("Spaced"))
    assert [pet["n"] for pet in query.Run()] == [2]


def a_models_query_runs_in_the_namespace_that_is_current_when_it_runs():
    """Source: observed."""
    Spaced(key_name="x", n=1).put()
    within("n", lambda: Spaced(key_name="x", n=2).put())
    query = Spaced.all()
    assert within("n", lambda: [pet.n for pet in query]) == [2]
    assert [pet.n for pet in Spaced.all()] == [1]
    assert [pet.n for pet in Spaced.all(namespace="n")] == [2]
    assert datastore.Query("Spaced", namespace="n").Get(1)[0]["n"] == 2


def an_ancestor_of_another_namespace_is_refused():
    with refusal(db.BadArgumentError, "namespace"):
        datastore.Query("Spaced").Ancestor(db.Key.from_path("A", 1, namespace="n"))


def a_key_of_another_namespace_is_no_filter():
    with refusal(db.BadRequestError, "namespace"):
        Spaced.all().filter("__key__ >", db.Key.from_path("Spaced", 1, namespace="n")).get()


def entities_of_namespaces_do_not_mix():
    for name in ("", "a", "b"):
        within(name, lambda name=name: Spaced(key_name="x", n=len(name)).put())
    assert Spaced.get_by_key_name("x").n == 0
    assert within("a", lambda: Spaced.get_by_key_name("x")).n == 1
    within("a", lambda: db.delete(Spaced.get_by_key_name("x")))
    assert within("b", lambda: Spaced.all().count()) == 1


def a_namespace_has_up_to_100_of_these_characters():
    good = "aZ09._-" + "x" * 93
    namespace_manager.validate_namespace(good)
    within(good, lambda: Spaced(n=1).put())
    assert Spaced.all(namespace=good).count() == 1
    for bad in ("x" * 101, "a b", "é", "a/b"):
        with refusal(namespace_manager.BadValueError):
            namespace_manager.set_namespace(bad)
        with refusal(namespace_manager.BadValueError):
            namespace_manager.validate_namespace(bad)
