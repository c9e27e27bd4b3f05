"""Functions that run in transactions: attempts, pauses between them, decorators.

Source: App Engine, "Transactions".
"""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast, overload

from appengine.datastore.client.configuration import (
    ALLOWED,
    DEFAULT_TRANSACTION_RETRIES,
    INDEPENDENT,
    MANDATORY,
    TransactionOptions,
)
from appengine.datastore.client.transaction import Transaction, is_in_transaction, running
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadRequestError,
    Rollback,
    TransactionFailedError,
)
from appengine.datastore.datastore_types import validate_integer

P = ParamSpec("P")
Result = TypeVar("Result")

BACK_OFF_SECONDS = 0.05
BACK_OFF_GROWTH = 2
"""Longest pause before the first retry, and how much longer each further one may be.

The pause spreads those that collided; who comes back then goes first, see
docs/decisions/0020-the-loser-goes-first.md, where it is measured.
"""


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
    ticket = 0
    for attempt in range(retries):
        transaction = Transaction(options, ticket)
        try:
            return _try_once(transaction, lambda: function(*args, **kwargs))
        except TransactionFailedError:
            if not transaction.conflicted:
                raise
        longest = BACK_OFF_SECONDS * BACK_OFF_GROWTH**attempt
        time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
        ticket = transaction.precede()
    return _try_once(Transaction(options, ticket), lambda: function(*args, **kwargs))


def _try_once(transaction: Transaction, function: Callable[[], Result]) -> Result | None:
    try:
        with running(transaction):
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
            with running(None):
                return function(*args, **kwargs)

        return run

    return decorate if function is None else decorate(function)
