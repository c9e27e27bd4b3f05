"""Properties that point to entities and users.

Source: App Engine, "Property classes" and "References" (`google.appengine.ext.db`).
"""

from collections.abc import Callable, Sequence
from typing import Self, cast, overload

from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.operations import load_async
from appengine.datastore.client.wire import entity_from_wire
from appengine.datastore.datastore_errors import BadValueError, ReferencePropertyResolveError
from appengine.datastore.datastore_types import Key, typename
from appengine.datastore.db.errors import (
    ConfigurationError,
    DuplicatePropertyError,
    KindError,
)
from appengine.datastore.db.kinds import class_for_kind
from appengine.datastore.db.models import Model
from appengine.datastore.db.properties import AUTO_UPDATE_UNCHANGED, Property
from appengine.datastore.db.queries import Query
from appengine.datastore.db.stored import Stored
from appengine.users.service import User


class ReferenceProperty(Property[Model]):
    """A reference to an entity, which is fetched when it is first read.

    The referenced model gets a query for the entities that refer to it, `collection_name`; by
    default the referring model's name in lower case and `_set`. Where entities of any model may be
    referred to, all models get it.
    """

    def __init__(
        self,
        reference_class: type[Model] | None = None,
        verbose_name: str | None = None,
        collection_name: str | None = None,
        **options: object,
    ) -> None:
        """Makes the property.

        Raises:
            KindError: `reference_class` is no model.
        """
        super().__init__(verbose_name, **options)  # type: ignore[arg-type]  # Property names them
        if reference_class is None:
            reference_class = Model
        if reference_class is not SELF and not _is_model(reference_class, Model):
            raise KindError("reference_class must be Model or _SELF_REFERENCE")
        self.reference_class: type[Model] = reference_class
        self.collection_name = collection_name

    def __property_config__(self, model_class: type[Stored], property_name: str) -> None:
        """Takes the property's place, and gives the referenced model its collection.

        Raises:
            DuplicatePropertyError: the referenced model has something of that name.
        """
        super().__property_config__(model_class, property_name)
        if self.reference_class is SELF:
            self.reference_class = cast(type[Model], model_class)
        name = self.collection_name or f"{model_class.__name__.lower()}_set"
        self.collection_name = name
        old = getattr(self.reference_class, name, None)
        if old is not None and not (
            isinstance(old, ReverseReference) and old.is_replaced_by(model_class, property_name)
        ):
            raise DuplicatePropertyError(
                f"Class {self.reference_class.__name__} already has property {name} "
            )
        setattr(
            self.reference_class,
            name,
            ReverseReference(cast(type[Model], model_class), property_name),
        )

    @overload
    def __get__(self, instance: None, owner: type[Stored] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: Stored, owner: type[Stored] | None = None) -> Model | None: ...
    def __get__(
        self, instance: Stored | None, owner: type[Stored] | None = None
    ) -> Self | Model | None:
        """Returns the referenced entity, fetching it once, or on the model itself the property.

        Raises:
            ReferencePropertyResolveError: it is not there.
        """
        if instance is None:
            return self
        key = instance.__dict__.get(self.attribute_name())
        if key is None:
            return None
        resolved = instance.__dict__.get(self._resolved_name())
        if resolved is None:
            resolved = _fetch(key)
            instance.__dict__[self._resolved_name()] = resolved
        return cast(Model, resolved)

    def __set__(self, instance: Stored, value: object) -> None:
        """Takes an entity or a key; errors as `validate`."""
        value = self.validate(value)
        if value is not None and not isinstance(value, Key):
            referred = cast(Model, value)
            instance.__dict__[self.attribute_name()] = referred.key()
            instance.__dict__[self._resolved_name()] = referred
            return
        if instance.__dict__.get(self.attribute_name()) != value:
            instance.__dict__[self._resolved_name()] = None
        instance.__dict__[self.attribute_name()] = value

    def get_value_for_datastore(self, model_instance: Stored) -> Key | None:
        """Returns the key, without fetching the entity."""
        return cast(Key | None, model_instance.__dict__.get(self.attribute_name()))

    def validate(self, value: object) -> object:
        """Returns the entity or key.

        Raises:
            BadValueError: it is neither, or the entity has no complete key.
            KindError: the entity is of another model.
        """
        if value is None or isinstance(value, Key):
            return super().validate(value)
        has_key = getattr(value, "has_key", None)
        if has_key is None:
            raise BadValueError(
                f"Property {self.name} must be a Key or an instance of "
                f"{self.reference_class.__name__}; received {value!r} (a {typename(value)})"
            )
        if not has_key():
            raise BadValueError(
                f"{self.reference_class.kind()} instance must have a complete key before it can "
                "be stored as a reference"
            )
        value = super().validate(value)
        if not isinstance(value, self.reference_class):
            raise KindError(
                f"Property {self.name} must be an instance of {self.reference_class.kind()}"
            )
        return value

    def datastore_type(self) -> type[Model]:
        """Returns the referenced model."""
        return self.reference_class

    def _resolved_name(self) -> str:
        return f"_RESOLVED{self.attribute_name()}"


