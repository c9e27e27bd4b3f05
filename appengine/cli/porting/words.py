"""The words of a Python file, be it Python 2 or 3: what `tokenize` of today no longer reads.

Since Python 3.12 `tokenize` refuses `0777`, backticks and `10L`, which are what has to be found.
"""

import re
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

_STRING = r"""(?:
    '''(?:\\.|[^\\])*?''' | \"\"\"(?:\\.|[^\\])*?\"\"\"
  | '(?:\\.|[^'\\\n])*'     | "(?:\\.|[^"\\\n])*"
)"""
_WORD = re.compile(
    rf"""
      (?P<comment>\#[^\n]*)
    | (?P<string>[bBrRuUfFtT]{{0,2}}{_STRING})
    | (?P<number>(?:0[xX][\da-fA-F_]+|\.?\d[\w.]*(?:(?<=[eE])[-+]\d+)?))
    | (?P<name>[^\W\d]\w*)
    | (?P<joined>\\\r?\n)
    | (?P<end>\r?\n|\r)
    | (?P<space>[^\S\r\n]+)
    | (?P<sign><>|\*\*=?|//=?|>>=?|<<=?|->|[-+*/%&|^=<>!:@]=|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Kind(Enum):
    """What a word is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    END = "end"
    """Of a logical line: the text is empty."""


class Word(Struct, frozen=True):
    """One word.

    Attributes:
        depth: how many brackets are open around it.
        begins: it is the first of a statement.
    """

    kind: Kind
    text: str
    line: int
    depth: int
    begins: bool


def read_words(text: str) -> list[Word]:
    """Returns the words of a file, without comments; each logical line ends in an `END`."""
    return list(_words(text))


def _words(text: str) -> Iterator[Word]:
    line, depth, begins = 1, 0, True
    header, lambdas = False, 0  # in `if x:`, a statement follows the colon
    for found in _WORD.finditer(text):
        kind, word = found.lastgroup or "", found[0]
        if kind == "end" and not depth and not begins:
            yield Word(Kind.END, "", line, 0, False)
            begins = True
        if kind in ("name", "number", "string", "sign"):
            if word in (")", "]", "}"):
                depth = max(0, depth - 1)
            yield Word(Kind(kind), word, line, depth, begins)
            if begins:
                header, lambdas = word in _HEADERS, 0
            lambdas += word == "lambda"
            begins = depth == 0 and (word == ";" or (word == ":" and header and not lambdas))
            if word == ":" and depth == 0:
                lambdas = max(0, lambdas - 1)
            depth += word in ("(", "[", "{")
        line += word.count("\n")
    if not begins:
        yield Word(Kind.END, "", line, 0, False)


_HEADERS = frozenset("if elif else while for try except finally with class def".split())
