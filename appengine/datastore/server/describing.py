"""Keys and queries in a few words, for the trace of the request that they belong to."""

from collections.abc import Sequence

from appengine.datastore.service import Key, Query

MAX_TEXT = 200
"""Characters of a description."""


def describe_key(key: Key) -> str:
    """Returns a key's path and its namespace: `Book/1/Page/7 in blue`."""
    path = "/".join(map(str, key.path))
    return (f"{path} in {key.namespace}" if key.namespace else path)[:MAX_TEXT]


def describe_keys(keys: Sequence[Key]) -> str:
    """Returns the first of some keys, and how many more there are."""
    if not keys:
        return ""
    first = describe_key(keys[0])
    return first if len(keys) == 1 else f"{first} and {len(keys) - 1} more"


def describe_query(query: Query) -> str:
    """Returns a query without its values, which may be anybody's secrets."""
    parts = [query.kind or "all kinds"]
    parts += [f"{each.property} {each.operator.value} ?" for each in query.filters]
    if query.ancestor is not None:
        parts.append(f"below {describe_key(query.ancestor)}")
    if query.orders:
        orders = (f"{each.property}{' desc' if each.descending else ''}" for each in query.orders)
        parts.append(f"order by {', '.join(orders)}")
    if query.keys_only:
        parts.append("keys only")
    if query.namespace:
        parts.append(f"in {query.namespace}")
    return "; ".join(parts)[:MAX_TEXT]
