"""What a GQL statement asks for, as far as indexes are concerned.

Source: App Engine, "GQL Reference".
"""

import re
from collections.abc import Iterator

from appengine.datastore.service import Filter, Key, Operator, Order, Query

_NAME = r'(?:"[^"\s]+"|[^\W\d][\w.]*)'
_STATEMENT = re.compile(
    rf"""\s*SELECT\s+(?P<distinct>DISTINCT\s+)?(?P<names>\*|__key__|{_NAME}(?:\s*,\s*{_NAME})*)
    (?:\s+FROM\s+(?P<kind>{_NAME}))?
    (?:\s+WHERE\s+(?P<where>.*?))?
    (?:\s+ORDER\s+BY\s+(?P<order>{_NAME}(?:\s+(?:ASC|DESC))?(?:\s*,\s*{_NAME}(?:\s+(?:ASC|DESC))?)*))?
    (?:\s+(?:LIMIT|OFFSET|HINT)\b.*)?\s*;?\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(rf"\s*({_NAME})\s*(<=|>=|!=|=|<|>|IN\b|IS\b)", re.IGNORECASE)
_ORDER = re.compile(rf"\s*({_NAME})(?:\s+(ASC|DESC))?\s*", re.IGNORECASE)

ANCESTOR = Key("", ("Ancestor", 1))
"""Stands for whichever ancestor a query names."""

OPERATORS = {"!=": Operator.GREATER, "in": Operator.EQUAL, "==": Operator.EQUAL}
"""What several queries of the client are, as the index sees each of them."""


def read_query(text: str, kind: str = "") -> Query | None:
    """Returns the query of a statement; None where it is none, or has no kind.

    Args:
        text: the statement.
        kind: for one that names none: `Model.gql("WHERE ...")`.
    """
    found = _STATEMENT.fullmatch(text)
    if found is None:
        return None
    named = _plain(found["kind"]) if found["kind"] else kind
    if not named:
        return None
    names = [] if found["names"] in ("*", "__key__") else found["names"].split(",")
    projection = tuple(_plain(name.strip()) for name in names)
    conditions = list(_conditions(found["where"] or ""))
    return Query(
        kind=named,
        ancestor=ANCESTOR if ("ancestor", "is") in conditions else None,
        filters=tuple(make_filter(name, sign) for name, sign in conditions if sign != "is"),
        orders=tuple(_orders(found["order"] or "")),
        projection=projection,
        distinct=projection if found["distinct"] else (),
    )


def make_filter(name: str, sign: str) -> Filter:
    """Returns a filter with a value that stands for any."""
    sign = sign.lower()
    return Filter(name, OPERATORS.get(sign) or Operator(sign), 0)


def _conditions(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"\s+AND\s+", text, flags=re.IGNORECASE):
        if found := _CONDITION.match(part):
            name, sign = _plain(found[1]), found[2].lower()
            yield (name.lower() if sign == "is" else name), sign


def _orders(text: str) -> Iterator[Order]:
    for part in text.split(",") if text else ():
        if found := _ORDER.fullmatch(part):
            yield Order(_plain(found[1]), (found[2] or "").upper() == "DESC")


def _plain(name: str) -> str:
    return name.strip('"')
