"""An application's own filters and tags.

Source: App Engine, "Using Templates", `create_template_register`.
"""

import re
from collections.abc import Callable
from typing import TypeVar, overload

from appengine.webapp.template.errors import TemplateError

Function = TypeVar("Function", bound=Callable[..., object])

_NAME = re.compile(r"[a-zA-Z]\w*")


class Library:
    """The filters and tags of one module, each a function that applications write.

    Attributes:
        filters: a function of the value and at most one argument, by name.
        tags: a function of the tag's arguments that returns text, by name.
        inclusions: a template and a function that returns its values, by the tag's name.
    """

    def __init__(self) -> None:
        self.filters: dict[str, Callable[..., object]] = {}
        self.tags: dict[str, Callable[..., object]] = {}
        self.inclusions: dict[str, tuple[str, Callable[..., object]]] = {}

    @overload
    def filter(self, name: Function) -> Function: ...
    @overload
    def filter(self, name: str, function: Function) -> Function: ...
    @overload
    def filter(self, name: str | None = None) -> Callable[[Function], Function]: ...
    def filter(self, name: object = None, function: Callable[..., object] | None = None) -> object:
        """Registers a filter: `@register.filter`, `@register.filter("name")`, or as a call."""
        return _register(self.filters, name, function)

    @overload
    def simple_tag(self, name: Function) -> Function: ...
    @overload
    def simple_tag(self, name: str | None = None) -> Callable[[Function], Function]: ...
    def simple_tag(self, name: object = None) -> object:
        """Registers a tag that is replaced by what its function returns, escaped."""
        return _register(self.tags, name, None)

    def inclusion_tag(self, file_name: str) -> Callable[[Function], Function]:
        """Registers a tag that is replaced by a template with the values of its function."""

        def decorate(function: Function) -> Function:
            self.inclusions[_check_name(function.__name__)] = file_name, function
            return function

        return decorate

    def tag(self, *_: object, **__: object) -> object:
        """Refuses the classic engine's compiled tags, which work on that engine's insides.

        Raises:
            TemplateError: always; it names what there is instead.
        """
        raise TemplateError("compiled tags are not supported: use simple_tag or inclusion_tag")


def _register(
    table: dict[str, Callable[..., object]], name: object, function: Callable[..., object] | None
) -> object:
    if callable(name):
        table[_check_name(getattr(name, "__name__", repr(name)))] = name
        return name
    if function is not None:
        table[_check_name(str(name))] = function
        return function

    def decorate(decorated: Function) -> Function:
        table[_check_name(str(name) if name is not None else decorated.__name__)] = decorated
        return decorated

    return decorate


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise TemplateError(f"{name!r} is no name of a filter or tag: letters and digits")
    return name
