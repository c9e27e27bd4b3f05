"""What the datastore knows of itself: namespaces, kinds, properties, entity groups.

Source: App Engine, "Metadata queries" (`google.appengine.ext.db.metadata`).
"""

from typing import cast

from appengine.datastore.datastore_types import Key
from appengine.datastore.db.functions import get
from appengine.datastore.db.lists import StringListProperty
from appengine.datastore.db.models import Model
from appengine.datastore.db.queries import Query
from appengine.datastore.db.simple_properties import IntegerProperty
from appengine.datastore.db.stored import key_of


class BaseMetadata(Model):
    """Base of the kinds that the datastore makes."""

    KIND_NAME = "__BaseMetadata__"

    @classmethod
    def kind(cls) -> str:
        """Returns the kind, which begins and ends with two underscores."""
        return cls.KIND_NAME


class Namespace(BaseMetadata):
    """One namespace; the key's name is its own, and id 1 is the default namespace's."""

    KIND_NAME = "__namespace__"
    EMPTY_NAMESPACE_ID = 1

    @property
    def namespace_name(self) -> str:
        """The namespace."""
        return self.key_to_namespace(self.key())

    @classmethod
    def key_for_namespace(cls, namespace: str) -> Key:
        """Returns the key of a namespace's entity."""
        return Key.from_path(cls.KIND_NAME, namespace or cls.EMPTY_NAMESPACE_ID)

    @classmethod
    def key_to_namespace(cls, key: Key) -> str:
        """Returns the namespace whose entity has the key."""
        return key.name() or ""


class Kind(BaseMetadata):
    """One kind of the current namespace; the key's name is its own."""

    KIND_NAME = "__kind__"

    @property
    def kind_name(self) -> str:
        """The kind."""
        return self.key_to_kind(self.key())

    @classmethod
    def key_for_kind(cls, kind: str) -> Key:
        """Returns the key of a kind's entity."""
        return Key.from_path(cls.KIND_NAME, kind)

    @classmethod
    def key_to_kind(cls, key: Key) -> str:
        """Returns the kind whose entity has the key."""
        return key.name() or ""


class Property(BaseMetadata):
    """One indexed property of a kind; its kind is the parent."""

    KIND_NAME = "__property__"

    property_representation = StringListProperty()

    @property
    def property_name(self) -> str:
        """The property."""
        return self.key_to_property(self.key()) or ""

    @property
    def kind_name(self) -> str:
        """The kind."""
        return self.key_to_kind(self.key())

    @classmethod
    def key_for_kind(cls, kind: str) -> Key:
        """Returns the key above those of a kind's properties."""
        return Kind.key_for_kind(kind)

    @classmethod
    def key_for_property(cls, kind: str, property: str) -> Key:  # noqa: A002  # App Engine's name
        """Returns the key of a property's entity."""
        return Key.from_path(Kind.KIND_NAME, kind, cls.KIND_NAME, property)

    @classmethod
    def key_to_kind(cls, key: Key) -> str:
        """Returns the kind in the key of a property, or of the kind itself."""
        return str(key.to_path()[1])

    @classmethod
    def key_to_property(cls, key: Key) -> str | None:
        """Returns the property whose entity has the key; None for a kind's key."""
        return key.name() if key.kind() == cls.KIND_NAME else None


class EntityGroup(BaseMetadata):
    """The version of an entity group, which grows with each commit."""

    KIND_NAME = "__entity_group__"
    ID = 1

    version = IntegerProperty(name="__version__")

    @classmethod
    def key_for_entity(cls, entity_or_key: Model | Key) -> Key:
        """Returns the key of the group's entity, which lies below the root."""
        root = key_of(entity_or_key).entity_group()
        return Key.from_path(cls.KIND_NAME, cls.ID, parent=root)


def get_namespaces(start: str | None = None, end: str | None = None) -> list[str]:
    """Returns the namespaces from `start` up to and without `end`."""
    first = None if start is None else Namespace.key_for_namespace(start)
    last = None if end is None else Namespace.key_for_namespace(end)
    return [Namespace.key_to_namespace(key) for key in _keys(Namespace, first, last)]


def get_kinds(start: str | None = None, end: str | None = None) -> list[str]:
    """Returns the kinds of the current namespace from `start` up to and without `end`."""
    if end == "":
        return []
    first = None if not start else Kind.key_for_kind(start)
    last = None if end is None else Kind.key_for_kind(end)
    return [Kind.key_to_kind(key) for key in _keys(Kind, first, last)]


def get_properties_of_kind(
    kind: str, start: str | None = None, end: str | None = None
) -> list[str]:
    """Returns the indexed properties of a kind from `start` up to and without `end`."""
    if end == "":
        return []
    query = _properties(kind, start, end, keys_only=True)
    return [Property.key_to_property(cast(Key, key)) or "" for key in query.run()]


def get_representations_of_kind(
    kind: str, start: str | None = None, end: str | None = None
) -> dict[str, list[str]]:
    """Returns how the values of a kind's indexed properties are stored, by property."""
    if end == "":
        return {}
    found = _properties(kind, start, end).run()
    return {item.property_name: item.property_representation or [] for item in found}


def get_entity_group_version(entity_or_key: Model | Key) -> int | None:
    """Returns the version of an entity's group, which each commit to it raises."""
    found = cast(EntityGroup | None, get(EntityGroup.key_for_entity(entity_or_key)))
    return None if found is None else found.version


def _keys(model: type[BaseMetadata], first: Key | None, last: Key | None) -> list[Key]:
    query = model.all(keys_only=True)
    _limit(query, first, last)
    return [cast(Key, key) for key in query.run()]


def _properties(
    kind: str, start: str | None, end: str | None, keys_only: bool = False
) -> Query[Property]:
    query = Property.all(keys_only=keys_only).ancestor(Property.key_for_kind(kind))
    first = None if not start else Property.key_for_property(kind, start)
    last = None if end is None else Property.key_for_property(kind, end)
    _limit(query, first, last)
    return query


def _limit(
    query: Query[Property] | Query[BaseMetadata], first: Key | None, last: Key | None
) -> None:
    if first is not None:
        query.filter("__key__ >=", first)
    if last is not None:
        query.filter("__key__ <", last)
