"""Metadata and statistics."""

from google.appengine.api import datastore, namespace_manager
from google.appengine.ext import db
from google.appengine.ext.db import metadata, stats

from .expecting import refusal


class Seen(db.Expando):
    hidden = db.StringProperty(indexed=False)


class Other(db.Model):
    n = db.IntegerProperty()


def namespaces_are_listed_the_empty_one_by_its_id():
    Other(n=1).put()
    namespace_manager.set_namespace("n")
    Other(n=1).put()
    namespace_manager.set_namespace("")
    keys = [key.id_or_name() for key in datastore.Query("__namespace__", keys_only=True).Run()]
    assert keys[0] == metadata.Namespace.EMPTY_NAMESPACE_ID == 1
    assert "n" in keys
    assert metadata.get_namespaces()[0] == "" and "n" in metadata.get_namespaces()


def kinds_are_those_of_the_current_namespace():
    Other(n=1).put()
    Seen().put()
    assert [k for k in metadata.get_kinds() if not k.startswith("__")] == ["Other", "Seen"]
    assert metadata.get_kinds(start="P", end="T") == ["Seen"]
    namespace_manager.set_namespace("n")
    assert [k for k in metadata.get_kinds() if not k.startswith("__")] == []


def properties_are_the_indexed_ones_with_their_representations():
    Seen(a=None, b=1, c=True, d="x", e=1.5, f=db.GeoPt(1, 2), g=db.Key.from_path("A", 1)).put()
    Seen(b="mixed", hidden="x", t=db.Text("long")).put()
    assert metadata.get_properties_of_kind("Seen") == list("abcdefg")
    assert metadata.get_representations_of_kind("Seen") == {
        "a": ["NULL"],
        "b": ["INT64", "STRING"],
        "c": ["BOOLEAN"],
        "d": ["STRING"],
        "e": ["DOUBLE"],
        "f": ["POINT"],
        "g": ["REFERENCE"],
    }
    keys = datastore.Query("__property__", keys_only=True).Ancestor(
        metadata.Kind.key_for_kind("Seen")
    )
    assert [metadata.Property.key_to_property(key) for key in keys.Run()] == list("abcdefg")


def metadata_takes_no_other_ancestor():
    for kind in ("__kind__", "__namespace__"):
        with refusal(db.BadRequestError):
            datastore.Query(kind).Ancestor(db.Key.from_path("A", 1)).Get(1)


def a_groups_version_increases_with_each_commit():
    root = Other(n=1).put()
    first = metadata.get_entity_group_version(root)
    Other(parent=root, n=2).put()
    second = metadata.get_entity_group_version(root)
    db.delete(root)
    assert first < second < metadata.get_entity_group_version(root)


def statistics_have_their_models():
    Other(n=1).put()
    total = stats.GlobalStat.all().get()
    assert total.bytes >= 0 and total.count >= 0 and total.timestamp is not None
    assert total.entity_bytes + total.builtin_index_bytes + total.composite_index_bytes == (
        total.bytes
    )
    for model in (stats.KindStat, stats.KindPropertyTypeStat, stats.NamespaceStat):
        assert all(found.count > 0 for found in model.all())


def scatter_is_hidden_and_serves_as_an_order_only():
    db.put([Other(key_name=f"o{n}", n=n) for n in range(400)])
    query = datastore.Query("Other", keys_only=True).Order("__scatter__")
    sample = query.Get(1000)
    assert 0 < len(sample) < 40
    assert sample != sorted(sample) or len(sample) < 3
    assert "__scatter__" not in datastore.Get(db.Key.from_path("Other", "o1"))
    assert "__scatter__" not in metadata.get_properties_of_kind("Other")
    with refusal(db.BadRequestError):
        entity = datastore.Entity("Other")
        entity["__scatter__"] = "x"
        datastore.Put(entity)
