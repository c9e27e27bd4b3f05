"""Accepted differences of whole results: each as narrow as its line says."""

from itertools import pairwise

from tests.differential.accepted_errors import is_error
from tests.differential.outcomes import error_of, is_same

TYPED = "A projection returns a value with its type: text, a time"
COUNTED = "A count of `IN` and `!=` counts what `fetch` returns"
EMPTY = "An entity without properties is a result of `IN` and `!=`"
MERGE = "`IN` and `!=` merge values of several types"
REPLACED = "Several conditions on one property of a GQL statement all count"
BEHIND = "A projection holds a property that is sorted behind `__key__`"
OF_KEYS = "A projection of keys by `IN` holds those that have"
NEW = "The ids of one put ascend in the order of its entities"
PER_ROW = "A projection has a result for each row"

NUMBERS = ("datetime", "Rating")
TEXTS = ("str", "ByteString", "Category", "Link", "Email", "PhoneNumber", "PostalAddress", "IM",
         "BlobKey")  # fmt: skip
"""Types that an index of App Engine's SDK does not tell from numbers and from bytes."""

CONDITIONS = ("=", "IN", "!=", "<>", "<", "<=", ">", ">=")
LIMITS = ("LIMIT", "OFFSET")
COMPARED = CONDITIONS[4:]


def line_of_results(step, left, right):
    """Returns the line that accepts two results, or None.

    Args:
        step: a query, or a GQL statement.
        left: App Engine's result; where ours is the whole one, that is, too.
        right: ours.
    """
    return next((line for line, fits in RESULTS if fits(step, left, right)), None)


def rows_of(outcome):
    """Returns the rows of a list of results."""
    return outcome[1] if isinstance(outcome, list) and outcome[:1] == ["list"] else []


def words_of(step):
    """Returns the words of a GQL statement."""
    return step.get("text", "").replace('"', "").split()


def projected(step):
    """Returns the names that a query projects."""
    if step["do"] != "gql":
        return {*(step.get("projection") or ())}
    words = [word.strip(",") for word in words_of(step)[1:]]
    upper = [word.upper() for word in words]
    ends = [upper.index(word) for word in ("FROM", "WHERE", "ORDER", *LIMITS) if word in upper]
    return {*words[: min(ends, default=len(words))]} - {"DISTINCT", "*", "__key__"}


def is_typed(names, left, right):
    """Whether two results are the same but for types that the SDK's index does not tell."""
    if isinstance(right, list) and right[:1] == ["entity"] and isinstance(left, list):
        if left[:2] != right[:2] or left[2].keys() != right[2].keys():
            return False
        return all(
            is_same(value, right[2][name]) or (name in names and value == _plain(right[2][name]))
            for name, value in left[2].items()
        )
    if isinstance(right, list) and isinstance(left, list):
        return len(left) == len(right) and all(
            is_typed(names, one, other) for one, other in zip(left, right, strict=True)
        )
    return is_same(left, right)


def _plain(value):
    """Returns a value as the SDK's index holds it."""
    if isinstance(value, list) and len(value) == 2:
        if value[0] in NUMBERS:
            return value[1]
        if value[0] in TEXTS:
            return ["bytes", value[1]]
    return value


def _row(step, row):
    """Returns a row as text, without the types that a projection's index does not tell."""
    if row[:1] == ["entity"]:
        names = projected(step)
        values = {n: _plain(v) if n in names else v for n, v in row[2].items()}
        return str([row[1], sorted(values.items())])
    return str(row)


def _both(step, left, right):
    return [_row(step, row) for row in rows_of(left)], [_row(step, row) for row in rows_of(right)]


def _is_within(some, rows):
    """Whether all of some rows are among others, in the same order."""
    others = iter(rows)
    return all(row in others for row in some)


def _are_lists(left, right):
    return all(isinstance(one, list) and one[:1] == ["list"] for one in (left, right))


def is_union(step):
    """Whether a query is several ones, of which results are merged."""
    text = step.get("text", "").upper()
    return bool(step.get("several") or " IN " in text or "!=" in text or "<>" in text)


def orders_of(step):
    """Returns the names that results are sorted by."""
    words = [word.strip(",") for word in words_of(step)]
    upper = [word.upper() for word in words]
    if "BY" in upper:
        return words[upper.index("BY") + 1 :][:1]
    return [order.lstrip("-") for order in step.get("orders", ())]


def conditions_of(step):
    """Returns the conditions of a query: pairs of a name and an operator."""
    words = words_of(step)
    pairs = pairwise(words)
    given = [(name, word.upper()) for name, word in pairs if word.upper() in CONDITIONS]
    return given + [(name, sign) for name, sign, _value in step.get("filters") or ()]


def _is_typed_projection(step, left, right):
    return bool(projected(step)) and is_typed(projected(step), left, right)


def _place_of(value):
    """Returns the place of a value's type in the datastore's order, and a number's own place."""
    if isinstance(value, list):
        kind, held = value
        return (1, held) if kind in NUMBERS else (RANKS.get(kind, 3), 0)
    if value is None:
        return 0, 0
    return (2, value) if isinstance(value, bool) else (1, value)


