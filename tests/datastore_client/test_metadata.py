"""The functions of `google.appengine.ext.db.metadata`, over the real server."""

import pytest

from appengine.datastore import db
from appengine.datastore.db import metadata, stats
from appengine.rpc import namespace_manager


class Cat(db.Expando):
    pass


class Dog(db.Expando):
    pass


@pytest.fixture(autouse=True)
def pets(pipe):
    Cat(key_name="tom", age=3, name="Tom").put()
    Cat(key_name="kit", age=None, weight=1.5).put()
    Dog(key_name="rex", name="Rex").put()
    namespace_manager.set_namespace("zoo")
    Dog(key_name="wolf").put()
    namespace_manager.set_namespace("")


def test_namespaces_are_listed_from_a_name_up_to_another():
    assert metadata.get_namespaces() == ["", "zoo"]
    assert metadata.get_namespaces(start="a") == ["zoo"]
    assert metadata.get_namespaces(end="zoo") == [""]


def test_kinds_are_those_of_the_current_namespace():
    assert metadata.get_kinds() == ["Cat", "Dog"]
    assert metadata.get_kinds(start="D") == ["Dog"]
    assert metadata.get_kinds(end="Dog") == ["Cat"]
    assert metadata.get_kinds(end="") == []
    namespace_manager.set_namespace("zoo")
    assert metadata.get_kinds() == ["Dog"]


def test_properties_and_their_representations_are_those_of_the_indexes():
    assert metadata.get_properties_of_kind("Cat") == ["age", "name", "weight"]
    assert metadata.get_properties_of_kind("Cat", start="b", end="w") == ["name"]
    assert metadata.get_representations_of_kind("Cat") == {
        "age": ["NULL", "INT64"],
        "name": ["STRING"],
        "weight": ["DOUBLE"],
    }
    assert metadata.get_representations_of_kind("Bird") == {}


def test_the_entities_of_metadata_are_models():
    (cat, dog) = metadata.Kind.all()
    assert (cat.kind_name, dog.kind_name) == ("Cat", "Dog")
    assert [item.namespace_name for item in metadata.Namespace.all()] == ["", "zoo"]
    first = metadata.Property.all().ancestor(metadata.Property.key_for_kind("Dog")).get()
    assert (first.kind_name, first.property_name) == ("Dog", "name")


def test_a_groups_version_grows_and_a_transaction_sees_its_own():
    tom = db.Key.from_path("Cat", "tom")
    before = metadata.get_entity_group_version(tom)

    def change():
        seen = metadata.get_entity_group_version(tom)
        Cat(parent=tom, key_name="child").put()
        return seen, metadata.get_entity_group_version(tom)

    assert db.run_in_transaction(change) == (before, before)
    assert metadata.get_entity_group_version(tom) == before + 1


def test_statistics_are_models():
    (total,) = stats.GlobalStat.all().run()
    assert (total.count, total.composite_index_count) == (4, 0)
    assert total.bytes == total.entity_bytes + total.builtin_index_bytes
    assert stats.KindStat.get_by_key_name("Dog").count == 2
    assert {item.kind_name for item in stats.KindRootEntityStat.all()} == {"Cat", "Dog"}
    assert {item.subject_namespace for item in stats.NamespaceStat.all()} == {"", "zoo"}
    assert {"String", "Integer", "NULL"} <= {t.property_type for t in stats.PropertyTypeStat.all()}
    names = stats.KindPropertyNameStat.all().filter("kind_name =", "Cat")
    assert {item.property_name for item in names} == {"age", "name", "weight"}
    namespace_manager.set_namespace("zoo")
    assert [item.kind_name for item in stats.NamespaceKindStat.all()] == ["Dog"]
