"""URL matching: which handler of app.yaml answers a path."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from appengine.config.handlers import AnyHandler, ScriptHandler
from appengine.config.patterns import Regex, RegexSet, expand

ENTRYPOINT = ScriptHandler(url="/.*", script="auto")
"""What answers in a modern runtime where no handler matches."""

KEPT_PATHS = 2048
KEPT_CHARACTERS = 200
"""Paths whose handlers are remembered for each version, and how long one may be: 1 MB or so."""

FEW = 4
"""Expressions that are tried one by one sooner than all together."""

_PLAIN = re.compile(r"/([A-Za-z0-9_~-]*)(?![*?{+])")
"""How an expression begins that says its first segment: no character of it is special."""

Match = tuple[AnyHandler, tuple[str, ...]]
"""A handler, and what its expression matched: the whole path, then its groups."""


class UrlMap:
    """The handlers of one version, compiled once; time grows with the path, not with their number.

    Paths are those of a WSGI environ (PEP 3333): percent-decoded bytes as Latin-1 characters. They
    are matched as UTF-8; a byte that is none matches as U+FFFD, so `/admin/.*` covers it too.
    """

    def __init__(self, handlers: Sequence[AnyHandler], *, has_entrypoint: bool = False) -> None:
        """Compiles handlers in the order in which they are tried.

        Args:
            handlers: of one version.
            has_entrypoint: the runtime is a modern one, so `ENTRYPOINT` answers all other paths.
        """
        self._handlers = tuple(handlers)
        self._regexes = [Regex(handler.url) for handler in self._handlers]
        self._all = RegexSet([handler.url for handler in self._handlers])
        self._has_entrypoint = has_entrypoint
        self._by_segment: dict[str, list[int]] = {}
        self._anywhere: list[int] = []
        for place, handler in enumerate(self._handlers):
            segment = first_segment(handler.url)
            if segment is None:
                self._anywhere.append(place)
            else:
                self._by_segment.setdefault(segment, []).append(place)
        self._known = lru_cache(maxsize=KEPT_PATHS)(self._find)

    def match(self, path: str) -> Match | None:
        """Returns the first handler that matches the whole path, or None."""
        return next(self.matches(path), None)

    def matches(self, path: str) -> Iterator[Match]:
        """Yields every handler that matches, in order.

        The second and later ones matter where a file is missing and `require_matching_file` is set.
        """
        found = self._known if len(path) <= KEPT_CHARACTERS else self._find
        yield from found(path)

    def _find(self, path: str) -> tuple[Match, ...]:
        text = path.encode("latin-1", "replace").decode("utf-8", "replace")
        found: list[Match] = []
        for place in self._places(text):
            if (groups := self._regexes[place].match(text)) is not None:
                found.append((self._handlers[place], groups))
        if self._has_entrypoint:
            found.append((ENTRYPOINT, (text,)))
        return tuple(found)

    def _places(self, text: str) -> Sequence[int]:
        """Returns the places of handlers that may match, ascending."""
        segment = text[1:].partition("/")[0]
        likely = [*self._by_segment.get(segment, ()), *self._anywhere]
        if len(likely) <= FEW:
            return sorted(likely)
        places = self._all.match(text)
        return range(len(self._handlers)) if places is None else places


def first_segment(url: str) -> str | None:
    """Returns what every path that an expression matches has between its first two slashes.

    None where the expression does not say it plainly: `/(a|b)/.*`, `/a.*`, `/a?/b`.
    """
    plain = _PLAIN.match(url)
    if plain is None or "|" in url:
        return None
    segment, following = plain[1], url[plain.end() :]
    if following.startswith("/") and not following.startswith(("/*", "/?", "/{", "/+")):
        return segment
    return segment if not following else None


def script_name(handler: ScriptHandler, groups: Sequence[str]) -> str:
    r"""Returns the script of a match, with `\1` and so on replaced by the groups.

    A CGI file whose path would leave the application is "": nothing answers there.
    """
    script = expand(handler.script, groups)
    leaves = script.startswith("/") or ".." in script.split("/") or not script.isprintable()
    return "" if leaves or "\\" in script else script
