"""URL matching: which handler of app.yaml answers a path."""

from collections.abc import Iterator, Sequence

from appengine.config.handlers import AnyHandler, ScriptHandler
from appengine.config.patterns import Regex, RegexSet, expand

ENTRYPOINT = ScriptHandler(url="/.*", script="auto")
"""What answers in a modern runtime where no handler matches."""

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

    def match(self, path: str) -> Match | None:
        """Returns the first handler that matches the whole path, or None."""
        return next(self.matches(path), None)

    def matches(self, path: str) -> Iterator[Match]:
        """Yields every handler that matches, in order.

        The second and later ones matter where a file is missing and `require_matching_file` is set.
        """
        text = path.encode("latin-1", "replace").decode("utf-8", "replace")
        places = self._all.match(text)
        for place in range(len(self._handlers)) if places is None else places:
            if (groups := self._regexes[place].match(text)) is not None:
                yield self._handlers[place], groups
        if self._has_entrypoint:
            yield ENTRYPOINT, (text,)


def script_name(handler: ScriptHandler, groups: Sequence[str]) -> str:
    r"""Returns the script of a match, with `\1` and so on replaced by the groups.

    A CGI file whose path would leave the application is "": nothing answers there.
    """
    script = expand(handler.script, groups)
    leaves = script.startswith("/") or ".." in script.split("/") or not script.isprintable()
    return "" if leaves or "\\" in script else script
