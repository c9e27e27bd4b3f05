"""How a query runs: its place, size and manner.

Source: App Engine, `google.appengine.datastore.datastore_query`, class `QueryOptions`.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from appengine.datastore.client.configuration import Configuration
from appengine.datastore.client.cursors import Cursor, cursor_argument
from appengine.datastore.datastore_errors import (
    ArgumentRangeError,
    ArgumentTypeError,
    BadArgumentError,
    BadRequestError,
)
from appengine.datastore.datastore_types import validate_integer

ORDER_FIRST, ANCESTOR_FIRST, FILTER_FIRST = 1, 2, 3
"""Hints to a planner of old; they change nothing."""


class FetchOptions(Configuration, frozen=True, kw_only=True, omit_defaults=True):
    """Options of one batch of a query's results.

    Attributes:
        produce_cursors: a cursor after each result is wanted without a further call.
        offset: results to skip.
        batch_size: most results.
    """

    produce_cursors: bool | None = None
    offset: int | None = None
    batch_size: int | None = None

    def __post_init__(self) -> None:
        """Checks the options.

        Raises:
            BadArgumentError: an option has a value that it cannot have.
        """
        super().__post_init__()
        self._check_integer("offset", zero_ok=True)
        self._check_integer("batch_size", zero_ok=False)

    def _check_integer(self, name: str, *, zero_ok: bool) -> None:
        value = getattr(self, name)
        if value is not None and not isinstance(value, int):
            validate_integer(value, name, ArgumentTypeError)
        validate_integer(value, name, BadArgumentError, empty_ok=True, zero_ok=zero_ok)
        if value is not None and value >= 2**31:
            raise ArgumentRangeError(f"{name} is below 2**31; received {value}")
        if value is not None and type(value) is not int:  # True, or a Rating
            msgspec.structs.force_setattr(self, name, int(value))


class QueryOptions(FetchOptions, frozen=True, kw_only=True, omit_defaults=True):
    """Options of one run of a query: those of `FetchOptions`, and further ones.

    Attributes:
        keys_only: the results are keys.
        projection: names of the properties that the results hold.
        limit: most results; None for all.
        prefetch_size: results of the first call; those of each further one are `batch_size`.
        start_cursor: where to begin.
        end_cursor: where to stop.
        hint: one of the hints; it changes nothing.
    """

    ORDER_FIRST: ClassVar[int] = ORDER_FIRST
    ANCESTOR_FIRST: ClassVar[int] = ANCESTOR_FIRST
    FILTER_FIRST: ClassVar[int] = FILTER_FIRST

    keys_only: bool | None = None
    projection: Sequence[str] | None = None
    limit: int | None = None
    prefetch_size: int | None = None
    start_cursor: Cursor | None = None
    end_cursor: Cursor | None = None
    hint: int | None = None

    def __post_init__(self) -> None:
        """Checks the options.

        Raises:
            BadArgumentError: an option has a value that it cannot have; also a TypeError if it is
                no whole number, a ValueError if it is too large.
            BadRequestError: a projection of a keys-only query, or of a property twice.
        """
        super().__post_init__()
        self._check_integer("limit", zero_ok=True)
        self._check_integer("prefetch_size", zero_ok=True)
        cursor_argument("start_cursor", self.start_cursor)
        cursor_argument("end_cursor", self.end_cursor)
        if self.hint not in (None, ORDER_FIRST, ANCESTOR_FIRST, FILTER_FIRST):
            raise BadArgumentError(f"Unknown query hint ({self.hint!r})")
        self._check_projection()

    def _check_projection(self) -> None:
        if self.projection is None:
            return
        if not isinstance(self.projection, list | tuple) or not all(
            isinstance(name, str) for name in self.projection
        ):
            raise BadArgumentError(
                f"projection argument should be a list or tuple of str ({self.projection!r})"
            )
        if not self.projection:
            raise BadArgumentError("projection argument cannot be empty")
        if self.keys_only:
            raise BadRequestError("projection and keys_only cannot both be set")
        if len(set(self.projection)) < len(self.projection):
            raise BadRequestError("cannot project a property multiple times")


def limit_of_count(limit: int | None) -> int | None:
    """Returns how far a query counts: numbers that are too large for a call mean all.

    Raises:
        BadArgumentError: the limit is negative.
    """
    if not isinstance(limit, int):
        return limit  # None, or what the options refuse
    if limit < 0:
        raise BadArgumentError("limit must not be negative.")
    return min(limit, 2**31 - 1)
