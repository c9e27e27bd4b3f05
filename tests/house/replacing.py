"""Replaces a name by a function that returns None, everywhere that it is known."""

import inspect
import sys
from importlib import import_module
from types import ModuleType
from typing import ClassVar

from tests.house.compatibility_pages import annotations_of


def nothing(*_, **__):
    """Stands in for what is replaced."""


def replace(target: str) -> None:
    """Replaces `module:Class.method`, or a dotted name, in this process for good.

    A function or class is replaced in every module that has imported it. A method, property or
    constant is replaced in its class, also where it is inherited; what only objects have is hidden.

    Raises:
        LookupError: there is no such name.
    """
    module, names = _split(target)
    owner: object = module
    for name in names[:-1]:
        owner = getattr(owner, name)
    old = inspect.getattr_static(owner, names[-1], nothing)
    hint = annotations_of(owner).get(names[-1], ClassVar)
    if "ClassVar" not in str(hint) and (old is nothing or not hasattr(type(old), "__get__")):
        old = property()  # what each object has for itself
    if old is nothing:
        raise LookupError(f"{target}: there is no {names[-1]!r}")
    new = _stand_in(old, isinstance(owner, type))
    setattr(owner, names[-1], new)
    if callable(old):
        _replace_everywhere(old, new)


def _split(target: str) -> tuple[ModuleType, list[str]]:
    module, colon, rest = target.partition(":")
    if colon:
        return import_module(module), rest.split(".")
    names = target.split(".")
    for count in range(len(names) - 1, 0, -1):
        try:
            return import_module(".".join(names[:count])), names[count:]
        except ModuleNotFoundError:
            continue
    raise LookupError(f"{target}: no such module")


def _stand_in(old: object, in_class: bool) -> object:
    if isinstance(old, classmethod | staticmethod):
        return staticmethod(nothing)
    if isinstance(old, type) or inspect.isroutine(old):
        return staticmethod(nothing) if in_class and isinstance(old, type) else nothing
    if in_class and hasattr(type(old), "__get__"):
        return property(nothing, nothing, nothing)
    return nothing if callable(old) else None


def _replace_everywhere(old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        names = [name for name, value in _items(module) if value is old]
        for name in names:
            setattr(module, name, new)


def _items(module: ModuleType) -> list[tuple[str, object]]:
    try:
        return list(vars(module).items())
    except TypeError:  # something else that a program has put there
        return []
