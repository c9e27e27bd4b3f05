"""The differences that are accepted: by the line of docs/compatibility.md that gives the reason."""

from tests.differential.outcomes import error_of, is_same

TYPES = ["datetime", "Rating", "str", "ByteString", "Category", "Link", "Email", "PhoneNumber",
         "PostalAddress", "IM", "BlobKey"]  # fmt: skip
"""Types that an index of App Engine's SDK does not tell from numbers and bytes."""


def _errors(left, right):
    return error_of(left), error_of(right)


def _text(outcome):
    return outcome.get("text", "") if isinstance(outcome, dict) else ""


def _untyped(outcome):
    """Returns an outcome without the types that a projection's index may not tell."""
    if isinstance(outcome, list):
        if len(outcome) == 2 and outcome[0] in [*TYPES, "bytes"]:
            return _untyped(outcome[1])
        return [_untyped(item) for item in outcome]
    if isinstance(outcome, dict):
        return {name: _untyped(value) for name, value in outcome.items()}
    return outcome


def _is_projection(step, left, right):
    projects = step.get("projection") or step["do"] == "gql"
    return projects and is_same(_untyped(left), _untyped(right))


def _is_cursor_in_list(step, left, right):
    if _errors(left, right)[1]:
        return False
    if "Cursor does not match query: extra value" in _text(left):
        return True
    sorting = {name for name, sign, _v in step.get("filters") or () if sign in CONDITIONS[3:]}
    sorting |= {order.removeprefix("-") for order in step.get("orders", [])}
    walks = step.get("take", {}).get("how") == "walk"  # some cursors of theirs find nothing more
    return walks and "l" in sorting and {*_entities(left)} < {*_entities(right)}


def _is_blind_write(step, left, right):
    """A transaction whose group was only written before others changed it."""
    if step["do"] != "transaction" or not step["between"] or not step["steps"]:
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
    return any(first.get(root) in ("put", "delete") for root in changed)


def _is_counted_union(step, left, right):
    counts = step.get("take", {}).get("how") == "count"
    return counts and _is_union(step) and not any(_errors(left, right))


def _is_limit(step, left, right):
    named = step.get("call") in ("count", "plain_count", "fetch", "plain_get", "index")
    wrong = "should be an integer" in _text(right) or "is below 2**31" in _text(right)
    return named and (wrong or "TypeError" in _errors(left, right))


def _is_malformed_filter(step, left, right):
    return _errors(left, right) in (
        ("TypeError", "BadFilterError"),
        ("AttributeError", "BadFilterError"),
    )


def _is_property(step, left, right):
    kinds = ("AttributeError", "AssertionError", "TypeError")
    if step["do"] == "model" and _errors(left, right) == (None, "BadValueError"):
        return any(not value[-1] for value in step["values"].values())  # empty: not looked at
    return step["do"] in ("model", "call") and _errors(left, right) in [
        (kind, "BadValueError") for kind in kinds
    ]


def _is_distinct_ancestor(step, left, right):
    text = step.get("text", "").upper()
    return "DISTINCT" in text and "reserved keyword at symbol ANCESTOR" in _text(left)


def _is_user_order(step, left, right):
    return "_User__email" in _text(left) or "not supported between instances" in _text(left)


def _is_impossible_key(step, left, right):
    if step.get("call") == "from_path" and "Incomplete key found" in _text(right):
        return True
    reasons = ("the id of a key is positive", "1 to 500 bytes", "an integer id or string name")
    return any(reason in _text(right) for reason in reasons)


def _is_text_none(step, left, right):
    """The stub lists texts and blobs that are None among the indexed properties."""
    if step["do"] != "metadata" or step["kind"] != "Pet":
        return False
    names = ("notes", "picture")
    if step["what"] == "properties":
        return [item for item in left[1] if item[1] not in names] == right[1]
    return [item for item in left[1] if item[0] not in names] == right[1]


def _is_constructor(step, left, right):
    constructors = ("text", "blob", "category", "link", "email", "rating", "geo", "im", "phone",
                    "postal", "byte_string", "blob_key", "plain_query", "key")  # fmt: skip
    wrong = ("TypeError", "AttributeError", "BadKeyError", "ValueError", "UnicodeDecodeError")
    mine, other = _errors(left, right)[::-1]
    return step.get("call") in constructors and other in wrong and mine is not None


