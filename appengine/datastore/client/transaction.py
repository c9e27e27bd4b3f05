"""One try of a transaction: it lives here, in the client, until its one commit message.

A transaction holds the version at which it sees each entity group, which the datastore tells at
the group's first touch, and the writes that wait for the commit. Reads carry the versions, so they
see one snapshot; own writes are not in it.

Source: App Engine, "Transactions", section "Isolation and consistency".
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import call, datastore, start
from appengine.datastore.client.configuration import TransactionOptions
from appengine.datastore.datastore_errors import BadRequestError, Error, TransactionFailedError
from appengine.rpc.client import joining

MAX_SECONDS = 60.0
"""Longest life of a transaction. Source: App Engine, "Transactions"."""

SAFE_SECONDS = 30.0
IDLE_SECONDS = 10.0
"""A transaction that is older than the first ends when nothing has been done in it for the second.
Source: App Engine, "Transactions": "10 second idle expiration time after 30 seconds"."""

MAX_BYTES = 10 * 2**20
"""Most bytes that one transaction may write. Source: App Engine, "Quotas and limits"."""

PAIR = 2
"""Items of each element of a key's path: a kind, and an id or a name."""

_current: ContextVar["Transaction | None"] = ContextVar("transaction", default=None)


class Transaction:
    """What one try of a transaction has touched, seen and still has to write.

    Attributes:
        versions: seen version by the group's root key.
        conflicted: another commit came first: the function is to be run again.
    """

    def __init__(self, options: TransactionOptions, ticket: int = 0) -> None:
        self.versions: dict[wire.Key, int] = {}
        self.conflicted = False
        self._options = options
        self._ticket = ticket  # of its precedence
        self._groups: set[wire.Key] = set()
        self._writes: dict[wire.Key, msgspec.Raw | None] = {}
        self._actions: list[wire.Action] = []
        self._size_bytes = 0
        self._asked: set[wire.Key] = set()
        self._touching: list[Callable[[], wire.VersionsResponse]] = []
        self._begun = self._used = time.monotonic()
        self._finished = False

    def touch(self, keys: Iterable[wire.Key]) -> None:
        """Notes that the groups of `keys` take part.

        Raises:
            BadRequestError: they are too many, or the transaction has ended.
        """
        self._check_open()
        groups = self._groups | {root_of(key) for key in keys}
        if len(groups) > 1 and not self._options.xg:
            raise BadRequestError(
                "cross-groups transaction need to be explicitly specified (xg=True)"
            )
        if len(groups) > wire.MAX_GROUPS:
            raise BadRequestError(
                "operating on too many entity groups in a single transaction. "
                f"At most {wire.MAX_GROUPS} take part."
            )
        self._groups = groups

    @contextmanager
    def noticing_conflicts(self) -> Iterator[None]:
        """Remembers that a call of this transaction met another commit."""
        try:
            yield
        except TransactionFailedError:
            self.conflicted = True
            raise

    def snapshot(self) -> dict[wire.Key, int]:
        """Returns the versions that the next read carries."""
        while self._touching:
            with self.noticing_conflicts():
                self.learn(self._touching.pop()().versions)
        return dict(self.versions)

    def learn(self, versions: dict[wire.Key, int]) -> None:
        """Takes the versions that a read has returned.

        Raises:
            TransactionFailedError: two reads at once saw the same group at different versions.
        """
        for group, version in versions.items():
            if self.versions.setdefault(group, version) != version:
                self.conflicted = True
                raise TransactionFailedError(f"group {group!r} moved between two reads")

    def put(self, entities: Iterable[tuple[wire.Key, msgspec.Raw]], fresh: set[wire.Key]) -> None:
        """Keeps entities for the commit, those with `fresh` keys in groups that nobody knows yet.

        Raises:
            BadRequestError: the transaction is read-only, or too large, or touches more groups.
        """
        entities = list(entities)
        self._check_writable()
        self.touch(key for key, _ in entities)
        self._ask_versions([key for key, _ in entities if key not in fresh])
        for key, data in entities:
            self._keep(key, data)

    def delete(self, keys: list[wire.Key]) -> None:
        """Keeps deletions for the commit; errors as `put`."""
        self._check_writable()
        self.touch(keys)
        self._ask_versions(keys)
        for key in keys:
            self._keep(key, None)

    def act(self, service: str, method: str, message: bytes) -> None:
        """Keeps a call of another service for the commit, of which it becomes a part.

        Raises:
            BadRequestError: there are too many, or the transaction is read-only or has ended.
        """
        self._check_writable()
        self.touch(())
        if len(self._actions) == wire.MAX_ACTIONS:
            raise BadRequestError(
                f"a transaction takes at most {wire.MAX_ACTIONS} tasks into its commit; "
                f"{service}.{method} is one more"
            )
        self._size_bytes += len(message)
        self._check_size()
        self._actions.append(wire.Action(service=service, method=method, message=message))

    def commit(self) -> None:
        """Commits, if there is anything to write.

        Raises:
            TransactionFailedError: another commit came first; nothing is written.
        """
        if not self._writes and not self._actions:
            self._finished = True
            return
        self.touch(())
        request = wire.CommitRequest(
            reads=self.snapshot(),
            puts=cast(
                tuple[wire.Entity, ...],  # encoded already: the same bytes on the wire
                tuple([data for data in self._writes.values() if data is not None]),
            ),
            deletes=tuple([key for key, data in self._writes.items() if data is None]),
            actions=tuple(self._actions),
            ticket=self._ticket,
        )
        self._finished = True
        with self.noticing_conflicts():
            call(datastore.commit, request, self._options.deadline_seconds)

    def precede(self) -> int:
        """Asks that the next try is not overtaken; returns the ticket for it, or 0."""
        if not self._writes:
            return 0
        request = wire.PrecedeRequest(keys=tuple(self._groups))
        try:
            return call(datastore.precede, request).ticket
        except Error:  # the try goes on without, and meets the same error if it lasts
            return 0

    def end(self) -> None:
        """Ends it without a commit."""
        self._finished = True

    def _check_open(self) -> None:
        """Raises BadRequestError if the transaction has ended; else it is in use from now on."""
        now = time.monotonic()
        age, idle = now - self._begun, now - self._used
        if self._finished or age > MAX_SECONDS or (age > SAFE_SECONDS and idle > IDLE_SECONDS):
            raise BadRequestError(
                "The referenced transaction has expired or is no longer valid: it ends with its "
                f"function, after {MAX_SECONDS:.0f} seconds, and after {SAFE_SECONDS:.0f} if it "
                f"has been idle for {IDLE_SECONDS:.0f}."
            )
        self._used = now

    def _check_writable(self) -> None:
        if self._options.read_only:
            raise BadRequestError("Cannot modify entities in a read-only transaction.")

    def _check_size(self) -> None:
        if self._size_bytes > MAX_BYTES:
            raise BadRequestError(
                f"a transaction writes at most {MAX_BYTES} bytes; this is {self._size_bytes}"
            )

    def _ask_versions(self, keys: list[wire.Key]) -> None:
        """Asks, without waiting, at which version groups are first touched by a write."""
        roots = {root_of(key) for key in keys} - self.versions.keys() - self._asked
        if roots:
            self._asked |= roots
            request = wire.VersionsRequest(keys=tuple(roots))
            self._touching.append(start(datastore.versions, request))

    def _keep(self, key: wire.Key, data: msgspec.Raw | None) -> None:
        if (old := self._writes.pop(key, None)) is not None:
            self._size_bytes -= len(memoryview(old))
        self._size_bytes += len(memoryview(data)) if data is not None else 0
        self._check_size()
        self._writes[key] = data
        if len(self._writes) > wire.MAX_BATCH:
            raise BadRequestError(
                f"cannot write more than {wire.MAX_BATCH} entities in a single transaction"
            )


def root_of(key: wire.Key) -> wire.Key:
    """Returns the key of the group's root."""
    return key if is_root(key) else wire.Key(key.namespace, key.path[:PAIR])


def is_root(key: wire.Key) -> bool:
    """Returns whether the key is that of a group's root."""
    return len(key.path) == PAIR


def current_transaction() -> Transaction | None:
    """Returns the transaction that this code runs in."""
    return _current.get()


def is_in_transaction() -> bool:
    """Returns whether this code runs in a transaction."""
    return _current.get() is not None


@contextmanager
def running(transaction: Transaction | None) -> Iterator[None]:
    """Makes a transaction, or none, that of the block."""
    token = _current.set(transaction)
    joined = joining.set(None if transaction is None else transaction.act)
    try:
        yield
    finally:
        joining.reset(joined)
        _current.reset(token)
