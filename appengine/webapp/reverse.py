"""URLs made from mappings: a handler's regular expression with values for its groups.

Source: App Engine, "The RequestHandler Class", `get_url`.
"""

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Generic, NamedTuple, TypeVar

from appengine.webapp.errors import CannotReversePatternError, NoUrlFoundError

Made_co = TypeVar("Made_co", covariant=True)


class Mapping(NamedTuple, Generic[Made_co]):
    """One line of an application's URL mapping."""

    pattern: re.Pattern[str]
    handler: Callable[[], Made_co]


class Match(NamedTuple):
    """What the request being answered was matched to."""

    mappings: tuple[Mapping[object], ...]
    groups: tuple[str, ...]


current_match: ContextVar[Match] = ContextVar("current_match")
"""The current request's: handlers' class methods know no request, and threads have others."""

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|(?P<captures>\((?!\?)|\(\?P<)|(?P<opens>\()|(?P<closes>\))"
    r"|(?P<set>\[(?:\\.|[^\]\\])*\])|(?P<repeats>[*+?]|\{[\d,]*\})|(?P<literal>[^^$])|[\^$]",
    re.DOTALL,
)


def build_url(
    handler: object, args: tuple[object, ...], implicit_args: bool | tuple[object, ...]
) -> str:
    """Returns the URL of a handler's first mapping that takes the arguments.

    Raises:
        NoUrlFoundError: no mapping fits, or no request is being answered.
    """
    name = getattr(handler, "__name__", repr(handler))
    if (match := current_match.get(None)) is None:
        raise NoUrlFoundError(f"no URL for {name}: no request is being answered")
    before: tuple[object, ...] = implicit_args if isinstance(implicit_args, tuple) else ()
    if implicit_args is True:
        before = match.groups
    reasons = []
    for mapping in match.mappings:
        if mapping.handler is handler:
            try:
                return reverse(mapping.pattern, args, before)
            except CannotReversePatternError as error:
                reasons.append(str(error))
    why = "; ".join(reasons) or "it is in no mapping"
    raise NoUrlFoundError(f"no URL for {name} with arguments {args!r}: {why}")


def reverse(
    pattern: re.Pattern[str], args: tuple[object, ...], before: tuple[object, ...] = ()
) -> str:
    """Returns a path that the pattern matches, its groups holding the arguments.

    Args:
        pattern: a mapping's regular expression.
        args: the values of its last groups.
        before: values of the first groups, as many as `args` leaves over.

    Raises:
        CannotReversePatternError: there is no such path, or it would take more than groups and
            literal text to find it.
    """
    count = sum(1 for token in _tokens(pattern.pattern) if token is None)
    if len(args) > count or len(args) + len(before) < count:
        raise CannotReversePatternError(f"{pattern.pattern!r} takes {count} arguments")
    values = [str(value) for value in (*before[: count - len(args)], *args)]
    left = iter(values)
    path = "".join(next(left) if token is None else token for token in _tokens(pattern.pattern))
    if (found := pattern.fullmatch(path)) is None or not set(values) <= set(found.groups("")):
        raise CannotReversePatternError(f"{path!r} does not match {pattern.pattern!r}")
    return path


def _tokens(pattern: str) -> Iterator[str | None]:
    """Yields a pattern's literal characters; None for each outermost group that captures.

    What may be left out is left out: `/?` yields nothing. The caller checks the result.
    """
    depth, pending = 0, ""
    for token in _TOKEN.finditer(pattern):
        opens = token["captures"] or token["opens"]
        depth += bool(opens) - bool(token["closes"])
        if opens and depth == 1:
            yield pending
            pending = ""
            if token["captures"]:
                yield None
        elif depth == 0 and token["repeats"]:
            pending = pending if token["repeats"] == "+" else ""
        elif depth == 0:
            yield pending
            pending = token["escaped"] or token["literal"] or ""
    yield pending
