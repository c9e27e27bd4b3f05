"""Get, put, delete and ids: by key, in batches, waiting or not.

Source: App Engine, `google.appengine.api.datastore`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, cast

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import Operation, call, datastore, start
from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.entities import Entity, key_of
from appengine.datastore.client.transaction import Transaction, current_transaction, is_root
from appengine.datastore.client.wire import (
    encode_entity,
    entity_from_wire,
    entity_to_wire,
    key_from_wire,
    key_to_wire,
)
from appengine.datastore.datastore_errors import BadArgumentError, EntityNotFoundError
from appengine.datastore.datastore_types import Key, resolve_application, typename, validate_integer
from appengine.rpc.errors import ResponseTooLargeError

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")

MAX_CALL_BYTES = 8 * 2**20
"""Entities of one put are split into calls of about this size."""

Encoded = tuple[wire.Key, msgspec.Raw]


def normalize(values: object, types: tuple[type[Item], ...]) -> tuple[list[Item], bool]:
    """Returns the values as a list, and whether they were several.

    Raises:
        BadArgumentError: one is of none of the `types`.
    """
    names = ", ".join(kind.__name__ for kind in types)
    if isinstance(values, types):
        return [values], False
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise BadArgumentError(
            f"Expected an instance or iterable of ({names}); "
            f"received {values} (a {typename(values)})."
        )
    found = list(values)
    for value in found:
        if not isinstance(value, types):
            raise BadArgumentError(
                f"Expected one of ({names}); received {value} (a {typename(value)})."
            )
    return found, True


def normalize_keys(values: object) -> tuple[list[Key], bool]:
    """Returns the keys of keys, their texts or entities, and whether they were several."""
    found, several = normalize(values, (str, Entity, Key))
    return [key_of(value) for value in found], several


def get_async(keys: object, **options: object) -> Operation[Entity | list[Entity | None] | None]:
    """Starts `get`, and returns the operation whose result it gives."""
    config = Configuration.of(options)
    wanted, several = normalize_keys(keys)
    operation = load_async(wanted, config, entity_from_wire)

    def finish() -> Entity | list[Entity | None] | None:
        found = operation.get_result()
        if several:
            return found
        if found[0] is None:
            raise EntityNotFoundError(f"no entity has the key {wanted[0]!r}")
        return found[0]

    return Operation(finish, config.on_completion)


def get(keys: object, **options: object) -> Entity | list[Entity | None] | None:
    """Returns the entity of one key, or a list for several, None where there is none.

    Args:
        keys: a key, its text or an entity, or an iterable of these.
        options: of `create_config`.

    Raises:
        EntityNotFoundError: one key is given, and no entity has it.
    """
    return get_async(keys, **options).get_result()


def load_async(
    keys: Sequence[Key], config: Configuration, load: Callable[[str, msgspec.Raw], Loaded]
) -> Operation[list[Loaded | None]]:
    """Starts to get the entities of complete keys, which `load` makes of what is stored."""
    application = resolve_application(None)
    transaction = current_transaction()
    wanted = [key_to_wire(key) for key in keys]
    if transaction is not None:
        transaction.touch(wanted)
    versions = None if transaction is None else transaction.snapshot()
    waiting = [
        _start_get(
            wire.GetRequest(keys=piece, versions=versions, eventual=config.is_eventual),
            config.deadline_seconds,
        )
        for piece in _pieces(wanted, min(wire.MAX_GET, config.max_get_keys or wire.MAX_GET))
    ]

    def finish() -> list[Loaded | None]:
        found: list[Loaded | None] = []
        for wait in waiting:
            if transaction is None:
                response = wait()
            else:
                with transaction.noticing_conflicts():
                    response = wait()
                    transaction.learn(response.versions)
            found += [
                None if data == wire.ABSENT else load(application, data)
                for data in response.entities
            ]
        return found

    return Operation(finish)


def _start_get(
    request: wire.GetRequest, deadline_seconds: float | None
) -> Callable[[], wire.GetResponse]:
    """Starts one get; an answer that is too large is asked for again in halves."""
    wait = start(datastore.get, request, deadline_seconds)

    def finish() -> wire.GetResponse:
        try:
            return wait()
        except ResponseTooLargeError:
            if len(request.keys) == 1:
                raise
        middle = len(request.keys) // 2
        first, second = request.keys[:middle], request.keys[middle:]
        left = _start_get(msgspec.structs.replace(request, keys=first), deadline_seconds)()
        if request.versions is not None:
            request_versions = request.versions | left.versions
            rest = msgspec.structs.replace(request, keys=second, versions=request_versions)
        else:
            rest = msgspec.structs.replace(request, keys=second)
        right = _start_get(rest, deadline_seconds)()
        return wire.GetResponse(
            entities=left.entities + right.entities, versions=left.versions | right.versions
        )

    return finish


def put_async(entities: object, **options: object) -> Operation[Key | list[Key]]:
    """Starts `put`, and returns the operation whose result it gives."""
    config = Configuration.of(options)
    stored, several = normalize(entities, (Entity,))
    operation = store_async(stored, config)
    return Operation(lambda: _one_or_all(operation.get_result(), several), config.on_completion)


def put(entities: object, **options: object) -> Key | list[Key]:
    """Stores one entity and returns its key, or several and returns a list.

    An entity without id and name gets an id. In a transaction it is stored at the commit.

    Args:
        entities: an entity, or an iterable of them; the last of several with one key stays.
        options: of `create_config`.

    Raises:
        BadRequestError: an entity cannot be stored; the text says why.
    """
    return put_async(entities, **options).get_result()


def store_async(entities: list[Entity], config: Configuration) -> Operation[list[Key]]:
    """Starts to put entities; each has its complete key when the operation is done."""
    transaction = current_transaction()
    messages = [entity_to_wire(entity) for entity in entities]
    if transaction is not None:
        keys = _put_in_transaction(transaction, messages, config)
        _complete(entities, keys)
        return Operation(lambda: [entity.key() for entity in entities])
    encoded = [encode_entity(message) for message in messages]
    waiting = [
        start(
            datastore.put,
            wire.PutRequest(entities=cast(tuple[wire.Entity, ...], piece)),
            config.deadline_seconds,
        )
        for piece in _pieces_by_size(encoded, config.max_put_entities or wire.MAX_BATCH)
    ]

    def finish() -> list[Key]:
        _complete(entities, [key for wait in waiting for key in wait().keys])
        return [entity.key() for entity in entities]

    return Operation(finish)


def _put_in_transaction(
    transaction: Transaction, messages: list[wire.Entity], config: Configuration
) -> list[wire.Key]:
    incomplete = [message.key for message in messages if message.key.path[-1] is None]
    transaction.touch(key for key in incomplete if not is_root(key))
    fresh = iter(_complete_keys(incomplete, config))
    keys = [next(fresh) if message.key.path[-1] is None else message.key for message in messages]
    new_roots = {
        key for key, message in zip(keys, messages, strict=True) if message.key.path[-1] is None
    }
    transaction.put(
        [
            (key, encode_entity(wire.Entity(key, message.properties)))
            for key, message in zip(keys, messages, strict=True)
        ],
        {key for key in new_roots if is_root(key)},
    )
    return keys


def _complete_keys(keys: list[wire.Key], config: Configuration) -> Iterator[wire.Key]:
    for piece in _pieces(keys, wire.MAX_BATCH):
        request = wire.CompleteRequest(keys=piece)
        yield from call(datastore.complete, request, config.deadline_seconds).keys


def _complete(entities: list[Entity], keys: list[wire.Key]) -> None:
    for entity, key in zip(entities, keys, strict=True):
        if not entity.is_saved():
            entity._key = key_from_wire(entity.key().app() or "", key)


def delete_async(keys: object, **options: object) -> Operation[None]:
    """Starts `delete`, and returns the operation."""
    config = Configuration.of(options)
    return remove_async(normalize_keys(keys)[0], config)


def delete(keys: object, **options: object) -> None:
    """Deletes entities; one that is not there is no error. In a transaction: at the commit.

    Args:
        keys: a key, its text or an entity, or an iterable of these.
        options: of `create_config`.
    """
    delete_async(keys, **options).get_result()


def remove_async(keys: Sequence[Key], config: Configuration) -> Operation[None]:
    """Starts to delete the entities of complete keys."""
    transaction = current_transaction()
    gone = [key_to_wire(key) for key in keys]
    if transaction is not None:
        transaction.delete(gone)
        return Operation(lambda: None, config.on_completion)
    waiting = [
        start(datastore.delete, wire.DeleteRequest(keys=piece), config.deadline_seconds)
        for piece in _pieces(gone, min(wire.MAX_BATCH, config.max_delete_keys or wire.MAX_BATCH))
    ]

    def finish() -> None:
        for wait in waiting:
            wait()

    return Operation(finish, config.on_completion)


def allocate_ids_async(
    model_key: object,
    size: int | None = None,
    max: int | None = None,  # noqa: A002  # App Engine's own name
    **options: object,
) -> Operation[tuple[int, int]]:
    """Starts `allocate_ids`, and returns the operation whose result it gives."""
    config = Configuration.of(options)
    keys, _ = normalize_keys(model_key)
    if len(keys) != 1:
        raise BadArgumentError("Cannot allocate IDs for more than one model key at a time")
    _check_allocation(size, max)
    request = wire.AllocateRequest(
        key=key_to_wire(keys[0]),
        size=None if size is None else int(size),  # True, or a Rating
        max=None if max is None else int(max),
    )
    wait = start(datastore.allocate, request, config.deadline_seconds)

    def finish() -> tuple[int, int]:
        response = wait()
        return response.start, response.end

    return Operation(finish, config.on_completion)


def allocate_ids(
    model_key: object,
    size: int | None = None,
    max: int | None = None,  # noqa: A002  # App Engine's own name
    **options: object,
) -> tuple[int, int]:
    """Reserves ids, and returns the first and the last one of their range.

    Args:
        model_key: a key of the parent and kind; its own id does not matter.
        size: how many, up to 1,000,000,000.
        max: all up to this one, instead of `size`.
        options: of `create_config`.

    Raises:
        BadArgumentError: both or neither of `size` and `max`, or one out of bounds.
    """
    return allocate_ids_async(model_key, size, max, **options).get_result()


def _check_allocation(size: object, last: object) -> None:
    if size is not None and last is not None:
        raise BadArgumentError("Cannot allocate ids using both size and max")
    if size is None and last is None:
        raise BadArgumentError("Cannot allocate ids without size and max: one of them is needed")
    name, value = ("size", size) if size is not None else ("max", last)
    validate_integer(value, name, BadArgumentError, zero_ok=True, negative_ok=True)
    if not isinstance(value, int) or value < 1:
        raise BadArgumentError(f"Cannot allocate less than 1 id; received {value}")
    if name == "size" and value > wire.MAX_ALLOCATION:
        raise BadArgumentError(
            f"Cannot allocate more than {wire.MAX_ALLOCATION} ids at a time; received {value}"
        )
    if value > 2**63 - 1:
        raise BadArgumentError(f"an id is below 2**63; received {value}")


def _one_or_all(values: list[Item], several: bool) -> Item | list[Item]:
    return values if several else values[0]


def _pieces(values: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    for at in range(0, len(values), size):
        yield tuple(values[at : at + size])


def _pieces_by_size(values: list[msgspec.Raw], most: int) -> Iterator[tuple[msgspec.Raw, ...]]:
    piece: list[msgspec.Raw] = []
    size_bytes = 0
    for value in values:
        size_bytes += len(memoryview(value))
        if piece and (size_bytes > MAX_CALL_BYTES or len(piece) >= min(most, wire.MAX_BATCH)):
            yield tuple(piece)
            piece, size_bytes = [], len(memoryview(value))
        piece.append(value)
    if piece:
        yield tuple(piece)
