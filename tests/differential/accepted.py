"""The differences that are accepted: by the line of docs/compatibility.md that gives the reason.

A line accepts what it says and nothing beside it: errors by both classes and both texts; results by
what is left when the difference that it names is taken away. What is taken of a query, where the
other side cannot or does otherwise, has to be the right part of its whole result.
"""

from tests.differential import accepted_errors, accepted_results
from tests.differential.accepted_errors import PAIRS, SINGLES, is_error, line_of_error
from tests.differential.accepted_results import RESULTS, is_typed, is_union, projected, rows_of
from tests.differential.outcomes import error_of, is_same
from tests.differential.parts import is_part

LIST_CURSOR = "A cursor of a query that a list property sorts goes on behind it"
BLIND = "A transaction touches a group at its first write, too"
DISTINCT_BACK = "A distinct projection that is read backwards"
FURTHER = "A transaction that touches a further group after others have changed one"
REFUSED = "A query that is refused touches its entity group"
NONE_TEXT = "`TextProperty` and `BlobProperty` are in no index when they are None"
KINDS = "The kinds that metadata lists have entities"
OTHERS = [LIST_CURSOR, DISTINCT_BACK, BLIND, FURTHER, REFUSED, NONE_TEXT, KINDS]

LINES = sorted({*OTHERS, *(row[0] for row in (*PAIRS, *SINGLES, *RESULTS))})
"""What the lines begin with."""


def find_line(step, left, right):
    """Returns what the line begins with that accepts a difference, or None."""
    if step["do"] == "transaction":
        return _line_of_transaction(step, left, right)
    if all(isinstance(one, dict) and "whole" in one for one in (left, right)):
        return _line_of_part(step, left, right)
    if step["do"] == "metadata":
        return _line_of_metadata(step, left, right)
    return _line_of_step(step, left, right)


def _line_of_step(step, left, right):
    if error_of(left) and error_of(right):
        line = accepted_errors.line_of_errors(step, left, right)
        return line or line_of_error(step, left, right)
    if error_of(left) or error_of(right):
        line = line_of_error(step, left, right)
        if line is not None:
            return line
    if step["do"] in ("query", "gql"):
        return accepted_results.line_of_results(step, left, right)
    if step.get("call") == "get_by_id" and "['new', " in str(left) + str(right):
        return accepted_results.NEW  # an id that one of them has here and another one there
    return None


def _line_of_part(step, left, right):
    """Judges the whole results, and that what is taken of ours is the right part of them."""
    whole = None
    if not is_same(left["whole"], right["whole"]):
        whole = _line_of_step(step, left["whole"], right["whole"])
        if whole is None:
            return None
    if is_same(left["part"], right["part"]):
        return whole
    if whole and is_error(right["part"], *accepted_errors.NO_CURSOR):
        return whole if is_same(left["whole"], left["part"]) else None
    if error_of(right["part"]):
        return _line_of_step(step, left["part"], right["part"])
    if not is_part(step, right["whole"], right["part"]) and not _is_turned_list(step):
        return None
    return whole or _line_of_other_part(step, left["part"], right["part"], left["whole"])


def _line_of_other_part(step, theirs, ours, whole):
    """Returns the line that accepts the part that they have taken of the same whole."""
    if is_error(theirs, "BadRequestError", "^Cursor does not match query: extra value [ln]$"):
        return LIST_CURSOR
    if error_of(theirs):
        return _line_of_step(step, theirs, ours)
    if is_typed(projected(step), theirs, ours):
        return accepted_results.TYPED
    return _line_of_manner(step, theirs, ours, whole)


def _line_of_manner(step, theirs, ours, whole):
    """Returns the line of one manner of taking results: counted, backwards, one by one."""
    how = step["take"]["how"]
    if how == "count" and is_union(step) and step["take"]["offset"]:
        return accepted_results.COUNTED
    if how == "back" and step["distinct"] and _same_values(theirs, ours):
        return DISTINCT_BACK
    if how == "walk" and _sorts_by_list(step):  # some cursors of theirs find nothing more
        found, rest = theirs[1]
        rows = rows_of(whole)
        if found[1] + rest[1] == rows[: len(found[1]) + len(rest[1])]:
            return LIST_CURSOR
    return None


