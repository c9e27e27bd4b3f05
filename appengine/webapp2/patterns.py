"""Templates of routes: text with variables, as a regular expression and as a way to build.

`/shelf/<name>/<year:[0-9]{4}>/<:.*>` has the variables `name`, `year` and one without a name. A
variable without an expression is `[^/]+`, in a host name `[^.]+`.

Source: webapp2, "URI routing", section "Route".
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

VARIABLE = re.compile(r"<([a-zA-Z_]\w*)?(?::([^>]*))?>")
UNNAMED = re.compile(r"__(\d+)__")
SAFE_IN_PATH = "/"


class Pattern(NamedTuple):
    """A template that has been read."""

    regex: re.Pattern[str]
    reverse_template: str
    args_count: int
    kwargs_count: int
    variables: dict[str, re.Pattern[str]]


def parse_template(template: str, default: str = "[^/]+") -> Pattern:
    """Returns a template's parts; unnamed variables are called `__0__`, `__1__`.

    Raises:
        ValueError: an expression of the template is none; the text quotes the template.
    """
    text = built = ""
    end = unnamed = 0
    variables: dict[str, re.Pattern[str]] = {}
    for found in VARIABLE.finditer(template):
        name, expression = found[1], found[2] or default
        if name is None:
            name, unnamed = f"__{unnamed}__", unnamed + 1
        literal = template[end : found.start()]
        text += f"{re.escape(literal)}(?P<{name}>{expression})"
        built += literal.replace("%", "%%") + f"%({name})s"
        end = found.end()
        variables[name] = _compile(expression, template)
    text += re.escape(template[end:])
    built += template[end:].replace("%", "%%")
    return Pattern(_compile(text, template), built, unnamed, len(variables) - unnamed, variables)


def read_match(
    found: re.Match[str], defaults: Mapping[str, object]
) -> tuple[tuple[object, ...], dict[str, object]]:
    """Returns the positional and the named values of a match over a route's defaults."""
    values = {**defaults, **found.groupdict()}
    unnamed = sorted((name for name in values if UNNAMED.fullmatch(name)), key=_number)
    args = tuple(values.pop(name) for name in unnamed)
    return args, values


def fill_template(
    pattern: Pattern,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    defaults: Mapping[str, object],
) -> tuple[str, dict[str, object]]:
    """Returns the text of a template with values, and the values that it has no place for.

    Raises:
        KeyError: a variable has no value.
        ValueError: a value is none that the variable's expression matches.
    """
    given = dict(kwargs)
    given |= {f"__{number}__": value for number, value in enumerate(args)}
    texts = {}
    for name, regex in pattern.variables.items():
        value = given.pop(name, defaults.get(name))
        if value is None:
            raise KeyError(f'Missing argument "{name.strip("_")}" to build URI.')
        text = str(value)
        if not regex.fullmatch(text):
            raise ValueError(
                f'URI building error: Value "{text}" is not supported for argument '
                f'"{name.strip("_")}": {regex.pattern!r}.'
            )
        texts[name] = text
    rest = {name: value for name, value in given.items() if not UNNAMED.fullmatch(name)}
    return quote(pattern.reverse_template % texts, SAFE_IN_PATH), rest


def _number(name: str) -> int:
    return int(name.strip("_"))


def _compile(expression: str, template: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ValueError(f"route template {template!r}: {error}") from None
