"""Filters of numbers, lists and values of any kind.

Source: Django, "Built-in filter reference".
"""

import pprint
import random
from collections.abc import Iterable, Sequence, Sized
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from operator import add as plus
from typing import cast

import markupsafe
from jinja2 import Environment, Undefined, pass_environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


def add(value: object, other: object) -> object:
    """Returns the sum, as whole numbers if both are; nothing if they cannot be added."""
    try:
        return int(str(value)) + int(str(other))
    except ValueError:
        pass
    try:
        return plus(value, other)
    except TypeError:
        return ""


def default(value: object, other: object) -> object:
    """Returns the value, or the other if it is empty, nothing or missing."""
    return value or other


def default_if_none(value: object, other: object) -> object:
    """Returns the value, or the other if it is None."""
    return other if value is None else value


@pass_environment
def sort_by(environment: Environment, value: object, path: object) -> list[object]:
    """Returns the items sorted by what a path finds in each."""

    def find(item: object) -> object:
        for name in str(path).split("."):
            item = environment.getitem(item, name)
        return item

    try:
        return sorted(_items(value), key=find)  # type: ignore[arg-type]  # TypeError if they have no order
    except TypeError:
        return []


@pass_environment
def sort_backwards_by(environment: Environment, value: object, path: object) -> list[object]:
    """Returns the items sorted by what a path finds in each, the greatest first."""
    return sort_by(environment, value, path)[::-1]


def is_divisible_by(value: object, other: object) -> bool:
    """Returns whether a whole number is a multiple of another."""
    return int(str(value)) % int(str(other)) == 0


def format_file_size(value: object) -> str:
    """Returns a number of bytes for people: `13.0 KB`."""
    size = _decimal(value) or Decimal(0)
    if abs(size) < 1024:  # noqa: PLR2004  # a KB
        return f"{int(size)} byte{'' if size == 1 else 's'}"
    unit = 0
    while abs(size) >= 1024 and unit < len(UNITS) - 1:  # noqa: PLR2004  # a KB
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {UNITS[unit]}"


def format_float(value: object, places: object = -1) -> str:
    """Returns a number rounded to so many places; below zero, none if it is whole."""
    number, count = _decimal(value), _decimal(places)
    if number is None or not number.is_finite():
        return ""
    if count is None:
        return str(number)
    if count < 0 and number == number.to_integral_value():
        return str(number.quantize(Decimal(1)))
    return str(number.quantize(Decimal(1).scaleb(-abs(int(count))), ROUND_HALF_UP))


def get_digit(value: object, place: object) -> object:
    """Returns a digit of a whole number, counted from the right, 0 beyond its first.

    What is no number, or has no such place, stays as it is.
    """
    digits, place_text = str(value), str(place)
    if not (digits.isdigit() and place_text.isdigit() and (number := int(place_text)) >= 1):
        return value
    return int(digits[-number]) if number <= len(digits) else 0


def first(value: object) -> object:
    """Returns the first item, or nothing."""
    return next(iter(_items(value)), "")


def last(value: object) -> object:
    """Returns the last item, or nothing."""
    items = list(_items(value))
    return items[-1] if items else ""


def length(value: object) -> int:
    """Returns how many items or characters there are; none if it has no length."""
    return len(value) if isinstance(value, Sized) and not isinstance(value, Undefined) else 0


def has_length(value: object, count: object) -> bool:
    """Returns whether there are so many items or characters."""
    return length(value) == int(str(count))


@pass_eval_context
def join(context: EvalContext, value: object, separator: object) -> object:
    """Returns the items as one text with a separator between."""
    if not context.autoescape:
        return str(separator).join(map(str, _items(value)))
    return markupsafe.escape(separator).join(map(markupsafe.escape, _items(value)))


def make_list(value: object) -> list[object]:
    """Returns the items; of a number or text the characters."""
    return list(str(value)) if isinstance(value, int | str) else list(_items(value))


def mark_each_safe(value: object) -> list[str]:
    """Returns the items as text, not to be escaped."""
    return [Markup(str(item)) for item in _items(value)]  # noqa: S704  # the author says so


@pass_eval_context
def make_list_items(context: EvalContext, value: object) -> str:
    """Returns nested lists as `<li>`, a list behind an item inside of it, without outer `<ul>`."""
    made: list[str] = []
    for item in _items(value):
        if isinstance(item, list | tuple):
            nested = f"\n<ul>\n{make_list_items(context, item)}\n</ul>\n"
            made.append((made.pop().removesuffix("</li>") if made else "<li>") + nested + "</li>")
        else:
            text = markupsafe.escape(item) if context.autoescape else item
            made.append(f"<li>{text}</li>")
    return Markup("\n".join(made))  # noqa: S704  # escaped above


def pluralize(value: object, endings: object = "s") -> str:
    """Returns the ending for a number, or for so many items: `"es"`, `"y,ies"`."""
    one, comma, many = str(endings).partition(",")
    if not comma:
        one, many = "", one
    number = _decimal(value)
    count = Decimal(length(value)) if number is None else number
    return one if count == 1 else many


def show(value: object) -> str:
    """Returns the value as Python shows it."""
    return pprint.pformat(value)


def pick(value: object) -> object:
    """Returns some item, or nothing."""
    items = list(_items(value))
    return random.choice(items) if items else ""  # noqa: S311  # nothing secret


def cut_slice(value: object, bounds: object) -> object:
    """Returns a part of a list or text: `"1:3"`."""
    numbers = [int(number) if number else None for number in str(bounds).split(":")]
    if numbers and len(numbers) == 1:
        numbers.insert(0, None)
    part = slice(*numbers)
    if isinstance(value, str):
        cut = str(value)[part]
        return Markup(cut) if isinstance(value, Markup) else cut  # noqa: S704  # as it was
    try:
        return cast("Sequence[object]", value)[part]
    except (TypeError, KeyError):  # a slice is a key that no dictionary has, since Python 3.12
        return list(_items(value))[part]


def format_value(value: object, specifier: object) -> str:
    """Returns the value in printf style, without the per cent sign; nothing if it does not fit."""
    try:
        return f"%{specifier}" % value
    except (TypeError, ValueError):
        return ""


def scale(value: object, maximum: object, width: object) -> str:
    """Returns a value's share of a maximum, as a whole number of a width."""
    numbers = [_decimal(one) for one in (value, maximum, width)]
    if None in numbers or not numbers[1]:
        return "0"
    part, whole, size = cast("list[Decimal]", numbers)
    return str((part / whole * size).quantize(Decimal(1), ROUND_HALF_UP))


def yes_no(value: object, words: object = "yes,no,maybe") -> object:
    """Returns the word for true, false, and nothing (else as for false)."""
    choices = str(words).split(",")
    if len(choices) < 2:  # noqa: PLR2004  # words for true and false
        return value
    if value is None:
        return choices[-1]
    return choices[0] if value else choices[1]


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) else ()
