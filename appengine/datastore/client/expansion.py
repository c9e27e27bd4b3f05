"""Turns the filters `IN` and `!=` into several sets of filters that indexes can serve.

Source: App Engine, "Datastore Queries", section "Filters".
"""

from collections.abc import Iterable
from itertools import product
from math import prod

from appengine.datastore.client.multiqueries import MAX_ALLOWABLE_QUERIES
from appengine.datastore.datastore_errors import BadArgumentError

Condition = tuple[str, str, object]
"""A property, an operator and a value; of `IN` the value is a list."""

Filters = dict[str, object]
"""The values by `property operator`; several of one kind are a list."""


def expand(conditions: Iterable[Condition]) -> list[Filters]:
    """Returns the sets of filters of which an entity must satisfy one.

    Raises:
        BadArgumentError: they are more than 30, or the value of `IN` is no list.
    """
    alternatives = [_alternatives(*condition) for condition in conditions]
    count = prod(len(choice) for choice in alternatives)
    if count > MAX_ALLOWABLE_QUERIES:
        raise BadArgumentError(
            f"Cannot satisfy query -- too many subqueries (max: {MAX_ALLOWABLE_QUERIES}, got "
            f"{count}). Probable cause: too many IN/!= filters in query."
        )
    return [_collect(chosen) for chosen in product(*alternatives)]


def _alternatives(name: str, operator: str, value: object) -> list[tuple[str, object]]:
    if operator == "!=":
        return [(f"{name} <", value), (f"{name} >", value)]
    if operator == "IN":
        if not isinstance(value, list):
            raise BadArgumentError('List expected for "IN" filter')
        return [(f"{name} =", item) for item in value]
    return [(f"{name} {operator}", value)]


def _collect(chosen: Iterable[tuple[str, object]]) -> Filters:
    filters: Filters = {}
    for condition, value in chosen:
        if condition not in filters:
            filters[condition] = value
            continue
        old = filters[condition]
        filters[condition] = [*(old if isinstance(old, list) else [old]), value]
    return filters
