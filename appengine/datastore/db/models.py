"""The model: a class whose instances are entities of one kind.

Source: App Engine, "The Model class" (`google.appengine.ext.db`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Self, TypeAlias, TypeVar, cast, overload

from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.operations import normalize, remove_async
from appengine.datastore.client.transactions import run_in_transaction
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadKeyError,
    BadValueError,
)
from appengine.datastore.datastore_types import Key, typename
from appengine.datastore.db import functions
from appengine.datastore.db.errors import DerivedPropertyError, KindError
from appengine.datastore.db.kinds import register
from appengine.datastore.db.lists import ListProperty
from appengine.datastore.db.properties import (
    AUTO_UPDATE_UNCHANGED,
    Property,
    initialize_properties,
)
from appengine.datastore.db.queries import GqlQuery, Query
from appengine.datastore.db.simple_properties import ComputedProperty
from appengine.datastore.db.stored import Stored, key_of

T = TypeVar("T")
Several: TypeAlias = list[T] | tuple[T, ...] | set[T] | frozenset[T] | Iterator[T]
"""What stands for several keys, ids or names; a text is one name, though it has letters."""


class PropertiedClass(type):
    """Makes a class a model: collects its properties and notes its kind."""

    def __init__(
        cls, name: str, bases: tuple[type, ...], dct: dict[str, object], map_kind: bool = True
    ) -> None:
        """Makes the model.

        Raises:
            DuplicatePropertyError: two properties have the same name.
            ReservedWordError: a property has the name of a part of `Model`.
        """
        super().__init__(name, bases, dct)
        model = cast("type[Model]", cls)
        model._properties = initialize_properties(model, bases, dct)
        model._unindexed = frozenset(
            item.name for item in model._properties.values() if not item.indexed
        )
        if map_kind:
            register(model)


class Model(Stored, metaclass=PropertiedClass):
    """Base of the models; its properties are class attributes."""

    _properties: ClassVar[dict[str, Property[object]]]
    _unindexed: ClassVar[frozenset[str]]

    def __init__(
        self,
        parent: "Model | Key | None" = None,
        key_name: str | None = None,
        _app: str | None = None,
        _from_entity: Entity | bool = False,
        **kwds: object,
    ) -> None:
        """Makes an entity that is not stored yet; `kwds` are its properties.

        Args:
            parent: the entity, or the key, that it lies under in its entity group.
            key_name: names it; otherwise it gets an id when it is first put.
            _app: the application; its own only.
            _from_entity: what was stored, when a stored entity is made.
            kwds: properties by name, and `key` instead of `parent` and `key_name`; others are
                ignored.

        Raises:
            BadKeyError: the name is empty or no text, or the key is of another kind.
            BadArgumentError: `key` does not agree with `parent` or `key_name`.
            BadValueError: a property cannot have its value, or the parent has no key.
        """
        super().__init__(_from_entity if isinstance(_from_entity, Entity) else None)
        self._parent: Model | None = None
        self._app = _app
        if (key := kwds.get("key")) is not None and not _from_entity:
            self._key = _check_key(key, self.kind(), parent, key_name)
        elif not _from_entity:
            self._key_name = _check_name(key_name)
            self._take_parent(parent)
        self._take_values(kwds, _from_entity)

    def _take_parent(self, parent: object) -> None:
        if parent is None:
            return
        if isinstance(parent, Key):
            if not parent.has_id_or_name():
                raise BadKeyError(f"Key {parent!r} is not complete.")
            self._parent_key = parent
        elif isinstance(parent, Model):
            if not parent.has_key():
                raise BadValueError(
                    f"{parent.kind()} instance must have a complete key before it can be used as "
                    "a parent."
                )
            self._parent, self._parent_key = parent, parent.key()
        else:
            raise TypeError(f"Expected Model type; received {parent} (is {typename(parent)})")

    def _take_values(self, values: Mapping[str, object], stored: Entity | bool) -> None:
        is_projection = isinstance(stored, Entity) and stored.is_projection()
        for item in self._properties.values():
            if item.name in values:
                try:
                    item.__set__(self, values[item.name])
                except DerivedPropertyError:
                    if not stored:  # what was computed and stored is computed anew
                        raise
            elif is_projection:
                self.__dict__[item.attribute_name()] = None
            elif not isinstance(item, ComputedProperty):
                item.__set__(self, item.default_value())

    @classmethod
    def properties(cls) -> dict[str, Property[object]]:
        """Returns the properties by the names of their attributes."""
        return dict(cls._properties)

    @classmethod
    def fields(cls) -> dict[str, Property[object]]:
        """Returns the properties, in the older form."""
        return cls.properties()

    def instance_properties(self) -> list[str]:
        """Returns the dynamic properties, in the older form."""
        return self.dynamic_properties()

    def parent(self) -> "Model | None":
        """Returns the parent, fetching it once; None for a root, or where it is not stored."""
        if self._parent is None and (key := self.parent_key()) is not None:
            self._parent = cast(Model | None, functions.get(key))
        return self._parent

    def put(self, **kwargs: object) -> Key:
        """Stores the entity, and returns its key, which has an id from now on.

        Args:
            kwargs: options of `create_config`.

        Raises:
            BadRequestError: it cannot be stored; the text says why.
        """
        return cast(Key, functions.put(self, **kwargs))

    def save(self, **kwargs: object) -> Key:
        """Stores the entity, in the older form."""
        return self.put(**kwargs)

    def delete(self, **kwargs: object) -> None:
        """Deletes the entity; its key stays.

        Raises:
            NotSavedError: it has no key.
        """
        key = self.key()
        remove_async([key], Configuration.of(kwargs)).get_result()
        self._key, self._entity = key, None

    def to_xml(self) -> str:
        """Returns the entity as XML."""
        return self._to_entity().to_xml()

    @overload
    @classmethod
    def get(cls, keys: "Key | str | Model", **kwargs: object) -> Self | None: ...
    @overload
    @classmethod
    def get(cls, keys: Several[Key] | Several[str], **kwargs: object) -> list[Self | None]: ...
    @classmethod
    def get(cls, keys: object, **kwargs: object) -> "Self | list[Self | None] | None":
        """Returns the entity of one key, or a list for several; None where there is none.

        Raises:
            KindError: an entity is of another model.
        """
        found = functions.get(keys, **kwargs)
        for item in found if isinstance(found, list) else [found]:
            if item is not None and not isinstance(item, cls):
                raise KindError(f"Kind {item.kind()!r} is not a subclass of kind {cls.kind()!r}")
        return cast("Self | list[Self | None] | None", found)

    @overload
    @classmethod
    def get_by_id(
        cls, ids: int, parent: "Model | Key | None" = None, **kwargs: object
    ) -> Self | None: ...
    @overload
    @classmethod
    def get_by_id(
        cls, ids: Several[int], parent: "Model | Key | None" = None, **kwargs: object
    ) -> list[Self | None]: ...
    @classmethod
    def get_by_id(
        cls, ids: object, parent: "Model | Key | None" = None, **kwargs: object
    ) -> "Self | list[Self | None] | None":
        """Returns the entity of one id, or a list for several; None where there is none."""
        return cls._get_by(normalize(ids, (int,)), parent, kwargs)

    @overload
    @classmethod
    def get_by_key_name(
        cls, key_names: str, parent: "Model | Key | None" = None, **kwargs: object
    ) -> Self | None: ...
    @overload
    @classmethod
    def get_by_key_name(
        cls, key_names: Several[str], parent: "Model | Key | None" = None, **kwargs: object
    ) -> list[Self | None]: ...
    @classmethod
    def get_by_key_name(
        cls, key_names: object, parent: "Model | Key | None" = None, **kwargs: object
    ) -> "Self | list[Self | None] | None":
        """Returns the entity of one key name, or a list for several; None where there is none."""
        return cls._get_by(_normalize_names(key_names), parent, kwargs)

    @classmethod
    def _get_by(
        cls,
        names: tuple[Iterable[int | str], bool],
        parent: "Model | Key | None",
        kwargs: dict[str, object],
    ) -> "Self | list[Self | None] | None":
        above = None if parent is None else key_of(parent)
        keys = [Key.from_path(cls.kind(), name, parent=above) for name in names[0]]
        return cls.get(keys, **kwargs) if names[1] else cls.get(keys[0], **kwargs)

    @classmethod
    def get_or_insert(cls, key_name: str, **kwds: object) -> Self:
        """Returns the entity of this name, which is made with `kwds` if there is none.

        Raises:
            BadRequestError: this is a transaction already; it needs its own.
        """
        return cast(Self, run_in_transaction(cls._find_or_make, key_name, kwds))

    @classmethod
    def _find_or_make(cls, key_name: str, kwds: dict[str, object]) -> Self:
        parent = cast("Model | Key | None", kwds.get("parent"))
        entity = cls.get_by_key_name(key_name, parent=parent)
        if entity is None:
            entity = cls(key_name=key_name, **kwds)  # type: ignore[arg-type]  # __init__ checks
            entity.put()
        return entity

    @classmethod
    def all(cls, **kwds: object) -> "Query[Self]":
        """Returns a query for the entities; `kwds` are options of `Query`."""
        return Query(cls, **kwds)  # type: ignore[arg-type]  # Query checks them

    @classmethod
    def gql(cls, query_string: str, *args: object, **kwds: object) -> "GqlQuery[Self]":
        """Returns a GQL query for the entities; `query_string` begins behind the kind."""
        statement = f'SELECT * FROM "{cls.kind()}" {query_string}'  # noqa: S608  # not SQL
        return GqlQuery(statement, *args, **kwds)

    @classmethod
    def from_entity(cls, entity: Entity) -> Self:
        """Returns the instance for what was stored.

        Raises:
            KindError: it is of another kind.
            BadValueError: a property cannot have its stored value.
        """
        cls._check_kind(entity)
        return cls(None, None, None, entity, **cls._load_values(entity))

    @classmethod
    def _load_values(cls, entity: Entity) -> dict[str, object]:
        """Returns the properties' values by stored name."""
        stored = [item for item in cls._properties.values() if item.name in entity]
        if entity.is_projection():
            return {
                item.name: item.make_value_from_datastore_index_value(entity[item.name])
                for item in stored
            }
        return {item.name: item.make_value_from_datastore(entity[item.name]) for item in stored}

    def _to_entity(self) -> Entity:
        """Returns what is stored; an entity without name and id has an incomplete key."""
        entity = super()._to_entity()
        entity._unindexed = self._unindexed
        if self._entity is not None:
            entity._is_projection = self._entity.is_projection()
        for item in self._properties.values():
            updated = item.get_updated_value_for_datastore(self)
            if updated is not AUTO_UPDATE_UNCHANGED:
                self.__dict__[item.attribute_name()] = updated
            value = item.get_value_for_datastore(self)
            if value == [] and not (isinstance(item, ListProperty) and item.write_empty_list):
                continue
            entity[item.name] = value
        return entity


def _check_name(key_name: object) -> str | None:
    if key_name is None:
        return None
    if not isinstance(key_name, str):
        raise BadKeyError(f"Name must be string type, not {typename(key_name)}")
    if not key_name:
        raise BadKeyError("Name cannot be empty.")
    return key_name


def _check_key(key: object, kind: str, parent: object, key_name: str | None) -> Key:
    if isinstance(key, str):
        key = Key(key)
    if not isinstance(key, Key):
        raise TypeError(f"Expected Key type; received {key} (is {typename(key)})")
    if not key.has_id_or_name():
        raise BadKeyError("Key must have an id or name")
    if key.kind() != kind:
        raise BadKeyError(f"Expected Key kind to be {kind}; received {key.kind()}")
    if key_name is not None and key_name != key.name():
        raise BadArgumentError("Cannot use key and key_name at the same time with different values")
    if parent is not None and key_of(parent) != key.parent():
        raise BadArgumentError("Cannot use key and parent at the same time with different values")
    return key


def _normalize_names(names: object) -> tuple[list[str], bool]:
    if isinstance(names, str):
        return [names], False
    return normalize(names, (str,))
