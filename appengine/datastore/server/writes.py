"""Writes: entities become commits, once every index that they need is defined."""

from collections.abc import Callable, Iterable, Mapping

from appengine.datastore.server import log
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.commit import Commit, IndexesChangedError, Write
from appengine.datastore.server.entities import Values, check_writable, place_of, record_of
from appengine.datastore.server.indexes import Indexes
from appengine.datastore.service import BadRequestError, Entity, InternalError, Key
from appengine.storage.clock import Clock
from appengine.storage.connection import Connection
from appengine.storage.engine import Storage

ATTEMPTS = 8
"""Times that a commit looks again for indexes that others keep changing."""


class Writer:
    """Writes entities of one application."""

    def __init__(self, storage: Storage, application: str, clock: Clock) -> None:
        self._storage = storage
        self._application = application
        self._catalog = storage.companion(Catalog, application)
        self._clock = clock

    def write(
        self,
        writes: list[Write],
        reads: Mapping[bytes, tuple[int, int]],
        act: Iterable[Callable[[], object]] = (),
    ) -> dict[bytes, int]:
        """Commits the writes together and returns the new versions of their groups, by root.

        Args:
            writes: no key twice.
            reads: bucket and version of each group that a transaction has touched, by root.
            act: what else is done in the same SQL transaction.

        Raises:
            ConcurrentTransactionError: a group has moved on from the version in `reads`.
        """
        for _attempt in range(ATTEMPTS):
            ensured = self._ensure(writes)
            try:
                with self._storage.transaction() as connection:
                    versions = self._commit(connection, ensured, writes, reads)
                    for action in act:
                        action()
                return versions
            except IndexesChangedError:
                continue
        raise InternalError(f"the indexes changed {ATTEMPTS} times while the commit was tried")

    def _commit(
        self,
        connection: Connection,
        ensured: Indexes,
        writes: list[Write],
        reads: Mapping[bytes, tuple[int, int]],
    ) -> dict[bytes, int]:
        now = self._clock.now_microseconds()
        commit = Commit(connection, self._catalog, ensured, writes, now)
        versions = commit.run(reads)
        if commit.id % log.TRIM_EVERY < len(versions):
            log.trim(connection, self._application, now)
        return versions

    def _ensure(self, writes: list[Write]) -> Indexes:
        """Defines the indexes that the new entities need."""
        by_kind: dict[str, list[Values]] = {}
        for write in writes:
            if write.record is not None:
                by_kind.setdefault(str(write.key.path[-2]), []).append(write.record.values)
        for kind, values in by_kind.items():
            self._catalog.ensure(kind, values)
        return self._catalog.known


def put_of(entity: Entity) -> Write:
    """Returns the write that stores an entity.

    Raises:
        BadRequestError: the entity breaks a rule or a limit.
    """
    record = record_of(entity)
    return Write(entity.key, record.place, record)


def delete_of(key: Key) -> Write:
    """Returns the write that deletes an entity.

    Raises:
        BadRequestError: there can be no such key.
    """
    check_writable(key)
    return Write(key, place_of(key), None)


def last_of_each(writes: Iterable[Write]) -> list[Write]:
    """Returns the last write of each key."""
    return list({write.place.key: write for write in writes}.values())


def all_different(writes: Iterable[Write]) -> list[Write]:
    """Returns the writes of one transaction.

    Raises:
        BadRequestError: a key is written twice.
    """
    found: dict[bytes, Write] = {}
    for write in writes:
        if found.setdefault(write.place.key, write) is not write:
            raise BadRequestError(f"the transaction writes {write.key.path!r} twice")
    return list(found.values())
