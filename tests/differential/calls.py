"""Calls that programs make with arguments that may be wrong, by name."""

from google.appengine.api import datastore, datastore_types
from google.appengine.ext import db

from tests.differential.building import A, Pet


def _set(name, value):
    entity = datastore.Entity("A")
    entity[name] = value
    return dict(entity)


def _plain_filter(condition, value):
    query = datastore.Query("A")
    query[condition] = value
    return list(query.Run())


def _filter(condition, value):
    return list(db.Query(A).filter(condition, value))


def _with_cursor(*cursors):
    return list(db.Query(A).with_cursor(*cursors))


def _property(make, value):
    return make().validate(value)


CALLS = {
    "key": datastore_types.Key,
    "from_path": datastore_types.Key.from_path,
    "entity": lambda *args: datastore.Entity(*args).key(),
    "set": _set,
    "get": datastore.Get,
    "put": datastore.Put,
    "delete": datastore.Delete,
    "plain_query": lambda *args: list(datastore.Query(*args).Run(limit=2)),
    "plain_filter": _plain_filter,
    "plain_order": lambda *args: list(datastore.Query("A").Order(*args).Run()),
    "plain_ancestor": lambda value: list(datastore.Query("A").Ancestor(value).Run()),
    "plain_get": lambda *args: list(datastore.Query("A").Get(*args)),
    "plain_count": lambda value: datastore.Query("A").Count(value),
    "filter": _filter,
    "order": lambda value: list(db.Query(A).order(value)),
    "ancestor": lambda value: list(db.Query(A).ancestor(value)),
    "fetch": lambda *args: db.Query(A).fetch(*args),
    "count": lambda value: db.Query(A).count(value),
    "with_cursor": _with_cursor,
    "projection": lambda value: list(db.Query(A, projection=value)),
    "gql": lambda *args: list(db.GqlQuery(*args)),
    "model": lambda value: Pet(number=value).number,
    "model_key_name": lambda value: A(key_name=value).key(),
    "get_by_id": A.get_by_id,
    "get_by_key_name": A.get_by_key_name,
    "db_get": db.get,
    "db_put": db.put,
    "db_delete": db.delete,
    "allocate_ids": lambda *args: db.allocate_ids(*args)[1] > 0,
    "get_or_insert": lambda value: A.get_or_insert(value).key(),
    "run_in_transaction": lambda *args: db.run_in_transaction(lambda value: 1, *args),
    "string": lambda value: _property(db.StringProperty, value),
    "integer": lambda value: _property(db.IntegerProperty, value),
    "list_of": lambda value: _property(lambda: db.ListProperty(int), value),
    "reference": lambda value: _property(lambda: db.ReferenceProperty(A), value),
    "text": datastore_types.Text,
    "blob": datastore_types.Blob,
    "category": datastore_types.Category,
    "link": datastore_types.Link,
    "email": datastore_types.Email,
    "rating": datastore_types.Rating,
    "geo": datastore_types.GeoPt,
    "im": datastore_types.IM,
    "phone": datastore_types.PhoneNumber,
    "postal": datastore_types.PostalAddress,
    "byte_string": datastore_types.ByteString,
    "blob_key": datastore_types.BlobKey,
    "index": lambda value: db.Query(A)[value],
}
