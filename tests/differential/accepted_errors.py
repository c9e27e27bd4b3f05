"""Accepted differences of errors: by both classes and by what both texts say."""

import json
import re

from tests.differential.outcomes import error_of

ANCESTOR = "`SELECT DISTINCT ... WHERE ANCESTOR IS` is a query"
BYTES = "Bytes are neither a key, nor several keys, nor a name"
CAST = "A GQL function given another type raises `BadQueryError`"
CLASS = "A value's class given something else raises `BadValueError`"
COMPARE = "`Key`, `GeoPt` and `User` compare with their own type"
CURSOR_TEXT = "A cursor's text is URL-safe base64 and nothing else"
FILTER = "A malformed filter of a model's query raises `BadFilterError`"
LIMIT = "A limit that is no whole number, or too large"
KEYS = "A key that nothing can have"
MERGE = "`IN` and `!=` merge values of several types"
NO_SIZE = "`allocate_ids` without a size and without a maximum"
PROPERTY = "A value of another type given to a property raises `BadValueError`"
RESERVED = "Kinds and names between double underscores are not written"
SEVERAL = "Of several mistakes in one call another one is named"
UTF_8 = "Bytes given for text are UTF-8"

_CLASSES = "text|blob|category|link|email|rating|geo|im|phone|postal|byte_string|blob_key"
_INCOMPLETE = ("BadKeyError", "^Cannot string encode an incomplete key!")
_INCOMPLETE_VALUE = ("BadValueError", "^Incomplete key found for reference property  ")
_KEY_GIVEN = r"should be a string; received datastore_types\.Key\.from_path"
_NO_BYTES = ("TypeError", "^a bytes-like object is required, not 'str'$")
NO_CURSOR = ("AssertionError", "^No cursor available for a MultiQuery")
_NO_NAME = ("UnicodeDecodeError", "codec can't decode byte")
_UNPARSED = ("BadFilterError", "^invalid filter: Could not parse filter string: ")
_WRONG_CAST = ("BadQueryError", "^Type Cast Error: unable to cast")
_WRONG_FILTER = ("BadFilterError", "^b['\"]invalid filter: ")
_WRONG_KEY = ("BadKeyError", "^Invalid string key")
_WRONG_TYPE = ("BadValueError", r"^Property \w* must be an? ")
_UNUSED = ("BadArgumentError", r"^Unused positional arguments \[\d+\]$")
_NO_LIST = ("BadArgumentError", '^List expected for "IN" filter$')
_KEYS_ONLY = ("BadQueryError", "^Keys only queries do not support IN or != filters.$")
_NO_ATTRIBUTE = ("AttributeError", r"^'\w+(\.\w+)*' object has no attribute '\w+'$")
_NO_ORDER = ("TypeError", "not supported between instances of")
_NO_EMAIL = ("AttributeError", "object has no attribute '_User__email'")
_NO_VALUE = ("KeyError", "^'[a-z]'$")
_UNORDERED = ("BadArgumentError", "^First ordering property must be the same as inequality")

PAIRS = [
    (FILTER, "call filter", ("TypeError", "expected string or bytes-like object"), _UNPARSED),
    (FILTER, "call filter", ("TypeError", "cannot use a string pattern on a bytes"), _UNPARSED),
    (FILTER, "call filter", ("AttributeError", "'NoneType' .* attribute 'group'"), _UNPARSED),
    (PROPERTY, "call reference|model", ("AttributeError", "attribute 'has_key'"),
     ("BadValueError", r"^Property \w* must be a Key or an instance of")),
    (PROPERTY, "model", ("AssertionError", "^"), _WRONG_TYPE),
    (PROPERTY, "model", _NO_ATTRIBUTE, _WRONG_TYPE),
    (PROPERTY, "model", _NO_BYTES, ("BadValueError", "formatted string; received")),
    (CLASS, "call (geo|im)", _NO_BYTES, ("BadValueError", r"received .* \(a (Blob|ByteString)\)")),
    (CLASS, f"call ({_CLASSES})", _INCOMPLETE, ("BadValueError", _KEY_GIVEN)),
    (CLASS, "call (plain_query|entity)", _INCOMPLETE,
     ("BadArgumentError", "^kind " + _KEY_GIVEN)),
    (CAST, "gql", _NO_ATTRIBUTE, _WRONG_CAST),
    (LIMIT, "call (fetch|count|plain_get|plain_count)", _INCOMPLETE,
     ("ArgumentTypeError", r"^(limit|offset) should be an integer; received datastore_types\.Key")),
    (BYTES, "call get_or_insert", _NO_ATTRIBUTE,
     ("BadArgumentError", r"iterable of \(str\); received .* \(a (ByteString|Blob)\)")),
    (UTF_8, "model", _NO_NAME, ("BadValueError", "^Invalid URL: ")),
    (SEVERAL, "model", _NO_NAME, ("BadValueError", "should be a string; received")),
    (SEVERAL, "query", ("AssertionError", "^No cursor available for a MultiQuery"),
     ("BadRequestError", "^(Only ancestor queries are allowed inside|cross-groups) transaction")),
    (SEVERAL, "call (plain_get|fetch)", ("BadKeyError", "^Cannot string encode an incomplete key!"),
     ("ArgumentTypeError", "^offset should be an integer; received")),
    (SEVERAL, "call entity", ("BadArgumentError", "^app must not be empty.$"),
     ("BadKeyError", "^Incomplete key found in to_path")),
    (MERGE, "query", _NO_VALUE, NO_CURSOR),
    (COMPARE, "query", _NO_ORDER, NO_CURSOR),
    (COMPARE, "query", _NO_EMAIL, NO_CURSOR),
    (COMPARE, "query", _NO_BYTES, NO_CURSOR),
    (SEVERAL, "call allocate_ids", ("IndexError", "list index out of range"),
     ("BadArgumentError", "^Cannot allocate IDs for more than one model key at a time$")),
    (SEVERAL, "call db_delete", ("IndexError", "list index out of range"),
     ("BadArgumentError", r"^Expected one of \(")),
    (SEVERAL, "call plain_filter", ("OverflowError", "is out of bounds for int64$"), _UNPARSED),
    (SEVERAL, "call db_delete", _WRONG_KEY, ("BadArgumentError", r"^Expected one of \(")),
    (SEVERAL, "call entity", ("BadArgumentError", "^app should be a string"),
     ("BadKeyError", "^Invalid string key|is not complete.$")),
    (SEVERAL, "call entity", _INCOMPLETE,
     ("BadArgumentError", "^Expects argument to be an Entity or Key; received")),
    (SEVERAL, "call key", ("BadArgumentError", r"^Key\(\) expects a string; received"),
     _INCOMPLETE),
    (SEVERAL, "call plain_filter", _INCOMPLETE, _UNPARSED),
    (SEVERAL, "call plain_filter", _INCOMPLETE_VALUE, _UNPARSED),
    (SEVERAL, "call plain_filter", ("BadValueError", "^Unsupported type for property"), _UNPARSED),
    (SEVERAL, "call set", _INCOMPLETE, ("BadPropertyError", "^property name " + _KEY_GIVEN)),
    (SEVERAL, "call entity", _INCOMPLETE, ("BadArgumentError", "^kind should be a string")),
    (CLASS, "call im", _NO_BYTES, ("BadValueError", "must not be empty.$")),
    *((SEVERAL, "gql", first, second)
      for first in (_UNORDERED, _NO_LIST, _WRONG_FILTER, _KEYS_ONLY, _WRONG_CAST, _WRONG_KEY,
                    _NO_ATTRIBUTE)
      for second in (_WRONG_CAST, _WRONG_KEY, _UNUSED)),
    (SEVERAL, "gql", ("TypeError", r"^int\(\) argument must be"),
     ("BadQueryError", "^Parse Error: Non-number limit in LIMIT clause")),
]  # fmt: skip
"""A line, for which steps, and by class and text: their error and ours."""


