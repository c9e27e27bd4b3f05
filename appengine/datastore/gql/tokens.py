"""The symbols of GQL.

Source: App Engine, "GQL Reference".
"""

import re

TOKEN = re.compile(
    r"""
    '(?:[^'\n]|'')*'               # text; two quotes are one in it
    | "[^"\s]+"                    # a name in quotes
    | <= | >= | != | = | < | >
    | :\w+                         # a parameter
    | [(),*;]
    | [-+]?(?:\d+\.\d*|\.\d+|\d+)  # a number
    | [^\W\d][\w.]*                # a name or a keyword
    | \S[^\s'"(),<>=!:]*           # whatever else: no rule takes it, and an error shows it
    """,
    re.VERBOSE,
)

KEYWORDS = frozenset(
    (
        "ANCESTOR",
        "AND",
        "ASC",
        "BY",
        "DESC",
        "DISTINCT",
        "FROM",
        "GROUP",
        "HINT",
        "LIMIT",
        "OFFSET",
        "ORDER",
        "SELECT",
        "WHERE",
        "ANCESTOR_FIRST",
        "FILTER_FIRST",
        "ORDER_FIRST",
    )
)
"""Words that are no names unless they stand in double quotes; in capitals or not."""

NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)\Z")
NAME = re.compile(r"[^\W\d][\w.]*\Z")
QUOTED_NAME = re.compile(r'"([^"\s]+)"\Z')
PARAMETER = re.compile(r":(\w+)\Z")
TEXT = re.compile(r"'((?:[^'\n]|'')*)'\Z")


def tokenize(text: str) -> list[str]:
    """Returns the symbols of a statement."""
    tokens = TOKEN.findall(text)
    while tokens and tokens[-1] == ";":
        tokens.pop()
    return tokens
