"""Django's own template engine, for applications that have Django among their libraries.

Source: App Engine, "Using Templates"; Django, "The Django template language: for Python
programmers", section "Configuring the template system in standalone mode".
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from appengine.webapp.template.environment import find_root
from appengine.webapp.template.errors import TemplateNotFoundError, TemplateSyntaxError

if TYPE_CHECKING:
    from appengine.webapp.template.library import Library

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"
"""Names the settings of a whole Django project; a template alone needs none."""


@cache
def has_django() -> bool:
    """Returns whether the application brings Django, in requirements.txt or its own directory."""
    return find_spec("django") is not None


def make_register() -> "Library":
    """Returns an empty library of Django's, which the application's own module fills."""
    return cast("Library", import_module("django.template").Library())


class DjangoTemplate:
    """A template that Django has compiled.

    Attributes:
        name: its file.
    """

    def __init__(self, template: object, name: str) -> None:
        self.name = name
        self._template = template

    def render(self, values: Mapping[str, object]) -> str:
        """Returns the text with the values, or those of a `Context`, in their places."""
        context = import_module("django.template").Context
        given = values if isinstance(values, context) else context(dict(values))
        return cast(str, self._template.render(given))  # type: ignore[attr-defined]  # of Django


class DjangoEngine:
    """The engine for one folder of templates."""

    def __init__(self, folder: Path, libraries: Sequence[str], escapes: bool) -> None:
        """Takes the folder, the modules whose tags need no `load`, and whether text is escaped."""
        _configure()
        self._folder = folder.resolve()
        self._engine = import_module("django.template.engine").Engine(
            dirs=[str(self._folder)],
            autoescape=escapes,
            builtins=list(libraries),
            libraries={name.rpartition(".")[2]: name for name in libraries},
        )

    def find(self, name: str) -> DjangoTemplate:
        """Returns a template of the folder, compiled.

        Raises:
            TemplateNotFoundError: it is not there or not the application's.
            TemplateSyntaxError: Django's message, with the template's name.
        """
        path = (self._folder / name).resolve()
        if not path.is_relative_to(root := find_root(self._folder)):
            raise TemplateNotFoundError(f"template {name!r} lies outside of {str(root)!r}")
        errors = import_module("django.template.exceptions")
        try:
            return DjangoTemplate(self._engine.get_template(name), str(path))
        except errors.TemplateDoesNotExist as error:
            raise TemplateNotFoundError(f"template {str(path)!r} is not there: {error}") from error
        except errors.TemplateSyntaxError as error:
            raise TemplateSyntaxError(f"{name}: {error}") from error


def _configure() -> None:
    """Gives Django settings where the application has none: its defaults, without translation."""
    settings = import_module("django.conf").settings
    if not settings.configured and not os.environ.get(SETTINGS_VARIABLE):
        settings.configure(USE_I18N=False)