def _is_bytes(step, left, right):
    return step["do"] == "call" and any(a[0] in ("blob", "bytestring") for a in step["args"])


def _is_gql_cast(step, left, right):
    return step["do"] == "gql" and _errors(left, right) == ("AttributeError", "BadQueryError")


def _is_several_errors(step, left, right):
    several = step["do"] == "gql" or (step["do"] == "call" and str(step["args"]).count("[") > 2)
    several = several or "No cursor available for a MultiQuery" in _text(left)
    return several and None not in _errors(left, right)


def _is_reserved(step, left, right):
    return "is reserved: the platform alone writes it" in _text(right)


def _is_spaced_cursor(step, left, right):
    return "Invalid cursor" in _text(right)


def _is_union(step):
    text = step.get("text", "").upper()
    return step.get("several") or " IN " in text or "!=" in text


def _is_empty_entity(step, left, right):
    """The SDK takes an entity without properties, which is false, for the end of a query."""
    missing = [row for row in _rows(right) if row not in _rows(left)]
    return _is_union(step) and any(set(row[2]) <= {"(class)"} for row in missing if len(row) > 2)


def _is_union_order(step, left, right):
    """The SDK merges the rows of one entity in any order, and values of several types too.

    What ours gives instead is compared with a plain model: tests/datastore_client/test_unions.py.
    """
    if not _is_union(step) or any(_errors(left, right)):
        return False
    if step.get("projection") and not step["orders"]:
        return [row[1] for row in _rows(left)] == [row[1] for row in _rows(right)]
    _select, _by, orders = step.get("text", "").upper().replace('"', "").partition("ORDER BY")
    names = orders.replace(",", " ").split() or [
        name.lstrip("-").upper() for name in step.get("orders", ())
    ]
    return bool({"M", "L"} & {*names})


def _rows(outcome):
    return outcome[1] if isinstance(outcome, list) and outcome[:1] == ["list"] else []


def _is_missing_sort(step, left, right):
    return _is_union(step) and _errors(left, right)[0] == "KeyError"


def _is_replaced_filter(step, left, right):
    """Several conditions on one property, of which one is `IN` or `!=`."""
    words = step.get("text", "").replace('"', "").split()
    signs = [(words[at - 1], word) for at, word in enumerate(words) if word.upper() in CONDITIONS]
    names = [name for name, _sign in signs]
    united = {name for name, sign in signs if sign.upper() in ("IN", "!=", "<>")}
    return any(names.count(name) > 1 for name in united)


CONDITIONS = ("=", "IN", "!=", "<>", "<", "<=", ">", ">=")


def _is_order_of_new(step, left, right):
    """Entities that got their ids in one put, by these ids."""
    if step.get("call") == "get_by_id":  # an id that one of them has here and another one there
        return "['new', " in str(left) + str(right)
    same = sorted(_entities(left)) == sorted(_entities(right))
    by_key = step.get("orders") in ([], ["__key__"])
    if step["do"] == "gql":
        by_key = "ORDER BY" not in step["text"].upper()
    return same and "['new', " in str(left) and by_key


def _entities(outcome):
    """Returns the texts of all entities in an outcome, whatever pages they stand on."""
    if not isinstance(outcome, list):
        return []
    if outcome[:1] in (["entity"], ["Key"]):
        return [str(outcome)]
    return [text for item in outcome for text in _entities(item)]


def _is_kind_asked_for(step, left, right):
    if step["do"] != "metadata" or step["what"] != "kinds":
        return False
    return [row for row in _rows(left) if row[1] in ("A", "B", "Pet")] == _rows(right)


def _is_projected_equal(step, left, right):
    """A projection where one list has both an equality filter and an inequality."""
    filters = [(name, sign) for name, sign, _value in step.get("filters") or ()]
    words = step.get("text", "").replace('"', "").split()
    filters += [(words[at - 1], word) for at, word in enumerate(words) if word in CONDITIONS]
    equal = {name for name, sign in filters if sign == "="}
    ranged = {name for name, sign in filters if sign in CONDITIONS[4:]}
    projects = step.get("projection") or words[1:2] not in ([], ["*"], ["__key__"])
    return bool(projects) and "l" in equal & ranged


def _is_ascii(step, left, right):
    return _errors(left, right)[0] == "UnicodeDecodeError"


