"""What stands behind an instance of a model: its key, and what the datastore holds of it.

Queries, references and functions know instances by this much.

Source: App Engine, "The Model class" (`google.appengine.ext.db`).
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

from appengine.datastore.client.entities import Entity
from appengine.datastore.datastore_errors import BadArgumentError
from appengine.datastore.datastore_types import Key, typename
from appengine.datastore.db.errors import KindError, NotSavedError


class StoredProperty(Protocol):
    """A property, as far as it matters for what is stored."""

    name: str
    indexed: bool

    def get_value_for_datastore(self, model_instance: "Stored") -> object:
        """Returns what is stored for the entity's value."""


class Stored:
    """Base of `Model`: identity without properties."""

    _properties: ClassVar[Mapping[str, StoredProperty]] = {}

    def __init__(self, entity: Entity | None = None) -> None:
        self._entity = entity
        self._key = None if entity is None else entity.key()
        self._key_name: str | None = None
        self._parent_key: Key | None = None
        self._app: str | None = None

    @classmethod
    def kind(cls) -> str:
        """Returns the kind of the entities: the class's name."""
        return cls.__name__

    @classmethod
    def entity_type(cls) -> str:
        """Returns the kind, in the older form."""
        return cls.kind()

    def key(self) -> Key:
        """Returns the key.

        Raises:
            NotSavedError: it has neither name nor id yet.
        """
        if self._key is not None:
            return self._key
        if self._key_name:
            return Key.from_path(
                self.kind(), self._key_name, parent=self._parent_key, _app=self._app
            )
        raise NotSavedError(
            f"this {self.kind()} has no key: it has no key_name and has not been put"
        )

    def has_key(self) -> bool:
        """Returns whether `key` returns one."""
        return self._key is not None or bool(self._key_name)

    def is_saved(self) -> bool:
        """Returns whether it has been put or was read from the datastore."""
        return self._entity is not None

    def parent_key(self) -> Key | None:
        """Returns the parent's key; None for a root entity."""
        if self._parent_key is not None:
            return self._parent_key
        return self._key.parent() if self._key is not None else None

    def dynamic_properties(self) -> list[str]:
        """Returns the names of the properties that the model does not define: none."""
        return []

    @classmethod
    def from_entity(cls, entity: Entity) -> Self:
        """Returns the instance for what was stored.

        Raises:
            KindError: it is of another kind.
        """
        cls._check_kind(entity)
        return cls(entity)

    @classmethod
    def _check_kind(cls, entity: Entity) -> None:
        if entity.kind() != cls.kind():
            raise KindError(f"Class {cls.__name__!r} cannot handle kind {entity.kind()!r}")

    def _to_entity(self) -> Entity:
        """Returns what is stored; an entity without name and id has an incomplete key."""
        if self.has_key():
            return Entity._load(self.key(), {})
        return Entity(self.kind(), parent=self._parent_key, _app=self._app)


def key_of(value: object) -> Key:
    """Returns the key of an instance, a key or a key's text.

    Raises:
        BadArgumentError: it is none of these.
        NotSavedError: the instance has no key.
    """
    if isinstance(value, Stored):
        return value.key()
    if isinstance(value, str):
        return Key(value)
    if isinstance(value, Key):
        return value
    raise BadArgumentError(
        "Expected an instance or iterable of (Model, Key, str); "
        f"received {value} (a {typename(value)})."
    )
