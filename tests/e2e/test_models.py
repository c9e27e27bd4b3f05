"""Models of a caged application: every property of the classic texts, queries, and index.yaml.

Source: App Engine, "The Datastore API": "Types and Property Classes", "Queries and Indexes",
"GQL Reference", "Keys and Entity Groups".
"""

import json

import pytest

from tests.e2e.serving import DevServer, wait_until, wsgi_application

APP = """
import datetime
import json
from google.appengine.api import users
from google.appengine.ext import db


class Owner(db.Model):
    name = db.StringProperty()


def short(value):
    if value and len(value) > 5:
        raise db.BadValueError("too long")


class Pet(db.Model):
    name = db.StringProperty(required=True, validator=short)
    kind_of = db.StringProperty(choices=["cat", "dog", "bird"], default="cat")
    story = db.TextProperty()
    notes = db.StringProperty(multiline=True)
    line = db.StringProperty()
    legs = db.IntegerProperty(default=4)
    weight = db.FloatProperty()
    tame = db.BooleanProperty(default=False)
    born = db.DateProperty()
    changed = db.DateTimeProperty(auto_now=True)
    added = db.DateTimeProperty(auto_now_add=True)
    keeper = db.UserProperty()
    owner = db.ReferenceProperty(Owner, collection_name="pets")
    tags = db.ListProperty(str)


def refusal(make):
    try:
        make()
    except db.BadValueError as error:
        return str(error)


def properties():
    owner = Owner(key_name="ann", name="Ann").put()
    born, user = datetime.date(2008, 4, 7), users.User("ann@example.com")
    pet = Pet(name="Rex", kind_of="dog", story="long " * 1000, notes="a\\nb", weight=4.5, tame=True,
              born=born, keeper=user, owner=owner, tags=["soft", "grey"])
    key = pet.put()
    found = db.get(key)
    first = found.changed, found.added
    found.put()
    again = Pet.get(key)
    return {
        "same": [getattr(found, name) == getattr(pet, name) for name in Pet.properties()
                 if name not in ("changed", "added", "owner")],
        "types": [type(found.story).__name__, type(found.born).__name__],
        "owner": [found.owner.name, [each.name for each in Owner.get_by_key_name("ann").pets]],
        "defaults": [Pet(name="x").kind_of, Pet(name="x").legs, Pet(name="x").tame],
        "auto": [again.changed > first[0], again.added == first[1]],
        "by user": [p.name for p in db.GqlQuery("SELECT * FROM Pet WHERE keeper = :1", user)],
    }


def refusals():
    return [
        refusal(lambda: Pet()),
        refusal(lambda: Pet(name="Barnaby")),
        refusal(lambda: Pet(name="Rex", kind_of="fish")),
        refusal(lambda: Pet(name="Rex", line="a\\nb")),
        refusal(lambda: Pet(name="Rex", legs="four")),
    ]


def names(query):
    return [pet.name for pet in query]


def queries():
    db.delete(Pet.all(keys_only=True).fetch(100))
    parent = Owner(key_name="bob", name="Bob").put()
    rows = [("Ann", "cat", 4, 1.5), ("Ben", "dog", 4, 9.5), ("Cat", "cat", 3, 2.5),
            ("Dot", "bird", 2, 0.5), ("Eve", "cat", 4, 0.7)]
    db.put([Pet(name=n, kind_of=k, legs=l, weight=w, tags=[n, k], parent=parent if l == 4 else None)
            for n, k, l, w in rows])
    gql = db.GqlQuery
    return {
        "kind": sorted(names(Pet.all())),
        "ancestor": sorted(names(Pet.all().ancestor(parent))),
        "equal": sorted(names(Pet.all().filter("kind_of =", "cat"))),
        "range": names(Pet.all().filter("weight >", 0.6).filter("weight <", 3.0)),
        "sorted": names(Pet.all().order("-weight")),
        "list": names(Pet.all().filter("tags =", "bird")),
        "merged": names(Pet.all().filter("kind_of =", "cat").filter("legs =", 3)),
        "composite": names(Pet.all().filter("kind_of =", "cat").order("-weight")),
        "composite of an ancestor": names(Pet.all().ancestor(parent).order("weight")),
        "gql": names(gql("SELECT * FROM Pet WHERE kind_of = :1 AND weight < :2 ORDER BY weight",
                         "cat", 2.0)),
        "gql by name": names(Pet.gql("WHERE kind_of = :kind ORDER BY weight DESC LIMIT 1",
                                     kind="cat")),
        "gql ancestor": sorted(names(gql("SELECT * FROM Pet WHERE ANCESTOR IS :1", parent))),
        "fetch": names(Pet.all().order("name").fetch(2, offset=1)),
        "get": Pet.all().order("weight").get().name,
        "count": Pet.all().filter("legs =", 4).count(),
    }


def keys():
    parent = db.Key.from_path("Owner", "ann")
    first, last = db.allocate_ids(db.Key.from_path("Pet", 1), 10)
    batch = db.put([Owner(parent=parent, key_name=name, name=name) for name in "abc"])
    before = [owner and owner.name for owner in db.get(batch)]
    db.delete(batch[:2])
    once = [Owner.get_or_insert("carl", name="Carl").name,
            Owner.get_or_insert("carl", name="Other").name]

    def rename():
        owner = Owner.get_by_key_name("carl")
        owner.name += "!"
        owner.put()
        return owner.name

    return {
        "allocated": last - first,
        "batch": [before, [owner and owner.name for owner in db.get(batch)]],
        "path": batch[0].to_path(), "parent": batch[0].parent() == parent,
        "once": once,
        "transaction": [db.run_in_transaction(rename), Owner.get_by_key_name("carl").name],
        "new id": bool(Owner(name="x").put().id()),
    }


def app(environ, start_response):
    answer = globals()[environ["PATH_INFO"].strip("/")]()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("models") / "app", APP)
    with DevServer([app]) as running:
        yield running


def ask(server, path):
    reply = server.get(path)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)


def test_properties_keep_their_values_and_options(server):
    found = ask(server, "/properties")
    assert all(found.pop("same"))
    assert found == {
        "types": ["Text", "date"],
        "owner": ["Ann", ["Rex"]],
        "defaults": ["cat", 4, False],
        "auto": [True, True],
        "by user": ["Rex"],
    }


def test_values_that_a_property_does_not_take_are_refused_by_name(server):
    assert ask(server, "/refusals") == [
        "Property name is required",
        "too long",
        "Property kind_of is 'fish'; must be one of ['cat', 'dog', 'bird']",
        "Property line is not multi-line",
        "Property legs must be an int or long, not a str",
    ]


def test_queries_find_what_they_ask_for_and_their_indexes_are_written(server):
    assert ask(server, "/queries") == {
        "kind": ["Ann", "Ben", "Cat", "Dot", "Eve"],
        "ancestor": ["Ann", "Ben", "Eve"],
        "equal": ["Ann", "Cat", "Eve"],
        "range": ["Eve", "Ann", "Cat"],
        "sorted": ["Ben", "Cat", "Ann", "Eve", "Dot"],
        "list": ["Dot"],
        "merged": ["Cat"],
        "composite": ["Cat", "Ann", "Eve"],
        "composite of an ancestor": ["Eve", "Ann", "Ben"],
        "gql": ["Eve", "Ann"],
        "gql by name": ["Cat"],
        "gql ancestor": ["Ann", "Ben", "Eve"],
        "fetch": ["Ben", "Cat"],
        "get": "Dot",
        "count": 3,
    }
    file = server.application / "index.yaml"
    wait_until(lambda: file.exists() and file.read_text().count("- kind: Pet") == 3)
    text = file.read_text()
    assert "# AUTOGENERATED" in text
    assert text.count("ancestor: yes") == 1
    assert text.count("direction: desc") == 1


def test_keys_batches_and_transactions(server):
    assert ask(server, "/keys") == {
        "allocated": 9,
        "batch": [["a", "b", "c"], [None, None, "c"]],
        "path": ["Owner", "ann", "Owner", "a"],
        "parent": True,
        "once": ["Carl", "Carl"],
        "transaction": ["Carl!", "Carl!"],
        "new id": True,
    }
