"""A seed file: entities that are in the datastore from the start, as a list in YAML."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from appengine.config.errors import ConfigurationError, in_file, shown, suggestion
from appengine.config.loader import load_nodes
from appengine.datastore.config.seed_values import Values, read_id, read_path
from appengine.datastore.config.spots import Spot
from appengine.datastore.service import Entity, Key, Namespace, Property

MAX_SEED_BYTES = 4 * 2**20
"""Largest seed file: some 30,000 small entities, which take 20 s to read."""

KEYS = "application kind name id parent namespace properties unindexed".split()


class SeedEntity(msgspec.Struct, frozen=True):
    """One entity of the file, and where it stands.

    Attributes:
        application: whose it is.
        field: the entity's place: `[2]`.
        fields: the place and the line of each property by name, of others by their keys.
    """

    application: str
    entity: Entity
    source: str
    field: str
    line: int
    properties: Mapping[str, tuple[str, int]]

    def error(self, text: str, name: str = "") -> ConfigurationError:
        """Returns the error that names this entity, or one of its properties."""
        field, line = self.properties.get(name, (self.field, self.line))
        return in_file(self.source, line, field, text)


def load_seed(path: Path, applications: Sequence[str], auth_domain: str) -> list[SeedEntity]:
    """Returns the entities of a seed file, in its order.

    Args:
        path: the file; errors name it as it is given here.
        applications: those that an entity may be for; the first is the default.
        auth_domain: of users' accounts.

    Raises:
        ConfigurationError: it cannot be read, or says what cannot be: file, line and field.
    """
    node = load_nodes(path, MAX_SEED_BYTES)
    found: dict[tuple[str, Key], SeedEntity] = {}
    for spot in Spot(node, str(path), "", node.line).items():
        entity = _read_entity(spot, applications, auth_domain)
        first = found.setdefault((entity.application, entity.entity.key), entity)
        if first is not entity:
            text = f"the entity {entity.entity.key.path!r} stands on line {first.line} already"
            raise spot.error(text)
    return list(found.values())


def _read_entity(spot: Spot, applications: Sequence[str], auth_domain: str) -> SeedEntity:
    members = spot.members(KEYS)
    application = applications[0]
    if "application" in members:
        application = _read_application(members["application"], applications)
    key = _read_key(spot, members)
    values = Values(key.namespace, auth_domain)
    properties = members["properties"].members() if "properties" in members else {}
    unindexed = _read_unindexed(members.get("unindexed"), list(properties))
    return SeedEntity(
        application=application,
        entity=Entity(
            key,
            tuple(
                _read_property(name, item, values, name not in unindexed)
                for name, item in properties.items()
            ),
        ),
        source=spot.source,
        field=spot.field,
        line=spot.line,
        properties={name: (item.field, item.line) for name, item in properties.items()},
    )


def _read_application(spot: Spot, applications: Sequence[str]) -> str:
    text = spot.text()
    if text not in applications:
        served = ", ".join(map(repr, applications))
        raise spot.error(f"{shown(text)} is not served; this command serves {served}")
    return text


def _read_key(spot: Spot, members: Mapping[str, Spot]) -> Key:
    if "kind" not in members:
        raise spot.error("the key 'kind' is missing")
    if ("name" in members) == ("id" in members):
        found = "both are there" if "id" in members else "neither is there"
        raise spot.error(f"an entity has a name or an id: {found}")
    last = read_id(members["id"]) if "id" in members else members["name"].text()
    parent = read_path(members["parent"]) if "parent" in members else ()
    namespace = _read_namespace(members["namespace"]) if "namespace" in members else ""
    return Key(namespace, (*parent, members["kind"].text(), last))


def _read_namespace(spot: Spot) -> str:
    text = spot.text()
    try:
        return msgspec.convert(text, Namespace)
    except msgspec.ValidationError as error:
        allowed = "at most 100 letters, digits, '.', '_' and '-'"
        raise spot.error(f"{shown(text)} is no namespace of {allowed}") from error


def _read_unindexed(spot: Spot | None, names: Sequence[str]) -> frozenset[str]:
    found = [] if spot is None else [(item.text(), item) for item in spot.items()]
    for name, item in found:
        if name not in names:
            text = f"{shown(name)} is no property of this entity" + suggestion(name, names)
            raise item.error(text)
    return frozenset(name for name, _ in found)


def _read_property(name: str, spot: Spot, values: Values, indexed: bool) -> Property:
    if not spot.is_list:
        return Property(name, (values.read(spot),), indexed=indexed)
    items = tuple(values.read(item) for item in spot.items())
    return Property(name, items, multiple=True, indexed=indexed)
