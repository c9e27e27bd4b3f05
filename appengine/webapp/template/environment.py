"""Jinja's environment for one folder of templates: loading, lookups, and what is missing."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, cast

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from appengine.webapp.template import marks
from appengine.webapp.template.errors import TemplateNotFoundError, TemplateSyntaxError
from appengine.webapp.template.filters import FILTERS, INTERNAL_FILTERS
from appengine.webapp.template.library import Library
from appengine.webapp.template.translation import Names, translate

LOOKUP_ERRORS = (TypeError, AttributeError, KeyError, ValueError, IndexError)
"""What an object may answer when asked for an item that it does not have."""

_ABSENT = object()


class Missing(jinja2.ChainableUndefined):
    """A value that is not there: empty text, false, no items, neither less nor greater."""

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Missing)

    def __hash__(self) -> int:
        return hash(None)

    def _refuse(self, other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _refuse  # type: ignore[assignment]  # Jinja's only raise

    def __contains__(self, other: object) -> bool:
        return False

    def __iter__(self) -> Iterator[object]:
        return iter(())


class Template:
    """A compiled template.

    Attributes:
        name: its file.
    """

    def __init__(self, template: jinja2.Template, environment: "Environment") -> None:
        self.name = str(template.filename)
        self._template = template
        self._environment = environment

    def render(self, values: Mapping[str, object]) -> str:
        """Returns the text with the values in their places.

        An exception of what the template calls carries a note with the template's line.
        """
        named = {f"{marks.VARIABLE}{name}": value for name, value in values.items()}
        try:
            text = self._template.render(named, state={})
        except Exception as error:
            self._environment.note_line(error)
            raise
        return self._environment.mark_safe(text)


class Environment(jinja2.Environment):
    """Jinja's environment with the classic engine's lookups and filters."""

    def __init__(self, folder: Path, libraries: Mapping[str, Library], escapes: bool) -> None:
        super().__init__(
            block_start_string=marks.BLOCK_START,
            block_end_string=marks.BLOCK_END,
            variable_start_string=marks.VARIABLE_START,
            variable_end_string=marks.VARIABLE_END,
            comment_start_string=marks.COMMENT_START,
            comment_end_string=marks.COMMENT_END,
            autoescape=escapes,
            undefined=Missing,
            keep_trailing_newline=True,
            auto_reload=False,
            cache_size=-1,
            loader=jinja2.FunctionLoader(self._load),
        )
        self._folder = folder.resolve()
        self._root = find_root(self._folder)
        self._files: set[str] = set()
        self.globals = {}
        self.filters = {**FILTERS, **INTERNAL_FILTERS, "_value": self.evaluate}
        modules = {
            module.rpartition(".")[2]: self._add(library) for module, library in libraries.items()
        }
        self._names = Names(filters=frozenset(self.filters), tags=modules)

    def find(self, name: str) -> Template:
        """Returns a template of the folder, compiled.

        Raises:
            TemplateNotFoundError: it is not there or not the application's.
            TemplateSyntaxError: file, line and what is wrong.
        """
        return Template(self.get_template(name), self)

    def getitem(self, obj: object, argument: object) -> object:
        """Returns what `obj.argument` of a template is; `Missing` where it is nothing."""
        if isinstance(obj, Missing):
            return obj
        value = look_up(obj, str(argument))
        return Missing(name=str(argument)) if value is _ABSENT else self.evaluate(value)

    def evaluate(self, value: object) -> object:
        """Returns a value, or what it returns if it can be called; without arguments, or not."""
        if isinstance(value, Missing) or not callable(value):
            return value
        if getattr(value, "do_not_call_in_templates", False):
            return value
        if getattr(value, "alters_data", False) or not _takes_nothing(value):
            return Missing(name=getattr(value, "__name__", None))
        return value()

    def mark_safe(self, text: str) -> str:
        """Returns a rendered text, marked as escaped where this environment escapes."""
        return Markup(text) if self.autoescape else text  # noqa: S704  # rendered: it is escaped

    def note_line(self, error: BaseException) -> None:
        """Adds a note with the innermost template line to an exception's traceback."""
        place, frames = "", error.__traceback__
        while frames:
            if (file := frames.tb_frame.f_code.co_filename) in self._files:
                place = f"{Path(file).name}:{frames.tb_lineno}"
            frames = frames.tb_next
        if place:
            error.add_note(f"in template {place}")

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Raises the exception being handled, with the template's lines in its traceback."""
        try:
            super().handle_exception(source)
        except jinja2.TemplateSyntaxError as error:
            name = Path(error.filename or "template").name
            raise TemplateSyntaxError(f"{name}:{error.lineno}: {error.message}") from None

    def _add(self, library: Library) -> frozenset[str]:
        self.filters.update(library.filters)
        self.globals.update({f"tag_{name}": tag for name, tag in library.tags.items()})
        for name, (file_name, function) in library.inclusions.items():
            self.globals[f"tag_{name}"] = _include(file_name, function)
        return frozenset({*library.tags, *library.inclusions})

    def _load(self, name: str) -> tuple[str, str, Callable[[], bool]]:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._root):
            raise TemplateNotFoundError(f"template {name!r} lies outside of {str(self._root)!r}")
        try:
            source = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise TemplateNotFoundError(f"template {str(path)!r}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise TemplateSyntaxError(f"{path.name}: not UTF-8: {error}") from None
        self._files.add(str(path))
        return translate(source, path.name, self._names), str(path), lambda: True


def find_root(folder: Path) -> Path:
    """Returns the folder that templates of `folder` may not leave: the application's, or itself."""
    application = Path.cwd().resolve()
    return application if folder.is_relative_to(application) else folder


def look_up(obj: object, name: str) -> object:
    """Returns an object's item, else its attribute, else its item of that number.

    Source: Django, "Variables and lookups", the order of the three.
    """
    try:
        return cast("Mapping[str, object]", obj)[name]
    except LOOKUP_ERRORS:
        pass
    try:
        return getattr(obj, name)
    except AttributeError:
        if name in dir(type(obj)):  # it is there, and fails itself
            raise
    try:
        return cast("Sequence[object]", obj)[int(name)]
    except LOOKUP_ERRORS:
        return _ABSENT


def _takes_nothing(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature: the call itself will tell
        return True
    return True


def _include(file_name: str, function: Callable[..., object]) -> Callable[..., object]:
    @jinja2.pass_context
    def include(context: Context, *args: object, **kwargs: object) -> str:
        environment = cast(Environment, context.environment)
        values = cast("Mapping[str, object]", function(*args, **kwargs))
        return environment.find(file_name).render(values)

    return include