RANKS = {"float": 4, "GeoPt": 5, "User": 6, "Key": 7}
"""Places of the types that are neither numbers nor texts."""


def _is_in_order(step, right):
    """Whether rows that a property of several types sorts are in the order of these types."""
    order = (step.get("orders") or [""])[0]
    if order.removeprefix("-") != "m":
        return True
    places = [
        _place_of(row[2]["m"][:2] if isinstance(row[2]["m"], list) else row[2]["m"])
        for row in rows_of(right)
        if row[0] == "entity" and "m" in row[2]
    ]
    return places == sorted(places, reverse=order[0] == "-")


def _is_merged_otherwise(step, left, right):
    """All rows are there; what ours are sorted by is compared with a plain model elsewhere, too.

    See tests/datastore_client/test_unions.py.
    """
    if not is_union(step) or not _are_lists(left, right):
        return False
    theirs, ours = _both(step, left, right)
    ranged = {name for name, sign in conditions_of(step) if sign in ("!=", "<>", *COMPARED)}
    several = {"l", "m", "n"} & ({*orders_of(step)} or ranged)
    if step.get("projection") and not step["orders"]:
        return [row[1] for row in rows_of(left)] == [row[1] for row in rows_of(right)]
    return bool(several and _is_in_order(step, right)) and (
        sorted(theirs) == sorted(ours) or ("LIMIT" in step.get("text", "").upper())
    )


def _is_empty_entity(step, left, right):
    """The SDK takes an entity without properties, which is false, for the end of a query."""
    if not is_union(step) or not _are_lists(left, right):
        return False
    theirs, ours = _both(step, left, right)
    ends = [row for row in rows_of(right) if row[0] == "entity" and not {*row[2]} - {"(class)"}]
    return bool(ends) and _is_within(theirs, ours)


def _is_replaced_filter(step, left, right):
    """Several conditions on one property, of which one is `IN` or `!=`: ours finds fewer."""
    given = conditions_of(step)
    names = [name for name, _sign in given]
    united = {name for name, sign in given if sign in ("IN", "!=", "<>")}
    if step["do"] != "gql" or not any(names.count(name) > 1 for name in united):
        return False
    if {*LIMITS} & {word.upper() for word in words_of(step)}:
        return error_of(left) is None and error_of(right) is None
    if isinstance(left, int) and isinstance(right, int):
        return right < left
    theirs, ours = _both(step, left, right)
    return _are_lists(left, right) and {*ours} < {*theirs}


def _is_sorted_behind_key(step, left, right):
    """What is sorted behind the key, or is projected of one key, is missing on the other side."""
    orders = orders_of(step)
    behind = {*orders[orders.index("__key__") :]} if "__key__" in orders else set()
    one = ("__key__", "=") in conditions_of(step)
    dropped = projected(step) if one else behind & projected(step)
    if error_of(right) or not (dropped or ("__key__", "IN") in conditions_of(step)):
        return False
    if is_error(left, "InternalError", "^datastore dev stub produced bad result$"):
        return True
    rows = [
        [[*row[:2], {n: v for n, v in row[2].items() if n not in dropped}] for row in rows_of(one)]
        for one in (left, right)
    ]
    theirs, ours = _both(step, ["list", rows[0]], ["list", rows[1]])
    return _is_within(list(dict.fromkeys(ours)), theirs)


def _is_projection_of_union(step, left, right):
    """Keys by `IN`, sorted by what the projection has not: who has no such property is left out."""
    names = {*orders_of(step)} - projected(step)
    if ("__key__", "IN") not in conditions_of(step) or not projected(step) or not names:
        return False
    theirs, ours = _both(step, left, right)
    return _are_lists(left, right) and {*ours} < {*theirs}


def _is_order_of_new(step, left, right):
    """Entities that got their ids in one put, by these ids."""
    if not _are_lists(left, right):
        return False
    theirs, ours = _both(step, left, right)
    known = [[row for row in rows if "['new', " not in row] for rows in (theirs, ours)]
    return known[0] == known[1] and sorted(theirs) == sorted(ours)


def _is_row_each(step, left, right):
    """A projection where one list has both an equality filter and an inequality."""
    given = conditions_of(step)
    equal = {name for name, sign in given if sign in ("=", "IN")}
    ranged = {name for name, sign in given if sign in (*COMPARED, "!=", "<>")}
    theirs, ours = _both(step, left, right)
    projects = bool(projected(step)) and "l" in equal & ranged
    return projects and _are_lists(left, right) and {*theirs} <= {*ours}


def _is_unmerged(step, left, right):
    """The SDK merges with what an entity has not, which is an error of Python's."""
    return is_union(step) and not error_of(right) and is_error(left, "KeyError", "^'[a-z]'$")


RESULTS = [
    (TYPED, _is_typed_projection),
    (EMPTY, _is_empty_entity),
    (REPLACED, _is_replaced_filter),
    (MERGE, _is_merged_otherwise),
    (MERGE, _is_unmerged),
    (BEHIND, _is_sorted_behind_key),
    (OF_KEYS, _is_projection_of_union),
    (NEW, _is_order_of_new),
    (PER_ROW, _is_row_each),
]
"""What a line begins with, and whether two results differ as it says."""
