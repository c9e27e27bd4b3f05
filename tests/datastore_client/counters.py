"""Entities that transactions change, and another client that comes between."""

import threading

from appengine import datastore
from appengine.datastore.datastore_types import Key
from appengine.rpc.client import transport


def put(name, kind="Counter", **properties):
    entity = datastore.Entity(kind, name=name)
    entity.update(properties)
    return datastore.put(entity)


def read(name, kind="Counter"):
    return datastore.get(Key.from_path(kind, name))


def elsewhere(function, *args, **kwargs):
    """Runs a function as another client does: in another thread, outside of the transaction."""
    pipe = transport.get()

    def run():
        transport.set(pipe)
        function(*args, **kwargs)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
