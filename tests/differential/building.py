"""What programs' JSON stands for: values, entities, queries, by the names that applications use."""

import datetime

from google.appengine.api import datastore, datastore_types, users
from google.appengine.ext import db

BEGIN = datetime.datetime(1970, 1, 1)

MAKERS = {
    "none": lambda: None,
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "bytestring": lambda text: datastore_types.ByteString(text.encode()),
    "text": datastore_types.Text,
    "blob": lambda text: datastore_types.Blob(text.encode()),
    "category": datastore_types.Category,
    "email": datastore_types.Email,
    "phone": datastore_types.PhoneNumber,
    "postal": datastore_types.PostalAddress,
    "link": datastore_types.Link,
    "im": datastore_types.IM,
    "blobkey": datastore_types.BlobKey,
    "rating": datastore_types.Rating,
    "point": datastore_types.GeoPt,
    "user": users.User,
    "time": lambda microseconds: BEGIN + datetime.timedelta(microseconds=microseconds),
    "date": lambda days: (BEGIN + datetime.timedelta(days=days)).date(),
    "clock": lambda seconds: (BEGIN + datetime.timedelta(seconds=seconds)).time(),
    "key": lambda path: make_key(path),  # noqa: PLW0108  # it stands below
    "list": lambda items: [make_value(item) for item in items],
    "tuple": lambda items: tuple(make_value(item) for item in items),
    "object": object,
}


def make_value(value):
    """Returns what a value of a program stands for."""
    return MAKERS[value[0]](*value[1:])


def make_key(path):
    """Returns the key of a path; one that ends in None is incomplete."""
    if path[-1] is None:
        parent = make_key(path[:-2]) if path[2:] else None
        return datastore.Entity(path[-2], parent=parent).key()
    return datastore_types.Key.from_path(*path)


def make_entity(data):
    """Returns a plain entity."""
    path = data["path"]
    parent = make_key(path[:-2]) if path[2:] else None
    place = {"id" if isinstance(path[-1], int) else "name": path[-1]} if path[-1] else {}
    entity = datastore.Entity(
        path[-2], parent=parent, unindexed_properties=data["unindexed"], **place
    )
    for name, value in data["properties"].items():
        entity[name] = make_value(value)
    return entity


class A(db.Expando):
    pass


class B(db.Expando):
    pass


class Pet(db.Model):
    number = db.IntegerProperty()
    name = db.StringProperty(choices=["a", "b", "é"])
    born = db.DateTimeProperty()
    tags = db.StringListProperty()
    weight = db.FloatProperty(indexed=False)
    good = db.BooleanProperty(default=False)
    friend = db.SelfReferenceProperty()
    place = db.GeoPtProperty()
    notes = db.TextProperty()
    picture = db.BlobProperty()
    site = db.LinkProperty()
    mail = db.EmailProperty()
    kind_of = db.CategoryProperty()
    stars = db.RatingProperty()
    owner = db.UserProperty()
    day = db.DateProperty()
    hour = db.TimeProperty()


MODELS = {"A": A, "B": B, None: None}


def make_query(step, namespace=None):
    """Returns the model's query, or the plain one, of a step."""
    made = _plain_query if step["api"] == "plain" else _model_query
    return made(step)


def in_reverse(step):
    """Returns a query's step with the opposite sort orders, that of the keys among them."""
    ranges = [name for name, sign, _value in step["filters"] if sign not in ("=", "IN")]
    orders = step["orders"] or ranges[:1]
    if "__key__" not in [order.removeprefix("-") for order in orders]:
        orders = [*orders, "__key__"]
    opposite = [order[1:] if order[0] == "-" else f"-{order}" for order in orders]
    return step | {"orders": opposite}


def _model_query(step):
    form = {name: step[name] for name in ("keys_only", "projection", "distinct") if step[name]}
    query = db.Query(MODELS[step["kind"]], **form)
    for name, operator, value in step["filters"]:
        query.filter(f"{name} {operator}", make_value(value))
    if step["ancestor"]:
        query.ancestor(make_key(step["ancestor"]))
    for order in step["orders"]:
        query.order(order)
    return query


def _plain_query(step):
    form = {name: step[name] for name in ("keys_only", "projection", "distinct") if step[name]}
    query = datastore.Query(step["kind"], **form)
    for name, operator, value in step["filters"]:
        query[f"{name} {operator}"] = make_value(value)
    if step["ancestor"]:
        query.Ancestor(make_key(step["ancestor"]))
    directions = {True: datastore.Query.DESCENDING, False: datastore.Query.ASCENDING}
    orders = [(order.removeprefix("-"), directions[order[0] == "-"]) for order in step["orders"]]
    if orders:
        query.Order(*orders)
    return query
