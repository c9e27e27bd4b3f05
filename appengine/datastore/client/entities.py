"""The plain entity: a key, and a dictionary of properties.

Source: App Engine, `google.appengine.api.datastore`, class `Entity`.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import NoReturn, Self

from appengine.datastore.datastore_errors import BadArgumentError, BadKeyError
from appengine.datastore.datastore_types import (
    Key,
    property_type_name,
    resolve_application,
    resolve_namespace,
    typename,
    validate_integer,
    validate_property,
    validate_string,
)
from appengine.datastore.datastore_types.keys import plain

PropertyValue = object
"""A `datastore_types.Value`, or a list of them."""


class Entity(dict[str, PropertyValue]):
    """An entity's properties by name; each assignment checks name and value."""

    __slots__ = ("_is_projection", "_key", "_unindexed")

    _key: Key
    _unindexed: frozenset[str]
    _is_projection: bool

    def __init__(  # App Engine's own positions
        self,
        kind: str,
        parent: "Entity | Key | None" = None,
        _app: str | None = None,
        name: str | None = None,
        id: int | None = None,  # noqa: A002  # App Engine's own name
        unindexed_properties: Iterable[str] = (),
        namespace: str | None = None,
        **excess: object,
    ) -> None:
        """Makes an entity that is not stored yet; without `name` and `id` it gets an id then.

        Raises:
            BadArgumentError: an argument is of the wrong type, or both `name` and `id` are given.
            BadKeyError: the parent's key is incomplete.
            BadValueError: `name` is empty, or `id` is not positive.
        """
        super().__init__()
        if excess:
            raise BadArgumentError(f"Excess keyword arguments {excess!r}")
        if name is not None and id is not None:
            raise BadArgumentError("Cannot set both name and id on an Entity")
        validate_string(kind, "kind", BadArgumentError)
        validate_string(name, "name", empty_ok=name is None)
        validate_integer(id, "id", empty_ok=True)
        path = (plain(kind), plain((id if name is None else name) or 0))
        if parent is None:
            root = (resolve_application(_app), resolve_namespace(namespace))
            self._key = Key._make(*root, path)
        else:
            self._key = _child(key_of(parent), path, _app, namespace)
        self._is_projection = False
        self.set_unindexed_properties(unindexed_properties)

    @classmethod
    def _load(cls, key: Key, properties: Mapping[str, PropertyValue]) -> Self:
        """Returns a stored entity: nothing of it needs to be checked."""
        entity = cls.__new__(cls)
        dict.update(entity, properties)
        entity._key, entity._unindexed, entity._is_projection = key, frozenset(), False
        return entity

    def app(self) -> str | None:
        """Returns the application's id."""
        return self._key.app()

    def namespace(self) -> str:
        """Returns the namespace; `""` is the default one."""
        return self._key.namespace()

    def kind(self) -> str:
        """Returns the kind."""
        return self._key.kind() or ""

    def key(self) -> Key:
        """Returns the key; incomplete until the entity is stored, unless it has a name or id."""
        return self._key

    def parent(self) -> Key | None:
        """Returns the parent's key, or None for a root entity."""
        return self._key.parent()

    def entity_group(self) -> Key:
        """Returns the key of the entity group's root."""
        return self._key.entity_group()

    def is_saved(self) -> bool:
        """Returns whether the key is complete."""
        return self._key.has_id_or_name()

    def is_projection(self) -> bool:
        """Returns whether a projection query made it: it holds the projected properties only."""
        return self._is_projection

    def unindexed_properties(self) -> frozenset[str]:
        """Returns the names of the properties that are kept out of every index."""
        return self._unindexed

    def set_unindexed_properties(self, unindexed_properties: Iterable[str]) -> None:
        """Names the properties that are kept out of every index.

        Raises:
            BadArgumentError: the names are no sequence of texts.
            BadPropertyError: a name is empty.
        """
        if isinstance(unindexed_properties, str) or not isinstance(unindexed_properties, Iterable):
            raise BadArgumentError(
                f"unindexed_properties must be a sequence; received {unindexed_properties!r} "
                f"(a {typename(unindexed_properties)})."
            )
        names = frozenset(unindexed_properties)
        for name in names:
            if not isinstance(name, str):
                raise BadArgumentError(
                    f"Expected the name of a property; received {name!r} (a {typename(name)})."
                )
            validate_property(name, None)
        self._unindexed = names

    def __setitem__(self, name: str, value: PropertyValue) -> None:
        validate_property(name, value)
        super().__setitem__(name, value)

    def setdefault(self, name: str, value: PropertyValue = None) -> PropertyValue:
        """Returns the property's value, which becomes `value` if it was absent."""
        if name not in self:
            self[name] = value
        return self[name]

    def update(self, other: Mapping[str, PropertyValue]) -> None:  # type: ignore[override]  # App Engine takes a mapping only
        """Sets all the properties of `other`."""
        for name, value in other.items():
            self[name] = value

    def copy(self) -> NoReturn:
        """Refuses: two entities with one key would overwrite each other unseen."""
        raise NotImplementedError("Entity does not support the copy() method.")

    def __hash__(self) -> int:  # type: ignore[override]  # an entity is one thing, as in App Engine
        return id(self)

    def to_xml(self) -> str:
        """Returns the entity as XML: its key as a `tag:` URI, and each value by its type's name."""
        key = f' key="{self._key}"' if self.is_saved() else ""
        lines = [f'<entity kind="{escape(self.kind())}"{key}>']
        if self.is_saved():
            lines.append(f"  <key>{escape(self._key.to_tag_uri())}</key>")
        lines += [
            f'  <property name="{escape(name)}" type="{property_type_name(value)}">'
            f"{_value_to_xml(value)}</property>"
            for name in sorted(self)
            for value in listed(self[name])
        ]
        return "\n".join([*lines, "</entity>\n"])

    ToXml = to_xml


def listed(value: PropertyValue) -> list[PropertyValue]:
    """Returns the values of a property: its list, or a list of its only value."""
    return value if isinstance(value, list) else [value]


def key_of(value: object) -> Key:
    """Returns the complete key that `value`, an entity or a key or its text, has.

    Raises:
        BadArgumentError: it is none of these.
        BadKeyError: the key is incomplete.
    """
    key = value.key() if isinstance(value, Entity) else value
    if isinstance(key, str):
        key = Key(key)
    if not isinstance(key, Key):
        raise BadArgumentError(
            f"Expects argument to be an Entity or Key; received {value} (a {typename(value)})."
        )
    if not key.has_id_or_name():
        raise BadKeyError(f"Key {key!r} is not complete.")
    return key


def _child(
    parent: Key, path: tuple[str | int, ...], application: str | None, namespace: str | None
) -> Key:
    given = (application or parent.app(), parent.namespace() if namespace is None else namespace)
    if given != (parent.app(), parent.namespace()):
        raise BadArgumentError(
            f"application and namespace {given!r} do not match the parent's, "
            f"{(parent.app(), parent.namespace())!r}"
        )
    return Key._make(parent.app() or "", parent.namespace(), (*parent.to_path(), *path))


def _value_to_xml(value: PropertyValue) -> str:
    make = getattr(value, "to_xml", None)
    if make is not None:
        return str(make())
    return "" if value is None else escape(str(value), quote=False)