def text_of(outcome):
    """Returns the text of an error, or nothing."""
    return outcome.get("text", "") if isinstance(outcome, dict) else ""


def is_error(outcome, name, pattern):
    """Whether an outcome is an error of some class whose text matches."""
    return error_of(outcome) == name and re.search(pattern, text_of(outcome)) is not None


def line_of_errors(step, left, right):
    """Returns the line that accepts two errors, or None."""
    name = f"call {step['call']}" if step["do"] == "call" else step["do"]
    for line, steps, theirs, ours in PAIRS:
        if re.fullmatch(steps, name) and is_error(left, *theirs) and is_error(right, *ours):
            return line
    return None


def line_of_error(step, left, right):
    """Returns the line that accepts an error and a value, or None."""
    found = [line for line, fits in SINGLES if fits(step, left, right)]
    return found[0] if found else None


def _is_impossible_key(step, left, right):
    reasons = "the id of a key is positive; received -|1 to 500 bytes|at most 500 bytes"
    return is_error(right, "BadRequestError", reasons)


def _is_no_size(step, left, right):
    return is_error(right, "BadArgumentError", "^Cannot allocate ids without size and max")


def _is_reserved(step, left, right):
    return is_error(right, "BadRequestError", "is reserved: the platform alone writes it$")


def _is_odd_cursor(step, left, right):
    texts = [str(value) for _type, *values in step.get("args", ()) for value in values]
    if any(re.search("[^A-Za-z0-9_=-]", text) for text in texts):
        return is_error(right, "BadValueError", "^Invalid cursor .* Details: not URL-safe base64$")
    return is_error(right, "BadRequestError", "^Invalid cursor: ")


def _is_true(step, left, right):
    reason = r"(Query.(limit|offset)|AllocateIdsRequest.(size|max)): Expected an int, got a bool"
    return is_error(left, "TypeError", reason) and '["bool", ' in json.dumps(step)


def _is_luck(step, left, right):
    """A float, which the SDK counts with as with a number that is whole."""
    reason = r"^limit should be an integer; received .* \(a float\)"
    counts = step.get("call") in ("count", "plain_count")
    return counts and error_of(left) is None and is_error(right, "ArgumentTypeError", reason)


def _is_bytes(step, left, right):
    reason = r"iterable of \(.*\); received .* \(a (ByteString|Blob)\)"
    return is_error(right, "BadArgumentError", reason)


def _is_utf_8(step, left, right):
    return is_error(left, *_NO_NAME) and "\\u00e9" in json.dumps(step)


def _is_distinct_ancestor(step, left, right):
    text = step.get("text", "").upper()
    reason = "reserved keyword at symbol ANCESTOR$"
    return "DISTINCT" in text and is_error(left, "BadQueryError", reason)


def _is_uncompared(step, left, right):
    """A union's values that Python cannot compare; ours are a part of its own whole, and sorted."""
    theirs = (_NO_ORDER, _NO_EMAIL, _NO_BYTES)
    return step["do"] in ("query", "gql") and any(is_error(left, *error) for error in theirs)


SINGLES = [
    (KEYS, _is_impossible_key),
    (RESERVED, _is_reserved),
    (CURSOR_TEXT, _is_odd_cursor),
    (LIMIT, _is_true),
    (LIMIT, _is_luck),
    (NO_SIZE, _is_no_size),
    (BYTES, _is_bytes),
    (UTF_8, _is_utf_8),
    (ANCESTOR, _is_distinct_ancestor),
    (COMPARE, _is_uncompared),
]
"""A line, and whether it is what one side refuses."""
