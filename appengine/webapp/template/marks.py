"""The signs of the translated text: control characters, so that no text of a template is one."""

BLOCK_START = "\x02"
BLOCK_END = "\x03"
VARIABLE_START = "\x04"
VARIABLE_END = "\x05"
COMMENT_START = "\x06"
COMMENT_END = "\x07"

SIGNS = frozenset(BLOCK_START + BLOCK_END + VARIABLE_START + VARIABLE_END)
SIGNS |= frozenset(COMMENT_START + COMMENT_END)
"""What a template may not hold; no editor writes these."""

VARIABLE = "v_"
"""Stands before every name of a template's own, so that none is a word of Jinja's."""


def block(text: str) -> str:
    """Returns a tag of the translated text."""
    return f"{BLOCK_START} {text} {BLOCK_END}"


def output(expression: str) -> str:
    """Returns an expression of the translated text, to be shown."""
    return f"{VARIABLE_START} {expression} {VARIABLE_END}"