class ReverseReference:
    """The query, on a referenced entity, for those that refer to it."""

    def __init__(self, model_class: type[Model], property_name: str) -> None:
        self._model = model_class
        self._property = property_name

    def is_replaced_by(self, model_class: type[Stored], property_name: str) -> bool:
        """Returns whether a class is this one anew, as after a module's reload."""
        return (self._model.__module__, self._model.__name__, self._property) == (
            model_class.__module__,
            model_class.__name__,
            property_name,
        )

    @overload
    def __get__(self, instance: None, owner: type[Stored] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: Stored, owner: type[Stored] | None = None) -> Query[Model]: ...
    def __get__(
        self, instance: Stored | None, owner: type[Stored] | None = None
    ) -> Self | Query[Model]:
        """Returns a new query, or on the model itself this collection."""
        if instance is None:
            return self
        stored = self._model._properties[self._property].name
        return Query(self._model).filter(f"{stored} =", instance.key())

    def __set__(self, instance: Stored, value: object) -> None:
        """Refuses.

        Raises:
            BadValueError: always.
        """
        raise BadValueError("Virtual property is read-only")


class UserProperty(Property[User]):
    """A user, who may be the one that is signed in at each or at the first put."""

    data_type = User

    def __init__(  # App Engine's own positions
        self,
        verbose_name: str | None = None,
        name: str | None = None,
        required: bool = False,
        validator: Callable[[User], object] | None = None,
        choices: Sequence[object] | None = None,
        auto_current_user: bool = False,
        auto_current_user_add: bool = False,
        indexed: bool = True,
    ) -> None:
        super().__init__(verbose_name, name, None, required, validator, choices, indexed)
        self.auto_current_user = auto_current_user
        self.auto_current_user_add = auto_current_user_add

    def validate(self, value: object) -> object:
        """Returns the user; errors as `Property.validate`."""
        value = super().validate(value)
        if value is not None and not isinstance(value, User):
            raise BadValueError(f"Property {self.name} must be a User")
        return value

    def default_value(self) -> object:
        """Returns who is signed in, where the options say so."""
        if self.auto_current_user or self.auto_current_user_add:
            return current_user()
        return None

    def get_updated_value_for_datastore(self, model_instance: Stored) -> object:
        """Returns who is signed in, where `auto_current_user` says so."""
        return current_user() if self.auto_current_user else AUTO_UPDATE_UNCHANGED


def current_user() -> User | None:
    """Returns who is signed in, or None."""
    user = User(_strict_mode=False)
    return user if user.email() else None


SELF = cast(type[Model], object())
"""Stands for the model that a reference is defined in, which has no name yet."""


def self_reference_property(
    verbose_name: str | None = None, collection_name: str | None = None, **attrs: object
) -> ReferenceProperty:
    """Returns a reference to entities of the model that it is defined in."""
    if "reference_class" in attrs:
        raise ConfigurationError("Do not provide reference_class to self-reference.")
    return ReferenceProperty(SELF, verbose_name, collection_name, **attrs)


def _is_model(value: object, model: type) -> bool:
    return isinstance(value, type) and issubclass(value, model)


def _fetch(key: Key) -> object:
    found = load_async([key], Configuration(), entity_from_wire).get_result()[0]
    if not isinstance(found, Entity):
        raise ReferencePropertyResolveError(
            f"ReferenceProperty failed to be resolved: {key.to_path()!r}"
        )
    return class_for_kind(found.kind()).from_entity(found)
