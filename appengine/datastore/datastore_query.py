"""Cursors and options of queries, by the name that applications import them.

Source: App Engine, `google.appengine.datastore.datastore_query`.
"""

from appengine.datastore.client.cursors import Cursor
from appengine.datastore.client.query_options import QueryOptions

__all__ = ["Cursor", "QueryOptions", "websafe_decode_cursor", "websafe_encode_cursor"]

websafe_decode_cursor = Cursor.from_websafe_string
websafe_encode_cursor = Cursor.to_websafe_string
