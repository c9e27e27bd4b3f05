"""Values, keys and entities as JSON, so that two datastores' outcomes can be compared."""

import datetime

from google.appengine.api import datastore, datastore_types, users
from google.appengine.ext import db

from tests.differential.building import BEGIN
from tests.differential.values import OWN_IDS

MICROSECOND = datetime.timedelta(microseconds=1)


class Shower:
    """Shows what one program gets; ids that the datastore gave are numbered as they come."""

    def __init__(self):
        self._ids = {}
        self._versions = {}

    def show(self, value):
        """Returns a value as JSON can carry it, with its type's name where JSON has no such."""
        if value is None or type(value) in (bool, int):
            return value
        for kind, show in self._shows():
            if isinstance(value, kind):
                return show(value)
        return [type(value).__name__, repr(value)]

    def _shows(self):
        """Returns how each type is shown; the first that fits counts."""
        return [
            (datastore_types.Key, self.key),
            (datastore.Entity, lambda entity: self._entity(entity.key(), entity)),
            (db.Model, self._model),
            ((list, tuple, set, frozenset), lambda items: ["list", list(map(self.show, items))]),
            (dict, self._dictionary),
            (users.User, lambda user: ["User", user.email()]),
            (datetime.datetime, lambda moment: ["datetime", (moment - BEGIN) // MICROSECOND]),
            (bytes, lambda data: [type(data).__name__, data.decode("utf-8", "replace")]),
            (int, lambda number: [type(number).__name__, int(number)]),
            ((str, datastore_types.IM, datastore_types.BlobKey), _text),
        ]

    def _dictionary(self, items):
        return ["dict", sorted([str(name), self.show(value)] for name, value in items.items())]

    def key(self, key):
        """Returns a key's namespace and path."""
        path = list(key.to_path())
        for at in range(1, len(path), 2):
            if isinstance(path[at], int) and 0 < path[at] < OWN_IDS[0]:
                name = (key.namespace(), *map(str, path[: at + 1]))
                path[at] = ["new", self._ids.setdefault(name, len(self._ids))]
        return ["Key", key.namespace(), path]

    def version(self, group, number):
        """Returns how far an entity group has moved on since its version was first seen."""
        if number is None:
            return None
        return number - self._versions.setdefault(group, number)

    def _model(self, model):
        key = model.key() if model.has_key() else None
        return self._entity(key, {**db.to_dict(model), "(class)": type(model).__name__})

    def _entity(self, key, properties):
        shown = {name: self.show(value) for name, value in sorted(properties.items())}
        return ["entity", None if key is None else self.key(key), shown]


def _text(value):
    return [type(value).__name__, str(value)]
