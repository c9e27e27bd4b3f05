"""A datastore server on a real file, and short words for its calls."""

from pathlib import Path
from weakref import WeakSet

from appengine.datastore.server import DatastoreServer
from appengine.datastore.service import (
    ABSENT,
    CommitRequest,
    DatastoreService,
    DeleteRequest,
    Entity,
    Filter,
    GetRequest,
    Key,
    Operator,
    Order,
    Property,
    PutRequest,
    Query,
    RunRequest,
    entity_decoder,
)
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata


def no_services(service, method, request, /):
    raise AssertionError(f"nobody serves {service}.{method}")


OPENED = WeakSet()
"""Those of a test: it ends with their files closed."""


class Calls:
    """Short words for the calls of a datastore's server, wherever that is."""

    def server(self):
        """Returns what has the service's methods."""
        raise AssertionError("a position says where its server is")

    def __getattr__(self, name):
        if name not in DatastoreService.methods:
            raise AttributeError(name)
        return getattr(self.server(), name)

    def put_all(self, *entities):
        return list(self.server().put(PutRequest(entities=entities)).keys)

    def delete_all(self, *keys):
        self.server().delete(DeleteRequest(keys=keys))

    def get_one(self, key, **options):
        (body,) = self.server().get(GetRequest(keys=(key,), **options)).entities
        return None if body == ABSENT else entity_decoder.decode(body)

    def find(self, kind="", *filters, orders=(), batch_size=300, **options):
        """Returns all results of a query, batch by batch."""
        more = {name: options.pop(name) for name in list(options) if name in RUN_OPTIONS}
        question = query(kind, *filters, orders=orders, **options)
        found, start = [], more.pop("start", b"")
        offset, limit = more.pop("offset", 0), more.pop("limit", None)
        while True:
            answer = self.server().run(
                RunRequest(
                    query=question,
                    start=start,
                    offset=offset,
                    limit=limit,
                    batch_size=batch_size,
                    **more,
                )
            )
            found += [entity_decoder.decode(body) for body in answer.results]
            offset -= answer.skipped
            limit = None if limit is None else limit - len(answer.results)
            start = answer.cursor
            if not answer.more:
                return found

    def ids(self, *args, **options):
        """Returns the last items of the results' paths."""
        return [entity.key.path[-1] for entity in self.find(*args, **options)]

    def transact(self, reads, puts=(), deletes=(), actions=()):
        request = CommitRequest(reads=reads, puts=puts, deletes=deletes, actions=actions)
        return self.server().commit(request).versions


class Datastore(Calls):
    """An application's datastore; each call is one of its server's, as the front makes it."""

    def __init__(self, directory: Path, application="guestbook", services=no_services, **options):
        self.storage = Storage(directory / f"{application}.db", **options)
        OPENED.add(self)
        self.clock = Clock()
        self.settings = {}
        self.services = services
        self.caller = Caller(application=application)
        self.resources = Resources(
            open_storage=lambda _application: self.storage,
            platform=Storage(directory / "_platform.db", platform_metadata),
            clock=self.clock,
            settings=self.settings,
        )

    def close(self):
        self.storage.close()
        self.resources.platform.close()

    def server(self):
        return DatastoreServer(self.caller, self.resources, self.services)


RUN_OPTIONS = {"start", "end", "offset", "limit", "versions", "wants_cursors", "eventual"}


def key(*path, namespace=""):
    return Key(namespace, path)


def query(kind="", *filters, orders=(), **options):
    return Query(
        kind=kind,
        filters=tuple(Filter(name, Operator(operator), value) for name, operator, value in filters),
        orders=tuple(Order(name.removeprefix("-"), name.startswith("-")) for name in orders),
        **options,
    )


def entity(where, **values):
    """Returns an entity at a key or a path; lists become multiple properties."""
    place = where if isinstance(where, Key) else key(*where)
    return Entity(
        place,
        tuple(
            Property(name, tuple(value), multiple=True)
            if isinstance(value, list)
            else Property(name, (value,))
            for name, value in values.items()
        ),
    )
