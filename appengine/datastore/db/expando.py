"""The expando: a model whose entities may each have further properties.

Source: App Engine, "The Expando class" (`google.appengine.ext.db`).
"""

from datetime import date, time

from appengine.datastore.client.entities import Entity, listed
from appengine.datastore.datastore_types import TYPE_NAMES, Key, typename
from appengine.datastore.db.models import Model
from appengine.datastore.db.names import check_reserved_word

ACCEPTED = (*TYPE_NAMES, date, time)


class Expando(Model):
    """Base of the models whose instances take any property by assignment."""

    def __init__(
        self,
        parent: Model | Key | None = None,
        key_name: str | None = None,
        _app: str | None = None,
        _from_entity: Entity | bool = False,
        **kwds: object,
    ) -> None:
        """Makes an entity as `Model` does; unknown `kwds` become dynamic properties.

        Raises:
            TypeError: a dynamic property cannot have its value.
        """
        self.__dict__["_dynamic"] = {}
        super().__init__(parent, key_name, _app, _from_entity, **kwds)
        own = {item.name for item in self._properties.values()}
        for name, value in kwds.items():
            if name not in own and name != "key":
                setattr(self, name, value)

    def dynamic_properties(self) -> list[str]:
        """Returns the names of the properties that the model does not define."""
        return list(self._dynamic)

    def __setattr__(self, name: str, value: object) -> None:
        check_reserved_word(name)
        if name.startswith("_") or name in self._properties:
            super().__setattr__(name, value)
            return
        for item in listed(value):
            if not isinstance(item, ACCEPTED):
                raise TypeError(f"Expando cannot accept values of type '{typename(item)}'.")
        self._dynamic[name] = value

    def __getattr__(self, name: str) -> object:
        try:
            return self.__dict__["_dynamic"][name]
        except KeyError:
            raise AttributeError(f"'{typename(self)}' object has no attribute '{name}'") from None

    def __delattr__(self, name: str) -> None:
        if name in self._dynamic:
            del self._dynamic[name]
        else:
            super().__delattr__(name)

    @classmethod
    def _load_values(cls, entity: Entity) -> dict[str, object]:
        return dict(entity) | super()._load_values(entity)

    def _to_entity(self) -> Entity:
        entity = super()._to_entity()
        for name, value in self._dynamic.items():
            entity[name] = value
        return entity

    @property
    def _dynamic(self) -> dict[str, object]:
        found: dict[str, object] = self.__dict__["_dynamic"]
        return found
