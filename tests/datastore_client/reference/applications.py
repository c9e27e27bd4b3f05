"""What applications of App Engine's first years were made of, each as a whole."""

import datetime
import json
import random
import xml.dom.minidom
import zlib

from google.appengine.api import datastore, namespace_manager
from google.appengine.ext import db
from google.appengine.ext.db import metadata, polymodel

from .expecting import refusal


class Shard(db.Model):
    name = db.StringProperty(required=True)
    count = db.IntegerProperty(required=True, default=0)


def a_sharded_counter_counts_each_increment():
    def add(name):
        key_name = f"{name}{random.randrange(5)}"
        shard = Shard.get_by_key_name(key_name) or Shard(key_name=key_name, name=name)
        shard.count += 1
        shard.put()

    for _ in range(30):
        db.run_in_transaction(add, "visits")
    assert sum(shard.count for shard in Shard.all().filter("name =", "visits")) == 30
    assert 1 <= Shard.all().count() <= 5


class Greeting(db.Model):
    author = db.UserProperty(auto_current_user_add=True)
    content = db.StringProperty(multiline=True)
    date = db.DateTimeProperty(auto_now_add=True)


def a_guestbook_is_turned_over_page_by_page():
    book = db.Key.from_path("Guestbook", "default")
    start = datetime.datetime(2009, 1, 1)
    db.put(
        [
            Greeting(parent=book, content=f"hi\n{n}", date=start + datetime.timedelta(minutes=n))
            for n in range(25)
        ]
    )
    pages, cursor = [], None
    while True:
        query = Greeting.all().ancestor(book).order("-date")
        page = (query.with_cursor(cursor) if cursor else query).fetch(10)
        if not page:
            break
        pages.append([int(greeting.content.split()[1]) for greeting in page])
        cursor = query.cursor()
    assert pages == [list(range(24, 14, -1)), list(range(14, 4, -1)), list(range(4, -1, -1))]
    late = Greeting.gql("WHERE ANCESTOR IS :1 AND date > :d ORDER BY date", book, d=page_time(22))
    assert [greeting.content for greeting in late] == ["hi\n23", "hi\n24"]


def page_time(minutes):
    return datetime.datetime(2009, 1, 1) + datetime.timedelta(minutes=minutes)


class Node(db.Model):
    name = db.StringProperty()
    boss = db.SelfReferenceProperty(collection_name="reports")


def a_tree_is_walked_and_its_references_are_fetched_at_once():
    root = Node(key_name="root", name="root")
    root.put()
    kids = [Node(parent=root, key_name=f"k{n}", name=f"k{n}", boss=root) for n in range(3)]
    db.put(kids)
    grandchild = Node(parent=kids[0], name="g", boss=kids[0].key())
    grandchild.put()
    assert sorted(n.name for n in Node.all().ancestor(root)) == ["g", "k0", "k1", "k2", "root"]
    assert sorted(n.name for n in db.query_descendants(root)) == ["g", "k0", "k1", "k2"]
    found = Node.all().filter("boss =", root).fetch(10)
    keys = [Node.boss.get_value_for_datastore(node) for node in found]
    bosses = {boss.key(): boss for boss in db.get(set(keys))}
    for node, key in zip(found, keys, strict=True):
        Node.boss.__set__(node, bosses[key])
    assert [node.boss.name for node in found] == ["root"] * 3
    assert root.reports.order("-name").get().name == "k2"
    kids[0].delete()
    with refusal(db.ReferencePropertyResolveError):
        _ = db.get(grandchild.key()).boss


class Contact(polymodel.PolyModel):
    phone = db.PhoneNumberProperty()


class Person(Contact):
    first = db.StringProperty()


class Manager(Person):
    level = db.IntegerProperty()


class Company(Contact):
    name = db.StringProperty()


def contacts_of_several_classes_are_asked_for_by_each():
    db.put([Person(first="A", phone="1"), Company(name="C"), Manager(first="M", level=3)])
    assert [model.all().count() for model in (Contact, Person, Manager, Company)] == [3, 2, 1, 1]
    assert sorted(type(contact).__name__ for contact in Contact.all()) == [
        "Company",
        "Manager",
        "Person",
    ]
    (manager,) = db.GqlQuery("SELECT * FROM Contact WHERE class = 'Manager'")
    assert (manager.level, Contact.get(manager.key()).first) == (3, "M")
    with refusal(db.KindError):
        Company.get(manager.key())


class Record(db.Expando):
    source = db.StringProperty(default="csv")


def an_importer_takes_rows_of_any_form():
    rows = [
        {"name": f"n{n}", "score": n, "tags": ["a", f"b{n % 3}"], "blob": db.Blob(b"\0\xff")}
        for n in range(20)
    ]
    db.put([Record(key_name=f"r{n}", **row) for n, row in enumerate(rows)])
    found = Record.get_by_key_name("r3")
    assert sorted(found.dynamic_properties()) == ["blob", "name", "score", "tags"]
    best = Record.all().filter("tags =", "b1").filter("score >", 5).order("-score").get()
    assert best.score == 19
    del found.score
    found.put()
    assert Record.all().filter("score =", 3).get() is None
    assert db.to_dict(found)["source"] == "csv"


