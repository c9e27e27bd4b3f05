"""Expressions of the template language, translated: values with filters, and conditions.

Source: Django, "The Django template language", sections "Variables", "Filters", "Operators".
"""

import json
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from appengine.webapp.template.marks import VARIABLE

OPERATORS = {word: word for word in ("and", "or", "not", "in", "not in")}
OPERATORS |= {word: word for word in ("==", "!=", "<", "<=", ">", ">=")}
OPERATORS |= {"is": "is sameas", "is not": "is not sameas"}
"""The operators of `if`, each with its translation."""

CONSTANTS = {"True": "true", "False": "false", "None": "none"}

_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_WORD = re.compile(rf"(?:{_STRING}|[^\s\"'])+")
_ATOM = re.compile(
    rf"(?P<text>{_STRING})|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))|(?P<path>\w+(?:\.\w+)*)"
)
_FILTER = re.compile(r"\|(\w+)")


class ExpressionError(Exception):
    """An expression that cannot be read; the translation adds file and line."""


def split_words(text: str) -> list[str]:
    """Returns the words of a tag; quoted text is one word or a part of one.

    Raises:
        ExpressionError: a quote that does not end.
    """
    if rest := _WORD.sub("", text).strip():
        raise ExpressionError(f"{rest[0]} without its other end in {text!r}")
    return _WORD.findall(text)


def translate_value(text: str, filters: Collection[str]) -> str:
    """Returns the translation of a value with its filters: `name|default:"x"`.

    Args:
        text: the expression.
        filters: the names of the filters that there are.

    Raises:
        ExpressionError: it is no such expression, or names a filter that is not there.
    """
    text = text.strip()
    if (first := _ATOM.match(text)) is None:
        raise ExpressionError(f"{text!r} is no value" if text else "a value is missing")
    return _translate_atom(first) + "".join(_translate_filters(text, first.end(), filters))


def translate_chain(text: str, filters: Collection[str]) -> str:
    """Returns the translation of filters alone, as the tag `filter` has them.

    Raises:
        ExpressionError: as for `translate_value`.
    """
    return "".join(_translate_filters(f"|{text.strip()}", 0, filters)).removeprefix("|")


def translate_condition(words: list[str], filters: Collection[str]) -> str:
    """Returns the translation of the words behind `if`.

    Raises:
        ExpressionError: values and operators do not take turns.
    """
    made, wants_value = [], True
    for word in _join_pairs(words):
        if word != "not" and (word in OPERATORS) == wants_value:
            wrong = "a value is missing before" if wants_value else "no operator, in spaces, before"
            raise ExpressionError(f"{wrong} {word!r}")
        made.append(OPERATORS.get(word) or f"({translate_value(word, filters)})")
        wants_value = word in OPERATORS
    if wants_value:
        raise ExpressionError(f"a value is missing at the end of {' '.join(words)!r}")
    return " ".join(made)


def _join_pairs(words: list[str]) -> list[str]:
    """Returns the words, those of `not in` and `is not` as one."""
    joined: list[str] = []
    for word in words:
        if joined and f"{joined[-1]} {word}" in OPERATORS:
            joined.append(f"{joined.pop()} {word}")
        else:
            joined.append(word)
    return joined


def _translate_filters(text: str, start: int, filters: Collection[str]) -> Iterator[str]:
    while start < len(text):
        if (found := _FILTER.match(text, start)) is None:
            raise ExpressionError(f"{text[start:]!r} is left over in {text!r}")
        name, start = found.group(1), found.end()
        if name not in filters or name.startswith("_"):
            close = get_close_matches(name, filters, n=1)
            raise ExpressionError(f"no filter {name!r}" + (f"; {close[0]!r}?" if close else ""))
        argument = ""
        if text.startswith(":", start):
            if (atom := _ATOM.match(text, start + 1)) is None:
                raise ExpressionError(f"filter {name!r}: {text[start + 1 :]!r} is no value")
            argument, start = f"({_translate_atom(atom)})", atom.end()
        yield f"|{name}{argument}"


def _translate_atom(atom: re.Match[str]) -> str:
    if (text := atom["text"]) is not None:
        return f"({quote(unquote(text))}|_safe)"  # a template's own text is never escaped
    if (number := atom["number"]) is not None:
        return number
    first, *rest = atom["path"].split(".")
    if not rest and first in CONSTANTS:
        return CONSTANTS[first]
    if hidden := [name for name in (first, *rest) if name.startswith("_")]:
        raise ExpressionError(f"{hidden[0]!r}: names that begin with an underscore are private")
    if first.isdigit():
        raise ExpressionError(f"{atom['path']!r} is neither a number nor a name")
    if [first, *rest] == ["block", "super"]:
        return "super()"
    return f"({VARIABLE}{first}|_value)" + "".join(f"[{quote(name)}]" for name in rest)


def unquote(text: str) -> str:
    """Returns what stands between quotes; a backslash goes before such a quote or a backslash."""
    return re.sub(rf"\\([\\{text[0]}])", r"\1", text[1:-1])


def quote(text: str) -> str:
    """Returns a text as a literal of the translated text."""
    return json.dumps(text, ensure_ascii=False)
