"""What applications do with entities and keys: get, put, delete, ids.

Source: App Engine, `google.appengine.ext.db`.
"""

from collections.abc import Iterable

from appengine.datastore.client import operations
from appengine.datastore.client.calls import Operation
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.entities import Entity
from appengine.datastore.client.operations import load_async, normalize, remove_async, store_async
from appengine.datastore.client.queries import Query as PlainQuery
from appengine.datastore.client.wire import entity_from_wire
from appengine.datastore.datastore_errors import BadArgumentError, BadKeyError
from appengine.datastore.datastore_types import Key
from appengine.datastore.db.kinds import class_for_kind
from appengine.datastore.db.queries import Query
from appengine.datastore.db.stored import Stored, key_of

KEY_RANGE_EMPTY = "Empty"
KEY_RANGE_CONTENTION = "Contention"
KEY_RANGE_COLLISION = "Collision"


def _load(entity: Entity | None) -> Stored | None:
    return None if entity is None else class_for_kind(entity.kind()).from_entity(entity)


def _keys(values: object) -> tuple[list[Key], bool]:
    found, several = normalize(values, (Stored, Key, str))
    keys = [key_of(value) for value in found]
    for key in keys:
        if not key.has_id_or_name():
            raise BadKeyError(f"Key {key!r} is not complete.")
    return keys, several


def get_async(keys: object, **kwargs: object) -> Operation[Stored | list[Stored | None] | None]:
    """Starts `get`, and returns the operation whose result it gives."""
    config = Configuration.of(kwargs)
    wanted, several = _keys(keys)
    operation = load_async(wanted, config, entity_from_wire)

    def finish() -> Stored | list[Stored | None] | None:
        found = [_load(entity) for entity in operation.get_result()]
        return found if several else found[0]

    return Operation(finish, config.on_completion)


def get(keys: object, **kwargs: object) -> Stored | list[Stored | None] | None:
    """Returns the entity of one key, or a list for several; None where there is none.

    Args:
        keys: a key, its text or an entity, or an iterable of these.
        kwargs: options of `create_config`.

    Raises:
        KindError: no model has the entity's kind.
    """
    return get_async(keys, **kwargs).get_result()


def put_async(models: object, **kwargs: object) -> Operation[Key | list[Key]]:
    """Starts `put`, and returns the operation whose result it gives."""
    config = Configuration.of(kwargs)
    stored, several = normalize(models, (Stored,))
    entities = [model._to_entity() for model in stored]
    operation = store_async(entities, config)

    def finish() -> Key | list[Key]:
        keys = operation.get_result()
        for model, entity in zip(stored, entities, strict=True):
            model._entity, model._key = entity, entity.key()
        return keys if several else keys[0]

    return Operation(finish, config.on_completion)


def put(models: object, **kwargs: object) -> Key | list[Key]:
    """Stores one entity and returns its key, or several and returns a list.

    Args:
        models: an instance of a model, or an iterable of them.
        kwargs: options of `create_config`.
    """
    return put_async(models, **kwargs).get_result()


def delete_async(models: object, **kwargs: object) -> Operation[None]:
    """Starts `delete`, and returns the operation."""
    config = Configuration.of(kwargs)
    return remove_async(_keys(models)[0], config)


def delete(models: object, **kwargs: object) -> None:
    """Deletes entities; one that is not there is no error.

    Args:
        models: an entity, its key or the key's text, or an iterable of these.
        kwargs: options of `create_config`.

    Raises:
        NotSavedError: an entity has no key.
    """
    delete_async(models, **kwargs).get_result()


def allocate_ids_async(model: object, size: int, **kwargs: object) -> Operation[tuple[int, int]]:
    """Starts `allocate_ids`, and returns the operation whose result it gives."""
    keys, _ = _keys(model)
    return operations.allocate_ids_async(keys, size, None, **kwargs)


def allocate_ids(model: object, size: int, **kwargs: object) -> tuple[int, int]:
    """Reserves ids for new entities, and returns the first and the last one.

    Args:
        model: an entity or key of the parent and kind; its own id does not matter.
        size: how many.
        kwargs: options of `create_config`.
    """
    return allocate_ids_async(model, size, **kwargs).get_result()


def allocate_id_range(model: object, start: int, end: int, **kwargs: object) -> str:
    """Reserves the ids from `start` to `end`, as far as that can be done.

    Returns:
        `KEY_RANGE_EMPTY`; `KEY_RANGE_COLLISION` where entities have such ids already;
        `KEY_RANGE_CONTENTION` where some of the ids were given out before.

    Raises:
        BadArgumentError: the range is empty, or not of positive numbers.
    """
    keys, _ = _keys(model)
    if len(keys) != 1:
        raise BadArgumentError("Cannot allocate IDs for more than one model key at a time")
    if not 1 <= start <= end:
        raise BadArgumentError(
            f"Range end {end} cannot be less than start {start}, nor start than 1"
        )
    first, _ = operations.allocate_ids(keys[0], None, end, **kwargs)
    if _has_entities(keys[0], start, end):
        return KEY_RANGE_COLLISION
    return KEY_RANGE_CONTENTION if first > start else KEY_RANGE_EMPTY


def _has_entities(key: Key, start: int, end: int) -> bool:
    kind = key.kind() or ""
    bounds = [
        Key.from_path(kind, number, parent=key.parent(), _app=key.app(), namespace=key.namespace())
        for number in (start, end)
    ]
    query = PlainQuery(kind, namespace=key.namespace(), keys_only=True)
    query["__key__ >="], query["__key__ <="] = bounds
    parent = key.parent()
    found: Iterable[object] = query.run(limit=None if parent else 1)
    return any(isinstance(item, Key) and item.parent() == parent for item in found)


def query_descendants(model_instance: Stored) -> Query[Stored]:
    """Returns a query for all entities below this one, of any kind.

    Raises:
        NotSavedError: it has no key.
    """
    key = model_instance.key()
    return Query[Stored]().ancestor(key).filter("__key__ >", key)


def model_is_projection(model_instance: Stored) -> bool:
    """Returns whether a projection query made it: it holds the projected properties only."""
    return model_instance._entity is not None and model_instance._entity.is_projection()


def to_dict(
    model_instance: Stored, dictionary: dict[str, object] | None = None
) -> dict[str, object]:
    """Returns the entity's values by stored name, in `dictionary` if one is given."""
    found = {} if dictionary is None else dictionary
    for item in model_instance._properties.values():
        value = item.get_value_for_datastore(model_instance)
        if value != [] or getattr(item, "write_empty_list", False):  # as it is stored
            found[item.name] = value
    for name in model_instance.dynamic_properties():
        found[name] = getattr(model_instance, name)
    return found
