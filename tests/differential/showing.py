"""Values, keys and entities as JSON, so that two datastores' outcomes can be compared."""

from google.appengine.api import datastore, datastore_types, users
from google.appengine.ext import db

from tests.differential.values import OWN_IDS


class Shower:
    """Shows what one program gets; ids that the datastore gave are numbered as they come."""

    def __init__(self):
        self._ids = {}
        self._versions = {}

    def show(self, value):
        """Returns a value as JSON can carry it, with its type."""
        if isinstance(value, datastore_types.Key):
            return self.key(value)
        if isinstance(value, datastore.Entity):
            return self._entity(value.key(), value)
        if isinstance(value, db.Model):
            found = value.key() if value.has_key() else None
            return self._entity(found, {**db.to_dict(value), "(class)": type(value).__name__})
        if isinstance(value, (list, tuple, set, frozenset)):
            return ["list", [self.show(item) for item in value]]
        if isinstance(value, users.User):
            return ["User", value.email()]
        if value is None or isinstance(value, (bool, int)):
            return value
        if isinstance(value, dict):
            return ["dict", {name: self.show(item) for name, item in sorted(value.items())}]
        return [type(value).__name__, repr(value)]

    def key(self, key):
        """Returns a key's namespace and path."""
        path = list(key.to_path())
        for at in range(1, len(path), 2):
            if isinstance(path[at], int) and path[at] < OWN_IDS[0]:
                name = (tuple(path[:at]), path[at])
                path[at] = ["new", self._ids.setdefault(name, len(self._ids))]
        return ["Key", key.namespace(), path]

    def version(self, group, number):
        """Returns how far an entity group has moved on since its version was first seen."""
        if number is None:
            return None
        return number - self._versions.setdefault(group, number)

    def _entity(self, key, properties):
        shown = {name: self.show(value) for name, value in properties.items()}
        return ["entity", None if key is None else self.key(key), dict(sorted(shown.items()))]
