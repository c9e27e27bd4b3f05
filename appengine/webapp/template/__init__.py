"""Templates in the classic engine's language, compiled by Jinja2.

`render` takes a file's path and values by name. What the language has is in the reference page
"Templates"; a small translation turns it into Jinja's, so there is one engine and one cache. Where
Django is among the application's libraries, Django's own engine takes its place.

Source: App Engine, "Using Templates", module `google.appengine.ext.webapp.template`.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from appengine.webapp.template.django_engine import DjangoEngine, has_django, make_register
from appengine.webapp.template.environment import Environment, Template
from appengine.webapp.template.errors import (
    TemplateError,
    TemplateNotFoundError,
    TemplateSyntaxError,
)
from appengine.webapp.template.library import Library
from appengine.webapp.util import find_setting

__all__ = [
    "Library",
    "Template",
    "TemplateError",
    "TemplateNotFoundError",
    "TemplateSyntaxError",
    "create_template_register",
    "load",
    "register_template_library",
    "render",
    "template_cache",
]

UNESCAPED_VERSION = "0.96"
"""The version of the classic engine that did not escape; appengine_config.py may ask for it."""


class Rendered(Protocol):
    """A compiled template, of whichever engine."""

    @property
    def name(self) -> str:
        """Its file."""

    def render(self, values: Mapping[str, object]) -> str:
        """Returns the text with the values in their places."""


class Engine(Protocol):
    """What compiles the templates of one folder."""

    def find(self, name: str) -> Rendered:
        """Returns a template of the folder, compiled."""


template_cache: dict[str, Rendered] = {}
"""Compiled templates by absolute path; a changed file makes a new instance, with a new cache."""

_environments: dict[str, Engine] = {}
_libraries: dict[str, object] = {}


def render(template_path: str, template_dict: Mapping[str, object], debug: bool = False) -> str:
    """Returns a template's text with the values in their places.

    The text counts as safe: put into another template, it is not escaped again.

    Raises:
        TemplateNotFoundError: it, or one that it names, is not there or not the application's.
        TemplateSyntaxError: file, line and what is wrong.
    """
    return load(template_path, debug).render(template_dict)


def load(path: str, debug: bool = False) -> Rendered:
    """Returns a compiled template.

    Args:
        path: the file; includes and parents are looked up in its folder.
        debug: reads all files anew instead of taking them from the cache.

    Raises:
        TemplateNotFoundError, TemplateSyntaxError: as for `render`.
    """
    file = Path(path).absolute()
    if debug:
        return _make_environment(file.parent).find(file.name)
    if (template := template_cache.get(str(file))) is None:
        folder = str(file.parent)
        if (environment := _environments.get(folder)) is None:
            environment = _environments[folder] = _make_environment(file.parent)
        template = template_cache[str(file)] = environment.find(file.name)
    return template


def create_template_register() -> Library:
    """Returns an empty library, for a module's own filters and tags.

    It is Django's own where Django is among the libraries; that one takes compiled tags, too.
    """
    return make_register() if has_django() else Library()


def register_template_library(package_name: str) -> None:
    """Adds the filters and tags of a module's `register` to templates loaded from now on.

    Raises:
        TemplateError: the module has no `register` that `create_template_register` made.
    """
    register = getattr(import_module(package_name), "register", None)
    kind = type(make_register()) if has_django() else Library
    if not isinstance(register, kind):
        raise TemplateError(f"{package_name}.register is {register!r}, not a template library")
    _libraries[package_name] = register
    _environments.clear()


def _make_environment(folder: Path) -> Engine:
    escapes = str(find_setting("webapp_django_version") or "") != UNESCAPED_VERSION
    if has_django():
        return DjangoEngine(folder, list(_libraries), escapes)
    own = {name: each for name, each in _libraries.items() if isinstance(each, Library)}
    return Environment(folder, own, escapes)
