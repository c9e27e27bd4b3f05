"""The transaction: it lives here, in the client, until its one commit message.

A transaction holds the version at which it sees each entity group, which the datastore tells at
the group's first touch, and the writes that wait for the commit. Reads carry the versions, so they
see one snapshot; own writes are not in it.

Source: App Engine, "Transactions", section "Isolation and consistency".
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar, cast, overload

import msgspec

from appengine.datastore import service as wire
from appengine.datastore.client.calls import call, datastore, start
from appengine.datastore.client.configuration import (
    ALLOWED,
    DEFAULT_TRANSACTION_RETRIES,
    INDEPENDENT,
    MANDATORY,
    TransactionOptions,
)
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadRequestError,
    Rollback,
    TransactionFailedError,
)
from appengine.datastore.datastore_types import validate_integer
from appengine.rpc.client import joining

P = ParamSpec("P")
Result = TypeVar("Result")

MAX_SECONDS = 60.0
"""Longest life of a transaction. Source: App Engine, "Transactions"."""

MAX_BYTES = 10 * 2**20
"""Most bytes that one transaction may write. Source: App Engine, "Quotas and limits"."""

BACK_OFF_SECONDS = 0.15
BACK_OFF_GROWTH = 2
"""Longest pause before the first retry, and how much longer each further one may be.

A short pause lets the transactions that collide once collide again, and a pause that grows fast
leaves the unlucky behind; measured with 64 clients that increment one entity without a rest, see
docs/decisions/0015-the-engine-beside-the-driver.md.
"""

PAIR = 2
"""Items of each element of a key's path: a kind, and an id or a name."""

_current: ContextVar["Transaction | None"] = ContextVar("transaction", default=None)


class Transaction:
    """What one try of a transaction has touched, seen and still has to write.

    Attributes:
        versions: seen version by the group's root key.
        conflicted: another commit came first: the function is to be run again.
    """

    def __init__(self, options: TransactionOptions) -> None:
        self.versions: dict[wire.Key, int] = {}
        self.conflicted = False
        self._options = options
        self._groups: set[wire.Key] = set()
        self._writes: dict[wire.Key, msgspec.Raw | None] = {}
        self._actions: list[wire.Action] = []
        self._size_bytes = 0
        self._asked: set[wire.Key] = set()
        self._touching: list[Callable[[], wire.VersionsResponse]] = []
        self._ends = time.monotonic() + MAX_SECONDS
        self._finished = False

    def touch(self, keys: Iterable[wire.Key]) -> None:
        """Notes that the groups of `keys` take part.

        Raises:
            BadRequestError: they are too many, or the transaction has ended.
        """
        if self._finished or time.monotonic() > self._ends:
            raise BadRequestError(
                "The referenced transaction has expired or is no longer valid: it ends with its "
                f"function and after {MAX_SECONDS:.0f} seconds."
            )
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
        )
        self._finished = True
        with self.noticing_conflicts():
            call(datastore.commit, request)

    def end(self) -> None:
        """Ends it without a commit."""
        self._finished = True

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


def run_in_transaction(
    function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
) -> Result | None:
    """Runs `function` in a transaction and returns its result; None after a `Rollback`.

    The function runs up to 4 times, so it should have no other effects.

    Raises:
        TransactionFailedError: other commits came first each time; nothing is written.
        BadRequestError: this is a transaction already.
    """
    return run_in_transaction_options(TransactionOptions(), function, *args, **kwargs)


def run_in_transaction_custom_retries(
    retries: int, function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
) -> Result | None:
    """Runs `function` as `run_in_transaction` does, with `retries` after conflicts.

    Raises:
        BadArgumentError: `retries` is no number, or negative.
    """
    validate_integer(retries, "retries", BadArgumentError, zero_ok=True)
    return run_in_transaction_options(
        TransactionOptions(retries=retries), function, *args, **kwargs
    )


def run_in_read_only_transaction(
    function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
) -> Result | None:
    """Runs `function` in a transaction in which puts and deletes raise BadRequestError."""
    return run_in_transaction_options(TransactionOptions(read_only=True), function, *args, **kwargs)


def run_in_read_only_transaction_options(
    options: TransactionOptions,
    function: Callable[P, Result],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Result | None:
    """Runs `function` as `run_in_read_only_transaction` does, with further options."""
    read_only = TransactionOptions.of({"config": options, "read_only": True})
    return run_in_transaction_options(read_only, function, *args, **kwargs)


def run_in_transaction_options(
    options: TransactionOptions,
    function: Callable[P, Result],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Result | None:
    """Runs `function` in a transaction as `options` say; see `run_in_transaction`.

    Raises:
        BadRequestError: there is a transaction already, and the propagation does not allow that;
            or there is none, and the propagation is `MANDATORY`.
    """
    propagation = options.propagation
    if is_in_transaction():
        if propagation in (ALLOWED, MANDATORY):
            return function(*args, **kwargs)
        if propagation != INDEPENDENT:
            raise BadRequestError("Nested transactions are not supported.")
    elif propagation == MANDATORY:
        raise BadRequestError("Requires an existing transaction.")
    retries = DEFAULT_TRANSACTION_RETRIES if options.retries is None else options.retries
    for attempt in range(retries):
        transaction = Transaction(options)
        try:
            return _try_once(transaction, lambda: function(*args, **kwargs))
        except TransactionFailedError:
            if not transaction.conflicted:
                raise
        longest = BACK_OFF_SECONDS * BACK_OFF_GROWTH**attempt
        time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
    return _try_once(Transaction(options), lambda: function(*args, **kwargs))


@contextmanager
def _running(transaction: Transaction | None) -> Iterator[None]:
    """Makes a transaction, or none, that of the block."""
    token = _current.set(transaction)
    joined = joining.set(None if transaction is None else transaction.act)
    try:
        yield
    finally:
        joining.reset(joined)
        _current.reset(token)


def _try_once(transaction: Transaction, function: Callable[[], Result]) -> Result | None:
    try:
        with _running(transaction):
            result = function()
    except Rollback:
        transaction.end()
        return None
    except BaseException:
        transaction.end()
        raise
    transaction.commit()
    return result


@overload
def transactional(function: Callable[P, Result], /) -> Callable[P, Result]: ...
@overload
def transactional(
    **options: object,
) -> Callable[[Callable[P, Result]], Callable[P, Result]]: ...
def transactional(
    function: Callable[P, Result] | None = None, /, **options: object
) -> Callable[P, Result] | Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Makes a function run in a transaction: the one it is called in, else its own.

    Used plainly, or with the options of `create_transaction_options`.
    """

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Result:
            done = run_in_transaction_options(chosen, function, *args, **kwargs)
            return cast(Result, done)  # None after a Rollback, as App Engine has it

        return run

    options.setdefault("propagation", ALLOWED)
    chosen = TransactionOptions.of(options)
    return decorate if function is None else decorate(function)


@overload
def non_transactional(function: Callable[P, Result], /) -> Callable[P, Result]: ...
@overload
def non_transactional(
    *, allow_existing: bool = True
) -> Callable[[Callable[P, Result]], Callable[P, Result]]: ...
def non_transactional(
    function: Callable[P, Result] | None = None, /, *, allow_existing: bool = True
) -> Callable[P, Result] | Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Makes a function run outside of the transaction that it is called in.

    With `allow_existing=False` such a call raises BadRequestError instead.
    """

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Result:
            if is_in_transaction() and not allow_existing:
                raise BadRequestError("Function cannot be called from within a transaction.")
            with _running(None):
                return function(*args, **kwargs)

        return run

    return decorate if function is None else decorate(function)
