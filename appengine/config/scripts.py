"""Scripts: whether the code that app.yaml names is there, before anything runs."""

import shlex
import sys
from itertools import pairwise
from os.path import isdir, isfile  # unlike pathlib's, they answer for every name
from pathlib import Path

from appengine.config.errors import shown
from appengine.config.handlers import ScriptHandler
from appengine.config.patterns import back_references
from appengine.config.script_objects import find_missing_object

LIBRARY_FOLDERS = ("", "lib")
"""Where an application's Python modules are: its directory, and what it brings along."""

PLATFORM_PACKAGES = ("appengine", "google")
"""Packages that the platform itself offers to applications."""

DEFAULT_ENTRYPOINT = "main:app"
"""Source: App Engine, "app.yaml", `entrypoint`: gunicorn serving `main:app`."""

_VALUE_OPTIONS = ("-b", "-w", "-k", "-t", "-c", "--bind", "--workers", "--threads", "--timeout")


def check_script(handler: ScriptHandler, directory: Path) -> None:
    """Checks that a classic handler's script is there, as far as its text alone can tell.

    Raises:
        ValueError: the CGI file or the Python module is missing.
    """
    script = handler.script
    if back_references(script) or script.startswith("$PYTHON_LIB/"):
        return
    if handler.is_cgi:
        if not isfile(directory / script):
            raise ValueError(f"there is no file {shown(script)} in {directory}")
        return
    names = script.split(".")
    if ":" in script:
        raise ValueError(f"{shown(script)} has a colon; write {shown(script.replace(':', '.'))}")
    if len(names) < 2 or not all(name.isidentifier() for name in names):  # noqa: PLR2004  # a module and its object
        raise ValueError(f"{shown(script)} is neither a CGI file ('main.py') nor an object")
    _check_module(names[:-1], directory)


def check_object(script: str, directory: Path) -> None:
    """Checks that a script's module makes its object, where that can be told from its text.

    Args:
        script: `main.application`, or an entrypoint's `main:app`.
        directory: the application's own.

    Raises:
        ValueError: the module certainly makes no such object.
    """
    names = script.replace(":", ".").split(".")
    folders = [directory / folder for folder in LIBRARY_FOLDERS]
    if missing := find_missing_object(names, folders):
        file, name = missing
        text = f"{file.relative_to(directory)} makes no {shown(name)}"
        raise ValueError(f"{shown(script)}: {text}")


def read_entrypoint(entrypoint: str | None, directory: Path) -> str:
    """Returns the WSGI object that an entrypoint serves: `main:app`.

    Args:
        entrypoint: a command that runs gunicorn; None is App Engine's default.
        directory: the application's own.

    Raises:
        ValueError: it is another command, or the Python module is missing.
    """
    target = DEFAULT_ENTRYPOINT if entrypoint is None else _served_object(entrypoint)
    module, _, name = target.partition(":")
    target = f"{module}:{name or 'application'}"
    if not all(part.isidentifier() for part in target.replace(":", ".").split(".")):
        raise ValueError(f"{shown(target)} is no WSGI object such as {DEFAULT_ENTRYPOINT!r}")
    _check_module(module.split("."), directory)
    return target


def _served_object(entrypoint: str) -> str:
    try:
        words = shlex.split(entrypoint)
    except ValueError as error:
        raise ValueError(f"{shown(entrypoint)} is no command: {error}") from error
    if words[:1] == ["exec"]:
        del words[0]
    if not words or Path(words[0]).name != "gunicorn":
        text = "the platform calls a WSGI object; write 'gunicorn main:app'"
        raise ValueError(f"{shown(entrypoint)} is another command: {text}")
    found = [
        word
        for last, word in pairwise(words)
        if not word.startswith("-") and last not in _VALUE_OPTIONS
    ]
    if not found:
        raise ValueError(f"{shown(entrypoint)} names no WSGI object such as {DEFAULT_ENTRYPOINT!r}")
    return found[-1]


def _check_module(names: list[str], directory: Path) -> None:
    if names[0] in sys.stdlib_module_names or names[0] in PLATFORM_PACKAGES:
        return
    if any(_is_module(directory / folder, names) for folder in LIBRARY_FOLDERS):
        return
    if isfile(directory / "requirements.txt") and not _has_top(directory, names[0]):
        return  # it may come with a requirement
    path = "/".join(names) + ".py"
    raise ValueError(f"there is no module {'.'.join(names)!r} ({path}) in {directory}")


def _is_module(root: Path, names: list[str]) -> bool:
    *packages, last = names
    parent = root.joinpath(*packages)
    if isfile(parent / f"{last}.py") or isdir(parent / last):
        return True
    if any(parent.glob(f"{last}.*.so")):
        return True
    # `main.Application.wsgi` is an object in an object: its module is a prefix
    return bool(packages) and isfile(root.joinpath(*packages[:-1], f"{packages[-1]}.py"))


def _has_top(directory: Path, name: str) -> bool:
    return any(_is_module(directory / folder, [name]) for folder in LIBRARY_FOLDERS)
