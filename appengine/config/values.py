"""Values as people write them: text becomes what a declaration's annotation asks for.

The annotation decides, not the look of the text: `version: 1` is the version "1", `version: 1.10`
is not 1.1, and `threadsafe: yes` is true. Files, flags and environment variables are read alike.
"""

import math
import re
from contextlib import suppress
from types import NoneType, UnionType
from typing import Annotated, ClassVar, Literal, Protocol, Self, Union, get_args, get_origin

import msgspec
from msgspec import inspect

from appengine.config.errors import shown

TRUE = frozenset(("true", "yes", "on", "y", "1"))
FALSE = frozenset(("false", "no", "off", "n", "0"))

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_DURATION = re.compile(r"([0-9]{1,9}[dhms])(\s+[0-9]{1,9}[dhms])*")
_LATENCY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s)")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Parsed(Protocol):
    """A type that reads its own text."""

    expects: ClassVar[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the value that the text states, or raises ValueError."""


class Duration(int):
    """Seconds, written as days, hours, minutes and seconds: `4d 5h`.

    Source: App Engine, "app.yaml", `default_expiration`.
    """

    expects: ClassVar[str] = "a duration such as '4d 5h' (units d, h, m, s)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the seconds that a text such as `4d 5h` states."""
        if _DURATION.fullmatch(text) is None:
            raise ValueError(f"{shown(text)} is not {cls.expects}")
        return cls(sum(int(part[:-1]) * _SECONDS[part[-1]] for part in text.split()))


class Latency(float):
    """Seconds, written as `30ms` or `1.5s`.

    Source: App Engine, "app.yaml", `min_pending_latency`.
    """

    expects: ClassVar[str] = "a time such as '30ms' or '1.5s'"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the seconds that a text such as `30ms` states."""
        match = _LATENCY.fullmatch(text)
        if match is None:
            raise ValueError(f"{shown(text)} is not {cls.expects}")
        return cls(float(match[1]) / (1000 if match[2] == "ms" else 1))


def without_notes(hint: object) -> object:
    """Returns an annotation without its `Annotated` notes."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def members(hint: object) -> tuple[object, ...]:
    """Returns the annotations that a union offers, None left out; one's own for all others."""
    plain = without_notes(hint)
    if get_origin(plain) in (Union, UnionType):
        return tuple(member for member in get_args(plain) if member is not NoneType)
    return (hint,)


def parse_text(text: str, hint: object) -> object:
    """Returns what a text states for an annotation.

    Args:
        text: what the person wrote.
        hint: of a scalar: `str`, `int`, `float`, `bool`, a Literal of texts, a type with `parse`,
            a union of them, or one of them with msgspec's `Meta`.

    Raises:
        ValueError: it states nothing of the kind; the text says what was expected.
    """
    choices = [each for each in members(hint) if get_origin(without_notes(each)) is not tuple]
    if len(choices) == 1:
        return _parse_one(text, choices[0])
    for choice in choices:
        with suppress(ValueError):
            return _parse_one(text, choice)
    raise ValueError(f"{shown(text)} is not {describe(hint)}")


def _parse_one(text: str, hint: object) -> object:
    kind = without_notes(hint)
    if hasattr(kind, "parse"):
        value: object = kind.parse(text)
        return value
    try:
        return msgspec.convert(_read(text, kind), hint)
    except (msgspec.ValidationError, ValueError) as error:
        raise ValueError(f"{shown(text)} is not {describe(hint)}") from error


def _read(text: str, kind: object) -> object:
    if kind is bool:
        return _read_boolean(text)
    if kind is int:
        return int(_matched(_INTEGER, text))
    if kind is float:
        return _finite(float(_matched(_FLOAT, text)))
    return text


def _read_boolean(text: str) -> bool:
    word = text.lower()
    if word not in TRUE | FALSE:
        raise ValueError
    return word in TRUE


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError
    return text


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number


def describe(hint: object) -> str:
    """Returns what an annotation asks for, in words: `an integer from 0 to 65535`."""
    if len(members(hint)) > 1:
        return " or ".join(describe(member) for member in members(hint))
    return _describe_one(members(hint)[0])


def _describe_one(hint: object) -> str:
    kind = without_notes(hint)
    if hasattr(kind, "expects"):
        return str(kind.expects)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(value) for value in get_args(kind))
    if get_origin(kind) in (list, tuple):
        return "a list"
    is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    if get_origin(kind) is dict or kind is object or is_struct:
        return "a mapping"
    information = inspect.type_info(hint)
    if isinstance(information, inspect.Metadata):
        schema = information.extra_json_schema or {}
        if "description" in schema:
            return str(schema["description"])
        information = information.type
    return _describe_type(information)


def _describe_type(information: inspect.Type) -> str:
    match information:
        case inspect.BoolType():
            return "yes or no"
        case inspect.IntType(ge=low, le=high):
            return "an integer" + _bounds(low, high)
        case inspect.FloatType(ge=low, le=high):
            return "a number" + _bounds(low, high)
        case inspect.StrType(min_length=low, max_length=high) if high:
            return f"a text of {low or 0} to {high} characters"
    return "a text"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f" up to {high}"
    return f" of at least {low}" if high is None else f" from {low} to {high}"
