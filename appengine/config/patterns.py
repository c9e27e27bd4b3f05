"""Regular expressions of applications: the one door to the linear-time engine.

The standard library's engine backtracks and holds the interpreter while it does, so one
expression of an application could stop the whole front. Here time grows with the text only.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, Self

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from appengine.config.errors import shown

MAX_LENGTH = 1000
"""Characters of a regular expression."""

MAX_MEMORY = 2**20
"""Bytes that a compiled expression may take: `((x{99}){99}){99}` is refused, not compiled."""

MAX_SET_MEMORY = 16 * 2**20
"""Bytes that all expressions of a file together may take, with the states they cache."""

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_BACK_REFERENCE = re.compile(r"\\([1-9][0-9]?)")


def _options(max_memory: int) -> "re2.Options":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = max_memory
    options.dot_nl = True  # a path with %0A must not slip past `url: /admin/.*`
    return options


class Regex:
    """A compiled expression that matches whole texts."""

    def __init__(self, text: str) -> None:
        """Compiles the text.

        Raises:
            ValueError: it is no expression, or one that cannot be matched in linear time.
        """
        if len(text) > MAX_LENGTH:
            raise ValueError(f"{shown(text)} has {len(text)} characters; at most {MAX_LENGTH}")
        try:
            self._compiled = re2.compile(text, _options(MAX_MEMORY))
        except re2.error as error:
            raise ValueError(_complaint(text, error)) from error

    @property
    def groups(self) -> int:
        """The number of its groups."""
        return int(self._compiled.groups)

    def match(self, text: str) -> tuple[str, ...] | None:
        """Returns the whole match and its groups ("" for one that took no part), or None."""
        match = self._compiled.fullmatch(text)
        return None if match is None else (match.group(), *match.groups(default=""))

    def is_match(self, text: str) -> bool:
        """Returns whether it matches the whole text."""
        return self._compiled.fullmatch(text) is not None


class RegexSet:
    """Many expressions that are matched in one pass over the text."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Compiles the texts, each of which is an expression.

        Raises:
            ValueError: together they are too large.
        """
        options = _options(MAX_SET_MEMORY)
        self._set = re2.Set.FullMatchSet(options)
        try:
            for text in texts:
                self._set.Add(text)
            self._set.Compile()
            self._any = re2.compile("|".join(f"(?:{text})" for text in texts), options)
        except re2.error as error:
            raise ValueError(f"{len(texts)} expressions that are too large together") from error

    def match(self, text: str) -> list[int] | None:
        """Returns the places of the expressions that match the whole text, ascending.

        None says that the pass ran out of memory and the expressions must be tried one by one.
        """
        if (places := self._set.Match(text)) is not None:
            return sorted(places)
        return None if self._any.fullmatch(text) else []


def _complaint(text: str, error: Exception) -> str:
    reason = error.args[0]
    reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    if "too large" in reason:
        return f"{shown(text)} is too large: it repeats too much"
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return f"{shown(text)} is no regular expression: {reason}"
    return f"{shown(text)} cannot be matched in linear time: {reason}"


class Pattern(str):
    """A regular expression for whole paths of files: `static/.*[.]css`."""

    expects: ClassVar[str] = "a regular expression"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the text, which is an expression of the linear-time engine."""
        Regex(text)
        return cls(text)


class UrlPattern(Pattern):
    """A regular expression for the whole path of a URL: `/profile/(.*)`.

    Source: App Engine, "app.yaml", handlers, `url`.
    """

    expects: ClassVar[str] = "a regular expression for the path of a URL, such as '/images/.*'"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the text, which is an expression without anchors that may match a path."""
        if text.startswith("^") or _ends_with_anchor(text):
            raise ValueError(f"{shown(text)} has an anchor: the whole path is matched anyway")
        if not text.startswith(("/", ".", "(")):
            raise ValueError(f"{shown(text)} must start with '/': every path does")
        return super().parse(text)


def literal(text: str) -> str:
    """Returns the expression that matches exactly this text."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _ends_with_anchor(text: str) -> bool:
    before = text.removesuffix("$")
    escapes = len(before) - len(before.rstrip("\\"))
    return before != text and escapes % 2 == 0


def back_references(template: str) -> list[int]:
    r"""Returns the numbers of the groups that a template such as `static/\1` names."""
    return [int(found[1]) for found in _BACK_REFERENCE.finditer(template)]


def expand(template: str, groups: Sequence[str]) -> str:
    r"""Returns a template with `\N` replaced by the N-th group; the 0th is the whole match."""
    return _BACK_REFERENCE.sub(lambda found: groups[int(found[1])], template)


def check_template(template: str, regex: Regex) -> None:
    """Checks that a template names only groups that an expression has.

    Raises:
        ValueError: it names another one, or has a backslash that names none.
    """
    if "\\" in _BACK_REFERENCE.sub("", template):
        raise ValueError(f"{shown(template)} has a backslash that is no back-reference like '\\1'")
    highest = max(back_references(template), default=0)
    if highest > regex.groups:
        count = f"{regex.groups} group" + ("" if regex.groups == 1 else "s")
        raise ValueError(f"{shown(template)} uses '\\{highest}', but the url has {count}")
