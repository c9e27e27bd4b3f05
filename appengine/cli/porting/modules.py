"""Whether what a file imports is there: in Python 3, on this platform, in the application."""

import re
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from appengine.aliases import FUNCTIONS, ROOT, find_aliases, find_packages
from appengine.cli.porting.findings import Weight
from appengine.cli.porting.imports import Import
from appengine.cli.porting.moved import COMPANIONS, DISTRIBUTIONS, MODULES
from appengine.config.requirements import Requirement

Judgement = tuple[int, str, Weight]

OFFERED = ("appengine", "google", "jinja2", "markupsafe", "msgspec", "webob")
"""Packages that every instance sees, beside the standard library."""

OWN_FRAMEWORKS = ("webapp2", "webapp2_extras")
"""Modules of the platform under names of their own, where this version has them."""

FOLDERS = ("", "lib")
"""Where an application keeps modules: its directory, and the libraries that it brings along."""


class Modules:
    """What one application can import."""

    def __init__(self, directory: Path, requirements: Sequence[Requirement]) -> None:
        self._directory = directory
        named = {_normal(each.name) for each in requirements}
        brought = (COMPANIONS.get(name, "").split() for name in named)
        self._required = {*named, *(_normal(each) for names in brought for each in names)}

    def judge(self, imports: Sequence[Import], folder: Path) -> Iterator[Judgement]:
        """Yields what is wrong with the imports of a file.

        Args:
            imports: of the file.
            folder: that the file is in.
        """
        for each in imports:
            if each.level == 0 and each.module != "__future__":
                yield from self._judge(each, folder)

    def _judge(self, each: Import, folder: Path) -> Iterator[Judgement]:
        top = each.module.partition(".")[0]
        if each.module == ROOT or each.module.startswith(f"{ROOT}.") or top == "google":
            yield from _judge_google(each)
        elif self._is_own(top):
            return
        elif folder != self._directory and _is_module(folder, top):
            text = f"{top!r} is beside this file, and no longer found there; write 'from . import'"
            is_python_s = top in sys.stdlib_module_names  # which may well be what is meant
            yield each.line, text, Weight.DIFFERS if is_python_s else Weight.REFUSED
        elif top in MODULES and top not in sys.stdlib_module_names:
            new = f"; use {MODULES[top]}" if MODULES[top] else ""
            yield each.line, f"the module {top!r} is not in Python 3{new}", Weight.REFUSED
        elif top not in sys.stdlib_module_names and top not in OFFERED and not _is_framework(top):
            yield from self._judge_library(each.line, top)

    def _judge_library(self, line: int, top: str) -> Iterator[Judgement]:
        distribution = DISTRIBUTIONS.get(top, top)
        if {_normal(distribution), _normal(top)} & self._required:
            return
        if self._required:
            text = f"{top!r} comes from no line of requirements.txt by its name; with another one?"
            yield line, text, Weight.DIFFERS
        else:
            text = f"{top!r} is not offered; name {distribution!r} in requirements.txt"
            yield line, text, Weight.REFUSED

    def _is_own(self, name: str) -> bool:
        return any(_is_module(self._directory / folder, name) for folder in FOLDERS)


def _is_module(folder: Path, name: str) -> bool:
    return (
        (folder / f"{name}.py").is_file()
        or (folder / name).is_dir()
        or any(folder.glob(f"{name}.*.so"))
    )


def _is_framework(top: str) -> bool:
    return top in OWN_FRAMEWORKS and find_spec(top) is not None


def _judge_google(each: Import) -> Iterator[Judgement]:
    whole = f"{each.module}.{each.name}" if each.name not in ("", "*") else each.module
    if not (f"{whole}.").startswith(f"{ROOT}."):
        return  # another package below google, from a requirement
    known = {*find_aliases(), *find_packages()}
    if whole in known or (each.module, each.name) in FUNCTIONS:
        return
    if each.module in find_aliases() and hasattr(import_module(each.module), each.name):
        return
    yield each.line, f"{whole} is not offered by this version{_likely(whole)}", Weight.REFUSED


def _likely(name: str) -> str:
    """Returns a hint at the module that is called almost the same."""
    aliases: dict[str, str] = {}
    for alias in sorted(find_aliases(), reverse=True):
        aliases[alias.rpartition(".")[2]] = alias
    close = get_close_matches(name.rpartition(".")[2], aliases, n=1, cutoff=0.75)
    return f"; is it {aliases[close[0]]}?" if close else ""


def _normal(name: str) -> str:
    """Returns a distribution's name as the package index compares it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
