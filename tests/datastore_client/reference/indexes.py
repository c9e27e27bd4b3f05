"""Indexes, where only those that index.yaml lists are built."""

from google.appengine.api import datastore, datastore_errors
from google.appengine.ext import db

from .expecting import refusal


class Thing(db.Expando):
    pass


class Listed(db.Expando):
    pass


DESC = datastore.Query.DESCENDING
ROOT = ("Thing", "root")


def ask(*orders, kind="Thing", below=False, **options):
    query = datastore.Query(kind, **options)
    if below:
        query.Ancestor(db.Key.from_path(*ROOT))
    if orders:
        query.Order(*orders)
    return query.Get(5)


def these_need_no_composite_index():
    Thing(key_name="root", a=1, b=2).put()
    key = db.Key.from_path("Thing", "a")
    ask()
    ask("a"), ask(("a", DESC)), ask("__key__")
    ask(filters={"a >": 0}), ask("a", filters={"a >": 0})
    ask(("a", DESC), filters={"a >": 0})
    ask(filters={"a =": 1}), ask(filters={"a =": 1, "b =": 2, "c =": 3})
    ask(below=True), ask(filters={"a =": 1, "b =": 2}, below=True)
    ask(filters={"a =": 1, "__key__ >": key}), ask("__key__", filters={"a =": 1})
    ask(filters={"__key__ >": key}, below=True)
    ask(projection=["a"])


def these_need_a_composite_index():
    for orders, options in (
        ((), {"filters": {"a >": 1}, "below": True}),
        (("a",), {"below": True}),
        (("b",), {"filters": {"a =": 1}}),
        ((), {"filters": {"a =": 1, "b >": 1}}),
        (("a", "b"), {}),
        ((("__key__", DESC),), {}),
        ((), {"projection": ["a", "b"]}),
        ((), {"projection": ["a"], "filters": {"b =": 1}}),
    ):
        with refusal(datastore_errors.NeedIndexError, "- kind: Thing"):
            ask(*orders, **options)


def the_error_carries_the_stanza():
    try:
        ask(("b", DESC), filters={"a =": 1}, below=True)
    except datastore_errors.NeedIndexError as error:
        stanza = error.YamlIndex()
    assert stanza.rstrip("\n") == (
        "- kind: Thing\n  ancestor: yes\n  properties:\n  - name: a\n  - name: b\n"
        "    direction: desc"
    )


def an_index_that_is_listed_serves():
    db.put([Listed(key_name=f"n{n}", a=1, b=-n) for n in range(4)])
    found = [thing.name() for thing in ask("b", kind="Listed", filters={"a =": 1}, keys_only=True)]
    assert found == ["n3", "n2", "n1", "n0"]
    with refusal(datastore_errors.NeedIndexError):
        ask(("b", DESC), kind="Listed", filters={"a =": 1})


def equalities_may_stand_in_any_order_before_the_rest():
    Listed(key_name="x", a=1, b=2).put()
    assert len(ask("b", kind="Listed", filters={"a =": 1, "b >": 1})) == 1
    assert len(ask("a", "b", kind="Listed")) == 1


def several_equalities_are_joined_from_single_indexes():
    db.put([Thing(key_name=f"n{n:03}", a=n % 2, b=n % 3, c=n % 5) for n in range(90)])
    found = ask(filters={"a =": 1, "b =": 2, "c =": 4}, keys_only=True)
    assert [key.name() for key in found] == ["n029", "n059", "n089"]