def _same_values(theirs, ours):
    return [row[2:] for row in rows_of(theirs)] == [row[2:] for row in rows_of(ours)]


def _is_turned_list(step):
    """Whether the opposite order is another than the reverse one.

    A list sorts by another one of its values then; rows of a projection are sorted by it last.
    """
    turns = _sorts_by_list(step) or step["projection"]
    return step["take"]["how"] == "back" and bool(turns)


def _sorts_by_list(step):
    names = {order.removeprefix("-") for order in step["orders"]}
    names |= {name for name, sign, _v in step["filters"] if sign in accepted_results.COMPARED}
    return bool({"l", "n"} & names)


def _line_of_transaction(step, left, right):
    """Of one that went alike on both sides each step is judged by itself."""
    if error_of(left) or error_of(right):
        return None
    if len(left) == len(right) and left[0] == right[0]:
        lines = []
        for one, other in zip(left[1:], right[1:], strict=True):
            inner = step["steps"] if one[0] == "attempt" else step["between"]
            outcomes = [one[1:], other[1:]] if one[0] == "attempt" else [one[1], other[1]]
            pairs = zip(inner, *outcomes, strict=True)
            lines += [find_line(*pair) for pair in pairs if not is_same(*pair[1:])]
        if None not in lines and lines:
            return lines[0]
    if _is_further_group(step, left, right):
        return FURTHER
    if _is_blind_write(step, left, right):
        return BLIND
    return REFUSED if _is_refused_query(step, left, right) else None


def _is_further_group(step, left, right):
    """One that others came between, and whose last step touched a further group after that.

    Until then all went alike.
    """
    if not step["between"] or "Concurrency exception." not in str(left[1][-1]):
        return False
    return is_same(left[1][:-1], right[1][:-1]) and is_same(left[2], right[2])


def _is_blind_write(step, left, right):
    """One whose group was only written before others changed it: here that is a conflict.

    Up to the conflict everything went alike.
    """
    if not step["between"]:
        return False
    first = {}
    for item in step["steps"]:
        paths = item.get("keys") or [entity["path"] for entity in item.get("entities", [])]
        for path in [*paths, *([item["ancestor"]] if item.get("ancestor") else [])]:
            first.setdefault(tuple(path[:2]), item["do"])
    changed = {
        tuple(path[:2])
        for item in step["between"]
        for path in item.get("keys") or [entity["path"] for entity in item["entities"]]
    }
    is_blind = any(first.get(root) in ("put", "delete") for root in changed)
    repeats = len(right) > len(left) or right[0] == ["raised", "TransactionFailedError"]
    return is_blind and repeats and is_same(left[1:3], right[1:3])


def _is_refused_query(step, left, right):
    """One of a single group, which a query touched before the service refused the query."""
    refused = [
        number
        for number, outcome in enumerate(left[1][1:])
        if {"BadRequestError", "BadQueryError"} & {error_of(outcome), _part_error(outcome)}
        and step["steps"][number]["do"] == "query"
    ]
    if not refused:
        return False
    before = refused[0] + 2
    if not is_same(left[1][:before], right[1][:before]):
        return False
    conflicts = step["between"] and (
        right[0] == ["raised", "TransactionFailedError"] or len(right) > len(left)
    )
    return bool("cross-groups" in str(right) or conflicts)


def _part_error(outcome):
    return error_of(outcome.get("part")) if isinstance(outcome, dict) else None


def _line_of_metadata(step, left, right):
    if error_of(left) or error_of(right):
        return None
    if step["what"] == "kinds":
        asked = [row for row in rows_of(left) if row[1] in ("A", "B", "Pet")]
        return KINDS if asked == rows_of(right) else None
    if step["kind"] != "Pet" or step["what"] not in ("properties", "representations"):
        return None
    at = 1 if step["what"] == "properties" else 0
    kept = [item for item in left[1] if item[at] not in ("notes", "picture")]
    return NONE_TEXT if kept == right[1] else None
