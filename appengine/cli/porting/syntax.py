"""Python 2's syntax: what is no Python any more, and what means something else."""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from appengine.cli.porting.words import Kind, Word

Found = tuple[int, str]
"""A line and what is in it."""

_OCTAL = re.compile(r"0[0-7]*[1-7][0-7]*")
_LONG = re.compile(r"(?:0[xX][\da-fA-F]+|\d+)[lL]")
_PREFIX = re.compile(r"(?i)ur(?=['\"])")


def find_old_syntax(words: Sequence[Word]) -> Iterator[Found]:
    """Yields what Python 2 had and Python 3 has not."""
    for place, word in enumerate(words[:-1]):
        if word.begins and (statement := list(_statement(words, place))):
            yield from _old_statement(statement)
        yield from _old_word(word, words[place - 1] if place else None)


def _statement(words: Sequence[Word], place: int) -> Iterator[Word]:
    """Yields the words of the statement that begins at a place, without its end."""
    for number, word in enumerate(words[place:]):
        if word.kind is Kind.END or (number and word.begins):
            return
        if word.text == ";" and word.depth == 0:
            return
        yield word


def _old_statement(statement: Sequence[Word]) -> Iterator[Found]:
    first = statement[0]
    after = statement[1].text if len(statement) > 1 else ""
    if first.text == "print" and _is_printing(statement, after):
        yield first.line, "print is a statement; write print(...)"
    elif first.text == "exec" and after not in ("(", "=", "."):
        yield first.line, "exec is a statement; write exec(code, variables)"
    elif first.text == "except" and _has_comma(statement):
        yield first.line, "'except Error, error' is Python 2; write 'except Error as error'"
    elif first.text == "raise" and _has_comma(statement):
        yield first.line, "'raise Error, text' is Python 2; write 'raise Error(text)'"
    elif first.text == "def" and _takes_apart(statement):
        yield first.line, "a parameter that is taken apart; name it, and take it apart below"


def _is_printing(statement: Sequence[Word], after: str) -> bool:
    if after in ("=", ".", ":", ",", ")") or (len(statement) > 1 and statement[1].text[-1] == "="):
        return False
    if after != "(":
        return True
    closing = next((n for n, word in enumerate(statement) if n > 1 and _closes(word)), None)
    rest = statement[closing + 1 :] if closing else []
    return bool(rest) and rest[0].text in (",", "%", "+")  # print (a), b


def _closes(word: Word) -> bool:
    return word.text == ")" and word.depth == 0


def _has_comma(statement: Sequence[Word]) -> bool:
    return any(word.text == "," and word.depth == 0 for word in statement)


def _takes_apart(statement: Sequence[Word]) -> bool:
    """Tells whether the first list of a `def` holds another one: `def f(a, (b, c)):`."""
    return any(
        word.text == "(" and word.depth == 1 and before.text in ("(", ",")
        for before, word in pairwise(statement)
    )


def _old_word(word: Word, before: Word | None) -> Iterator[Found]:
    if word.text == "`":
        if before is None or before.text != "`":
            yield word.line, "backticks are Python 2; write repr(...)"
    elif word.text == "<>":
        yield word.line, "'<>' is Python 2; write '!='"
    elif word.kind is Kind.NUMBER and _OCTAL.fullmatch(word.text.rstrip("lL")):
        digits = word.text.rstrip("lL").lstrip("0")
        yield word.line, f"{word.text} is an octal number of Python 2; write 0o{digits}"
    elif word.kind is Kind.NUMBER and _LONG.fullmatch(word.text):
        yield word.line, f"{word.text} is a long of Python 2; write {word.text[:-1]}"
    elif word.kind is Kind.STRING and _PREFIX.match(word.text):
        yield word.line, "the prefix 'ur' is Python 2; write 'r'"


def parse(text: str) -> ast.Module | Found:
    """Returns a file's tree, or the line and the message of the parser."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 0, f"{error.msg} ({type(error).__name__})"
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; brackets in brackets
        return 0, f"it cannot be parsed: {error}"
