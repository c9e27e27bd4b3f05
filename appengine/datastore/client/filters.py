"""The filters and sort orders of a plain query: what they may be.

Source: App Engine, `google.appengine.api.datastore`, class `Query`.
"""

import re
from collections.abc import Callable
from operator import ge, gt, le, lt

from appengine.datastore.client.entities import listed
from appengine.datastore.client.ordering import ASCENDING, DESCENDING, Ordering, Rank
from appengine.datastore.datastore_errors import BadArgumentError, BadFilterError, BadValueError
from appengine.datastore.datastore_types import (
    KEY_SPECIAL_PROPERTY,
    UNINDEXED_TYPES,
    Key,
    typename,
    validate_property,
    validate_string,
)

FILTER = re.compile(r"^\s*([^\s]+)(\s+(<=|>=|=|<|>|==)\s*)?$")
"""A filter: the property, white space, the operator; no operator is `=`."""

COMPARISONS: dict[str, Callable[[Rank, Rank], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
INEQUALITIES = frozenset(COMPARISONS)


def parse_filter(condition: object) -> tuple[str, str]:
    """Returns property and operator of a filter: `"age >"`.

    Raises:
        BadFilterError: it is none.
    """
    match = FILTER.match(condition) if isinstance(condition, str) else None
    if match is None:
        raise BadFilterError(f"Could not parse filter string: {condition!r}")
    operator = match.group(3) or "="
    return match.group(1), "=" if operator == "==" else operator


def parse_ordering(ordering: object) -> Ordering:
    """Returns a sort order: a name, or a tuple of name and direction.

    Raises:
        BadArgumentError: it is neither.
    """
    if isinstance(ordering, str):
        name, direction = ordering, ASCENDING
    elif isinstance(ordering, tuple) and len(ordering) in (2, 3):
        name, direction = ordering[0], ordering[-1]
    else:
        raise BadArgumentError(
            "Order() expects strings or 2- or 3-tuples; "
            f"received {ordering} (a {typename(ordering)}). "
        )
    validate_string(name, "sort order property", BadArgumentError)
    if direction not in (ASCENDING, DESCENDING):
        raise BadArgumentError(
            f"a direction is {ASCENDING}, ascending, or {DESCENDING}; received {direction!r}"
        )
    return str(name), direction


def check_values(name: str, value: object) -> None:
    """Raises unless a filter on a property can compare with a value, or a list of them.

    Raises:
        BadFilterError: the value for `__key__` is no key.
        BadValueError: the datastore has no such type, or keeps it out of every index.
    """
    validate_property(" ", value)
    for item in listed(value):
        if isinstance(item, UNINDEXED_TYPES):
            raise BadValueError(f"Filtering on {typename(item)} properties is not supported.")
        if name == KEY_SPECIAL_PROPERTY and not isinstance(item, Key):
            raise BadFilterError(
                f"{KEY_SPECIAL_PROPERTY} filter value must be a Key; received {item} "
                f"(a {typename(item)})"
            )
