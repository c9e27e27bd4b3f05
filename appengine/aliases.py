"""Makes `google.appengine.*` and `webapp2` the same objects as the modules of this package.

`google.appengine.ext.webapp` *is* `appengine.webapp`: `sys.modules` holds one module under both
names, so classes, caches and `isinstance` agree whichever name a program uses. Only names in the
table exist; no alias leads to a server's file. Standard library only, for every process imports it.
`webapp2` and `webapp2_extras` are ours only where nobody else has a module of that name: an
application may bring its own.

Source: App Engine, "Python API reference", the import path of each module.
"""

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:  # that module imports twenty others, and each start of Python would pay for it
    Loader = MetaPathFinder = object

ROOT = "google.appengine"

PIECES = {
    "google.appengine.api.apiproxy_stub_map": "appengine.rpc.user_rpc",
    "google.appengine.api.full_app_id": "appengine.runtime.full_app_id",
    "google.appengine.api.lib_config": "appengine.runtime.lib_config",
    "google.appengine.api.namespace_manager": "appengine.rpc.namespace_manager",
    "google.appengine.ext.django.main": "appengine.runtime.django_wsgi",
    "google.appengine.ext.vendor": "appengine.runtime.vendor",
    "google.appengine.ext.webapp": "appengine.webapp",
    "google.appengine.ext.webapp.mail_handlers": "appengine.webapp.mail_handlers",
    "google.appengine.ext.webapp.template": "appengine.webapp.template",
    "google.appengine.ext.webapp.util": "appengine.webapp.util",
    "google.appengine.runtime": "appengine.runtime",
    "google.appengine.runtime.apiproxy_errors": "appengine.rpc.errors",
    "google.appengine.runtime.context": "appengine.runtime.context",
}
"""The modules that belong to no room, by alias; rooms declare theirs in service.py."""

FUNCTIONS = {("google.appengine.api", "wrap_wsgi_app"): "appengine.webapp.wrapping"}
"""What applications import from a package itself: package and name, then the module that has it."""

HANDLERS = "google.appengine.ext.webapp"
"""Below it, `X_handlers` is the file of that name in `webapp`: where a service has handlers."""

LIBRARIES = {"webapp2": "appengine.webapp2", "webapp2_extras": "appengine.webapp2_extras"}
"""Frameworks of the platform under names of their own, which it yields to an application's."""

PACKAGES = (ROOT, "google.appengine.api", "google.appengine.ext")
"""Packages that only hold other names; further ones follow from the table itself."""


@cache
def find_aliases() -> dict[str, str]:
    """Returns the real name of every aliased module: the pieces, then what rooms declare."""
    from appengine.rpc.rooms import find_services, room_of  # noqa: PLC0415  # imports msgspec

    table = dict(PIECES)
    for file in sorted(Path(__file__).parent.glob("webapp/*_handlers.py")):
        table[f"{HANDLERS}.{file.stem}"] = f"appengine.webapp.{file.stem}"
    for service in find_services().values():
        room = room_of(service)
        table |= dict.fromkeys(service.aliases, room)
        table |= {alias: f"{room}.{module}" for alias, module in service.modules.items()}
    return table


@cache
def find_packages() -> frozenset[str]:
    """Returns the names that are packages without being anything else: the aliases' parents."""
    found = set(PACKAGES)
    for alias in find_aliases():
        parts = alias.split(".")
        found.update(".".join(parts[:count]) for count in range(2, len(parts)))
    return frozenset(found - find_aliases().keys())


class BlankLoader(Loader):
    """Begins with the import system's own blank module."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Returns None: the import system makes the module."""
        return None