class Item(db.Model):
    n = db.IntegerProperty()
    done = db.BooleanProperty(default=False)


def a_mapper_changes_every_entity_once():
    db.put([Item(key_name=f"{n:06}", n=n) for n in range(1200)])
    cursor, seen = None, 0
    while True:
        query = Item.all().order("__key__")
        batch = (query.with_cursor(cursor) if cursor else query).fetch(500)
        if not batch:
            break
        for item in batch:
            item.done = True
        db.put(batch)
        seen += len(batch)
        cursor = query.cursor()
    assert seen == Item.all().filter("done =", True).count(limit=None) == 1200
    last, found = None, []
    while True:
        query = Item.all(keys_only=True).order("__key__")
        keys = (query.filter("__key__ >", last) if last else query).fetch(700)
        if not keys:
            break
        last = keys[-1]
        found += keys
    assert len(set(found)) == 1200
    db.delete(found)
    assert Item.all().get() is None


def entities_are_written_as_xml_that_is_well_formed():
    Greeting(key_name="x", content='a<b>&"', date=datetime.datetime(2010, 1, 2, 3, 4, 5)).put()
    text = Greeting.get_by_key_name("x").to_xml()
    document = xml.dom.minidom.parseString(text).documentElement
    assert document.getAttribute("kind") == "Greeting"
    values = {
        item.getAttribute("name"): item.firstChild.data if item.firstChild else None
        for item in document.getElementsByTagName("property")
    }
    assert (values["content"], values["date"]) == ('a<b>&"', "2010-01-02 03:04:05")


def calls_are_under_way_together():
    operations = [db.put_async(Item(key_name=str(n), n=n)) for n in range(50)]
    keys = [operation.get_result() for operation in operations]
    gets = [db.get_async(key, rpc=db.create_rpc(deadline=10)) for key in keys]
    assert [operation.get_result().n for operation in gets] == list(range(50))
    first, last = db.allocate_ids_async(keys[0], 10).get_result()
    assert last - first == 9
    db.delete_async(keys).get_result()
    assert db.get(keys) == [None] * 50


class Packed(db.Property):
    """JSON, compressed."""

    data_type = db.Blob

    def get_value_for_datastore(self, model_instance):
        return db.Blob(zlib.compress(json.dumps(self.__get__(model_instance, None)).encode()))

    def make_value_from_datastore(self, value):
        return None if value is None else json.loads(zlib.decompress(value))

    def default_value(self):
        return {}

    def validate(self, value):
        if not isinstance(value, dict):
            raise db.BadValueError(f"Property {self.name} takes a dict, not {value!r}")
        return super().validate(value)


def even(value):
    if value % 2:
        raise db.BadValueError(f"{value} is odd")


class Settings(db.Model):
    name = db.StringProperty()
    packed = Packed()
    even = db.IntegerProperty(default=2, validator=even)
    colour = db.StringProperty(choices=["red", "green"])

    @db.ComputedProperty
    def size(self):
        return len(self.name)


def properties_of_ones_own_convert_check_and_compute():
    settings = Settings(name="AbC", packed={"a": [1]}, colour="red")
    key = settings.put()
    found = Settings.get(key)
    assert (found.packed, found.size, found.even) == ({"a": [1]}, 3, 2)
    assert Settings.all().filter("size =", 3).get().key() == key
    found.packed["b"] = 2
    found.put()
    assert Settings.get(key).packed == {"a": [1], "b": 2}
    assert Settings(name="").packed == {}
    for wrong in ({"packed": 5}, {"even": 3}, {"colour": "blue"}):
        with refusal(db.BadValueError):
            Settings(name="x", **wrong)
    with refusal(db.DerivedPropertyError):
        found.size = 4


def tenants_keep_their_entities_apart():
    for tenant in ("one", "two"):
        namespace_manager.set_namespace(tenant)
        Item(key_name="a", n=len(tenant + tenant)).put()
        assert Item.all().count() == 1
    namespace_manager.set_namespace("")
    assert Item.all().get() is None
    assert {"one", "two"} <= set(metadata.get_namespaces())
    assert [item.n for item in Item.all(namespace="two")] == [6]


def unique_names_are_kept_by_a_transaction():
    def take(name):
        key = datastore.Key.from_path("Name", name)
        if datastore.Get([key]) != [None]:
            raise ValueError(name)
        datastore.Put(datastore.Entity("Name", name=name))

    db.run_in_transaction(take, "ann")
    with refusal(ValueError, "ann"):
        db.run_in_transaction(take, "ann")
    assert datastore.Query("Name").Count() == 1
