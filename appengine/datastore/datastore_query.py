"""Queries as unchangeable objects, their filters, orders, options, batches and cursors.

Source: App Engine, `google.appengine.datastore.datastore_query`.
"""

from appengine.datastore.client.batches import Batch, Batcher
from appengine.datastore.client.batches import BatchIterator as ResultsIterator
from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.orders import CompositeOrder, Order, PropertyOrder
from appengine.datastore.client.predicates import (
    CompositeFilter,
    CorrelationFilter,
    FilterPredicate,
    NamedValue,
    PropertyFilter,
    make_filter,
)
from appengine.datastore.client.query_options import FetchOptions, QueryOptions
from appengine.datastore.client.signatures import Query, apply_query

__all__ = [
    "Batch",
    "Batcher",
    "CompositeFilter",
    "CompositeOrder",
    "CorrelationFilter",
    "Cursor",
    "FetchOptions",
    "FilterPredicate",
    "NamedValue",
    "Order",
    "PropertyFilter",
    "PropertyOrder",
    "Query",
    "QueryOptions",
    "ResultsIterator",
    "apply_query",
    "make_filter",
    "websafe_decode_cursor",
    "websafe_encode_cursor",
]

websafe_decode_cursor = Cursor.from_websafe_string
websafe_encode_cursor = Cursor.to_websafe_string