def _is_refused_query(step, left, right):
    """A transaction of one group that a query touched before the service refused it."""
    if step["do"] != "transaction":
        return False
    conflicts = right[0] == ["raised", "TransactionFailedError"] and step["between"]
    return ("cross-groups" in str(right) or conflicts) and any(
        error_of(item) and (item["error"] != "BadFilterError" or conflicts)
        for outcome in left[1:]
        for item in outcome[1:]
    )


def _is_sorted_behind_key(step, left, right):
    names = [order.removeprefix("-") for order in step.get("orders", [])]
    if "__key__" not in names:
        return False
    return bool({*names[names.index("__key__") :]} & {*(step["projection"] or ())})


def _is_projection_of_key(step, left, right):
    given = any(name == "__key__" and sign == "=" for name, sign, _v in step.get("filters") or ())
    if not step.get("projection"):
        return False
    lacking = [row for row in _rows(left) if len(row) > 2 and not {*step["projection"]} & {*row[2]}]
    others = _errors(left, right) == ("InternalError", None)
    return given and bool(others or lacking)


def _is_projection_of_union(step, left, right):
    """Keys by `IN`, sorted by what the projection has not: who has no such property is left out."""
    names = {order.removeprefix("-") for order in step.get("orders", [])}
    given = any(name == "__key__" and sign == "IN" for name, sign, _v in step.get("filters") or ())
    return given and bool(step.get("projection")) and bool(names - {*step["projection"]})


def find_line(step, left, right):
    """Returns what the line begins with that accepts a difference, or None.

    Of a transaction that went alike on both sides each step is judged by itself.
    """
    if step["do"] == "transaction" and len(left) == len(right) and left[0] == right[0]:
        lines = []
        for one, other in zip(left[1:], right[1:], strict=True):
            inner = step["steps"] if one[0] == "attempt" else [{"do": "between"}]
            pairs = zip(inner, one[1:], other[1:], strict=True)
            lines += [find_line(*pair) for pair in pairs if not is_same(*pair[1:])]
        if None not in lines:
            return lines[0]
    return next((line for line, fits in ACCEPTED if fits(step, left, right)), None)


ACCEPTED = [
    ("A projection returns a value with its type: text, a time", _is_projection),
    ("A cursor of a query that a list property sorts goes on behind it", _is_cursor_in_list),
    ("A transaction touches a group at its first write, too", _is_blind_write),
    ("A count of `IN` and `!=` counts what `fetch` returns", _is_counted_union),
    ("A limit that is no whole number, or too large, raises `BadArgumentError`", _is_limit),
    ("A malformed filter of a model's query raises `BadFilterError`", _is_malformed_filter),
    ("A value of another type given to a property raises `BadValueError`", _is_property),
    ("`SELECT DISTINCT ... WHERE ANCESTOR IS` is a query", _is_distinct_ancestor),
    ("`Key`, `GeoPt` and `User` compare with their own type", _is_user_order),
    ("A key that nothing can have", _is_impossible_key),
    ("`TextProperty` and `BlobProperty` are in no index when they are None", _is_text_none),
    ("A value's class given something else raises `BadValueError`", _is_constructor),
    ("A GQL function given another type raises `BadQueryError`", _is_gql_cast),
    ("Bytes are neither a key, nor several keys, nor a name", _is_bytes),
    ("Kinds and names between double underscores are not written", _is_reserved),
    ("An entity without properties is a result of `IN` and `!=`", _is_empty_entity),
    ("`IN` and `!=` merge values of several types", _is_union_order),
    ("`IN` and `!=` merge values of several types", _is_missing_sort),
    ("Several conditions on one property of a GQL statement all count", _is_replaced_filter),
    ("Bytes given for text are UTF-8", _is_ascii),
    ("A query that is refused touches its entity group", _is_refused_query),
    ("A cursor's text is URL-safe base64 and nothing else", _is_spaced_cursor),
    ("A projection holds a property that is sorted behind `__key__`", _is_sorted_behind_key),
    ("A projection holds a property that is sorted behind `__key__`", _is_projection_of_key),
    ("A projection of keys by `IN` holds those that have", _is_projection_of_union),
    ("The ids of one put ascend in the order of its entities", _is_order_of_new),
    ("The kinds that metadata lists have entities", _is_kind_asked_for),
    ("A projection has a result for each row", _is_projected_equal),
    ("Of several mistakes in one call another one is named", _is_several_errors),
]
"""What a line of docs/compatibility.md begins with, and whether a difference is one of these."""
