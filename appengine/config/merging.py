"""Merging: app.yaml and the files that it includes become one list of handlers and values.

Source: App Engine, "app.yaml", `includes` and `builtins`.
"""

from collections.abc import Iterator
from os.path import isfile
from pathlib import Path

from msgspec import Struct, structs

from appengine.config.building import IgnoredKey, Loaded
from appengine.config.builtins import BUILTINS
from appengine.config.errors import shown, suggestion
from appengine.config.handlers import AnyHandler, ScriptHandler, make_handler
from appengine.config.loader import load
from appengine.config.scripts import check_object, check_script
from appengine.config.sections import ApplicationSection, IncludeSection

INCLUDE_FILES = ("include.yaml", "app.yaml")
"""What the include of a folder means, the first that is there."""

File = Loaded[ApplicationSection] | Loaded[IncludeSection]


class Merged(Struct, frozen=True, kw_only=True):
    """What a file and all that it includes state together.

    Attributes:
        head: handlers that stand before those of app.yaml.
        tail: handlers that stand after them.
        files: in the order in which they were read, app.yaml first.
        ignored: the keys that nothing acts upon: the file and the key.
    """

    head: tuple[AnyHandler, ...] = ()
    own: tuple[AnyHandler, ...] = ()
    tail: tuple[AnyHandler, ...] = ()
    files: tuple[File, ...] = ()
    ignored: tuple[tuple[str, IgnoredKey], ...] = ()

    @property
    def handlers(self) -> tuple[AnyHandler, ...]:
        """All handlers in the order in which they are tried."""
        return self.head + self.own + self.tail

    @property
    def env_variables(self) -> dict[str, str]:
        """The environment variables of all files; those of app.yaml win."""
        return {
            name: value
            for file in reversed(self.files)
            for name, value in file.value.env_variables.items()
        }


def merge(
    loaded: Loaded[ApplicationSection], directory: Path, *, reads_code: bool = False
) -> Merged:
    """Returns what app.yaml and its includes state.

    Args:
        loaded: app.yaml itself.
        directory: the application's own, absolute.
        reads_code: whether the objects that scripts name are looked for in their modules' text.

    Raises:
        ConfigurationError: an include is missing, circular or wrong.
    """
    for place, section in enumerate(loaded.value.handlers):
        if section.position is not None:
            text = "only the handlers of included files have a position"
            raise loaded.error(f"handlers[{place}].position", text)
    return _Merger(loaded, directory, reads_code).merge()


class _Merger:
    def __init__(self, root: Loaded[ApplicationSection], directory: Path, reads_code: bool) -> None:
        self._root, self._directory, self._reads_code = root, directory, reads_code

    def merge(self) -> Merged:
        handlers = tuple(handler for handler, _ in self._handlers(self._root))
        included = self._included(self._root, (Path(self._root.source).resolve(),))
        own = _with_builtins(self._root, Merged(own=handlers))
        return _join(self._root, own, included, self._ignored(self._root))

    def _included(self, file: File, seen: tuple[Path, ...]) -> list[Merged]:
        parts = []
        for place, name in enumerate(file.value.includes):
            field = f"includes[{place}]"
            path = self._find(file, field, name)
            if path.resolve() in seen:
                raise file.error(field, f"{shown(name)} includes itself")
            parts.append(self._include(path, (*seen, path.resolve())))
        return parts

    def _include(self, path: Path, seen: tuple[Path, ...]) -> Merged:
        file = load(path, IncludeSection)
        handlers = list(self._handlers(file))
        own = Merged(
            head=tuple(handler for handler, position in handlers if position == "head"),
            tail=tuple(handler for handler, position in handlers if position == "tail"),
        )
        own = _with_builtins(file, own)
        return _join(file, own, self._included(file, seen), self._ignored(file))

    def _find(self, file: File, field: str, name: str) -> Path:
        if name.startswith("/") or ".." in name.split("/"):
            raise file.error(field, f"{shown(name)} leads out of the application's directory")
        for folder in (Path(file.source).parent, self._directory):
            path = folder / name
            candidates = (path, *(path / default for default in INCLUDE_FILES))
            if found := next((each for each in candidates if isfile(each)), None):
                return found
        raise file.error(field, f"there is no file {shown(name)} in {self._directory}")

    def _handlers(self, file: File) -> Iterator[tuple[AnyHandler, str]]:
        root = self._root.value
        for place, section in enumerate(file.value.handlers):
            field = f"handlers[{place}]"
            handler = make_handler(
                section,
                source=file.source,
                line=file.lines[field],
                field=field,
                default_expiration=root.default_expiration,
            )
            if isinstance(handler, ScriptHandler) and root.is_classic:
                self._check(handler, file)
            yield handler, section.position or "head"

    def _check(self, handler: ScriptHandler, file: File) -> None:
        try:
            check_script(handler, self._directory)
            if self._reads_code and not handler.is_cgi:
                check_object(handler.script, self._directory)
            if handler.is_cgi and self._root.value.threadsafe:
                text = "is a CGI file; with 'threadsafe: yes' name a WSGI object ('main.app')"
                raise ValueError(f"{shown(handler.script)} {text}")
        except ValueError as error:
            raise file.error(f"{handler.field}.script", str(error)) from error

    def _ignored(self, file: File) -> tuple[IgnoredKey, ...]:
        found = [*file.ignored, *_ignored_builtins(file)]
        if not self._root.value.is_classic:
            found += _ignored_scripts(file)
        return tuple(sorted(found, key=lambda key: key.line))


def _with_builtins(file: File, own: Merged) -> Merged:
    """Returns a file's own part with the handlers of its builtins around."""
    head: list[AnyHandler] = []
    tail: list[AnyHandler] = []
    for field, name in _builtins_on(file):
        builtin = BUILTINS[name]
        made = builtin.make(source=file.source, line=file.lines[field], field=field)
        (tail if builtin.is_tail else head).extend(made)
    return structs.replace(own, head=(*head, *own.head), tail=(*own.tail, *tail))


def _builtins_on(file: File) -> Iterator[tuple[str, str]]:
    """Yields the field and the name of each builtin that is on."""
    for place, entry in enumerate(file.value.builtins):
        field = f"builtins[{place}]"
        if len(entry) != 1:
            raise file.error(field, f"{len(entry)} names in one entry; one of them")
        name, is_on = next(iter(entry.items()))
        if name not in BUILTINS:
            raise file.error(field, f"no builtin {shown(name)}{suggestion(name, BUILTINS)}")
        if is_on:
            yield field, name


def _join(
    file: File, own: Merged, included: list[Merged], ignored: tuple[IgnoredKey, ...]
) -> Merged:
    """Returns a file's own part with what it includes: heads first, tails last."""
    return Merged(
        head=(*(handler for part in included for handler in part.head), *own.head),
        own=own.own,
        tail=(*own.tail, *(handler for part in included for handler in part.tail)),
        files=(file, *(each for part in included for each in part.files)),
        ignored=(
            *((file.source, key) for key in ignored),
            *(key for part in included for key in part.ignored),
        ),
    )


def _ignored_builtins(file: File) -> Iterator[IgnoredKey]:
    for field, name in _builtins_on(file):
        if reason := BUILTINS[name].absent:
            yield IgnoredKey(f"{field}.{name}", file.lines[field], reason)


def _ignored_scripts(file: File) -> Iterator[IgnoredKey]:
    for place, section in enumerate(file.value.handlers):
        if section.script not in (None, "auto"):
            field = f"handlers[{place}].script"
            yield IgnoredKey(field, file.lines[field], "the entrypoint answers; write 'auto'")
