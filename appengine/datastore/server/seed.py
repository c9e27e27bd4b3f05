"""Seeding: a short-lived process that puts a seed file's entities before anything is served.

It reads and checks the whole file, says so, and waits: only then is data touched. Each answer
is one packet, a word and a text. The end of the socket, where the supervisor has given up or
died, is the end of the process.
"""

import logging
import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import msgspec

from appengine.config.errors import ConfigurationError
from appengine.datastore.config.seed import SeedEntity, load_seed
from appengine.datastore.server import DatastoreServer
from appengine.datastore.server.entities import RESERVED, record_of
from appengine.datastore.server.ids import LAST_SEQUENTIAL, Ids
from appengine.datastore.service import (
    ABSENT,
    MAX_NAME_BYTES,
    BadRequestError,
    Entity,
    GetRequest,
    Key,
    PutRequest,
)
from appengine.rpc.callers import Caller
from appengine.rpc.errors import Error
from appengine.rpc.server import Resources
from appengine.rpc.service import Message
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata
from appengine.storage.errors import StorageError
from appengine.storage.files import CLOCK_FILE, PLATFORM_FILE, data_file

MAX_WORD_BYTES = 100
"""Longest word of the supervisor's."""


def serve(descriptor: str, storage: str, auth_domain: str, file: str, *applications: str) -> None:
    """Loads a file for the supervisor, which asks for it over a socket.

    Args:
        descriptor: of the socket, which keeps packets apart.
        storage: the directory of data, which the supervisor has locked.
        auth_domain: of users' accounts.
        file: the seed file.
        applications: those that are served.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # the one line says it all
    with socket.socket(fileno=int(descriptor)) as supervisor:
        try:
            entities = check_seed(Path(file), applications, auth_domain)
            _tell(supervisor, "checked")
            if supervisor.recv(MAX_WORD_BYTES):
                counts = load(Path(storage), entities)
                _tell(supervisor, f"loaded {describe(file, *counts)}")
        except ConfigurationError as error:
            _tell(supervisor, f"refused {error}")
        except (Error, StorageError, OSError) as error:
            _tell(supervisor, f"refused {file} cannot be loaded: {error.__cause__ or error}")


def _tell(supervisor: socket.socket, text: str) -> None:
    with suppress(BrokenPipeError):  # it has died: nobody is to be told
        supervisor.send(text.encode(errors="backslashreplace"))


def check_seed(path: Path, applications: Sequence[str], auth_domain: str) -> list[SeedEntity]:
    """Returns the entities of a file, each one as the datastore takes it.

    Raises:
        ConfigurationError: the file is wrong, or the datastore would refuse an entity.
    """
    entities = load_seed(path, applications, auth_domain)
    for entity in entities:
        _check(entity)
    return entities


def _check(seed: SeedEntity) -> None:
    """Judges an entity as the front judges what comes over the wire, property by property."""
    _judge(seed, Entity(seed.entity.key, ()))
    for item in seed.entity.properties:
        if RESERVED.fullmatch(item.name):
            raise seed.error(f"the name {item.name!r} is reserved", item.name)
        if not 0 < (size := len(item.name.encode())) <= MAX_NAME_BYTES:
            text = f"a property's name has 1 to {MAX_NAME_BYTES} bytes, not {size}"
            raise seed.error(text, item.name)
        _judge(seed, Entity(seed.entity.key, (item,)), item.name)
    _judge(seed, seed.entity)


def _judge(seed: SeedEntity, entity: Entity, name: str = "") -> None:
    try:
        record_of(entity)
        msgspec.msgpack.decode(msgspec.msgpack.encode(entity), type=Entity)
    except (msgspec.MsgspecError, BadRequestError) as error:
        raise seed.error(str(error), name) from error


def load(directory: Path, entities: Sequence[SeedEntity]) -> tuple[int, int]:
    """Puts the entities that are not stored yet; returns how many those are, and the others.

    Raises:
        Error: a put has failed; that application's data is as it was.
    """
    loaded = 0
    with ExitStack() as stack:
        platform = Storage(directory / PLATFORM_FILE, platform_metadata)
        stack.enter_context(closing(platform))
        clock = Clock(directory / CLOCK_FILE)
        for application in dict.fromkeys(each.application for each in entities):
            storage = Storage(data_file(directory, application))
            stack.enter_context(closing(storage))
            mine = [each.entity for each in entities if each.application == application]
            server = _server(application, storage, platform, clock)
            loaded += put_absent(server, mine)
    return loaded, len(entities) - loaded


def _server(application: str, storage: Storage, platform: Storage, clock: Clock) -> DatastoreServer:
    resources = Resources(open_storage=lambda _application: storage, platform=platform, clock=clock)
    return DatastoreServer(Caller(application=application), resources, _refuse)


def _refuse(service: str, method: str, _request: Message, /) -> Message:
    raise BadRequestError(f"{service}.{method} is not called before anything is served")


def put_absent(server: DatastoreServer, entities: Sequence[Entity]) -> int:
    """Puts the entities whose keys are not stored, all or none; returns how many those are.

    Raises:
        Error: the put has failed.
    """
    answer = server.get(GetRequest(keys=tuple(entity.key for entity in entities)))
    absent = tuple(
        entity for entity, stored in zip(entities, answer.entities, strict=True) if stored == ABSENT
    )
    _reserve_ids(server, [entity.key for entity in absent])
    server.put(PutRequest(entities=absent))
    return len(absent)


def _reserve_ids(server: DatastoreServer, keys: Sequence[Key]) -> None:
    """Keeps the datastore from giving out ids that the file has."""
    ids = server.storage.companion(Ids, server.caller.application)
    highest: dict[Key, int] = {}  # by parent and kind: what is in a row is reserved up to it
    scattered = []
    for key in keys:
        number = key.path[-1]
        if isinstance(number, int) and number > LAST_SEQUENTIAL:
            scattered.append(number)
        elif isinstance(number, int):
            group = Key(key.namespace, (*key.path[:-1], None))
            highest[group] = max(number, highest.get(group, 0))
    ids.pass_over(scattered)
    with server.storage.transaction():
        for group, number in highest.items():
            ids.allocate_to(group, number)


def describe(file: str, loaded: int, stored: int) -> str:
    """Returns what was done: `seed.yaml: 12 entities loaded, 3 were there already`."""
    noun = "entity" if loaded == 1 else "entities"
    verb = "was" if stored == 1 else "were"
    rest = f", {stored} {verb} there already" if stored else ""
    return f"{file}: {loaded} {noun} loaded{rest}"