class AliasLoader(BlankLoader):
    """Puts the real module into `sys.modules` under its alias."""

    def __init__(self, target: str) -> None:
        self.target = target

    def exec_module(self, module: ModuleType) -> None:
        """Replaces `module`, the import system's blank one, by the real one.

        The import system takes what `sys.modules` holds afterwards, so the real module keeps
        its own `__spec__`: `importlib.reload` and `inspect` see nothing unusual.
        """
        real = sys.modules[module.__name__] = import_module(self.target)
        table = PIECES if module.__name__ in PIECES else find_aliases()
        for alias, target in table.items():
            package, _, name = alias.rpartition(".")
            if package == module.__name__ and target != f"{self.target}.{name}":
                # `from google.appengine.runtime import apiproxy_errors` asks the real module,
                # by whose name nobody would find it.
                setattr(real, name, import_module(target))


class PackageLoader(BlankLoader):
    """Makes an empty package."""

    def exec_module(self, module: ModuleType) -> None:
        """Says what the blank package is; it holds its functions, and nothing else."""
        module.__doc__ = f"The platform's modules by their {module.__name__} names."

        def find_function(name: str) -> object:
            if (real := FUNCTIONS.get((module.__name__, name))) is None:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return getattr(import_module(real), name)

        vars(module)["__getattr__"] = find_function


class AliasFinder(MetaPathFinder):
    """Finds `google.appengine` and all below it, before anything else may."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns how an aliased name is loaded; None for names that are not ours.

        Raises:
            ModuleNotFoundError: the name is below `google.appengine` and not in the table.
        """
        if fullname != ROOT and not fullname.startswith(f"{ROOT}."):
            return None
        if fullname in PACKAGES or (fullname not in PIECES and fullname in find_packages()):
            return ModuleSpec(fullname, PackageLoader(), is_package=True)
        if (real := PIECES.get(fullname) or find_aliases().get(fullname)) is not None:
            return ModuleSpec(fullname, AliasLoader(real), origin=real)
        # Without `name=`: an error that carries the module's own name is swallowed by
        # `from google.appengine.ext import x`, and the message with it.
        raise ModuleNotFoundError(_describe_missing(fullname))


class LibraryFinder(MetaPathFinder):
    """Finds a framework's modules below ours, before the import system makes a second copy."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns how a module below a framework of ours is loaded; None for all others."""
        top, _, rest = fullname.partition(".")
        real = LIBRARIES.get(top)
        if not rest or real is None or sys.modules.get(top) is not sys.modules.get(real):
            return None
        return _alias(fullname, f"{real}.{rest}")


class AbsentFinder(MetaPathFinder):
    """Finds a framework of ours where nobody else has one; asked last."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns how a framework itself is loaded; None for all other names."""
        real = LIBRARIES.get(fullname)
        return None if real is None else _alias(fullname, real)


def _alias(fullname: str, real: str) -> ModuleSpec | None:
    try:
        found = find_spec(real)
    except ModuleNotFoundError:  # below a module that is no package
        return None
    return ModuleSpec(fullname, AliasLoader(real), origin=real) if found else None


class GooglePath(list[str]):
    """The folders of `google` as they are at each look, so packages that come later are found."""

    def __iter__(self) -> Iterator[str]:
        """Yields the folders named `google` on today's `sys.path`."""
        spec = PathFinder.find_spec("google")
        yield from (spec.submodule_search_locations or ()) if spec else ()


class GoogleFinder(MetaPathFinder):
    """Makes the package `google` where nobody else has one; asked last."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns a namespace package for `google` itself; None for all other names."""
        if fullname != "google":
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = GooglePath()
        return spec


def install() -> None:
    """Adds the finders to the import system, once however often it is called."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path[:0] = [AliasFinder(), LibraryFinder()]
        sys.meta_path += [GoogleFinder(), AbsentFinder()]


def _describe_missing(fullname: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # each start of Python would pay for it

    names = sorted(find_aliases())
    last = fullname.rpartition(".")[2]
    close = [name for name in names if name.rpartition(".")[2] == last]
    close += get_close_matches(fullname, names, n=3, cutoff=0.8)
    unique = list(dict.fromkeys(close))
    advice = f"close by: {', '.join(unique)}" if unique else f"there are: {', '.join(names)}"
    return f"No module named {fullname!r} on this platform; {advice}"
