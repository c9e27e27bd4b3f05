"""The application's scripts: WSGI callables by dotted path, and CGI files."""

import sys
import types
from collections.abc import Callable, Iterable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, cast

from appengine.rpc.failures import Failure
from appengine.sandbox.failures import describe
from appengine.webapp.util import add_wsgi_middleware, find_setting

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class CGIScript:
    """One CGI file: compiled once, run as `__main__`.

    The first request of an instance runs the file; where that defines a `main` that can be called
    without arguments, later requests only call it. Source: App Engine, "Request handlers and CGI".
    """

    def __init__(self, path: Path) -> None:
        try:
            text = path.read_bytes()
        except OSError as error:
            reason = f"the application cannot read it: {error.strerror}"
            raise ImportError(f"script {path.name!r}: {reason}") from None
        self._code = compile(text, str(path), "exec", dont_inherit=True)
        self._path = str(path)
        self._module: types.ModuleType | None = None
        self._main: Callable[[], object] | None = None

    def run(self) -> None:
        """Runs the script for the request whose standard streams are in place."""
        if self._module is not None and self._main is not None:
            sys.modules["__main__"] = self._module
            self._main()
            return
        self._module = None  # a run that raises counts as none
        module = types.ModuleType("__main__")
        module.__file__ = self._path
        sys.modules["__main__"] = module
        exec(self._code, vars(module))  # noqa: S102  # the application itself
        self._module, self._main = module, _callable_alone(vars(module).get("main"))


def _callable_alone(function: object) -> Callable[[], object] | None:
    """Returns a function that needs no arguments, or None."""
    try:
        signature(cast(Callable[[], object], function)).bind()
    except (TypeError, ValueError):  # it is none, needs arguments, or does not say
        return None
    return cast(Callable[[], object], function)


def file_of(script: str) -> str:
    """Returns the file of a script in the application; that of `a.b.app` is `a/b.py`."""
    if script.endswith(".py"):
        return script
    return script.replace(":", ".").rpartition(".")[0].replace(".", "/") + ".py"


class Scripts:
    """The scripts of one version, loaded at most once."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.failures: dict[str, Failure] = {}
        self._loaded: dict[str, WSGIApplication | CGIScript] = {}

    def preload(self, names: Iterable[str]) -> None:
        """Loads scripts before any request; one that cannot be is in `failures`."""
        for name in names:
            try:
                self.load(name)
            except BaseException as error:  # the application's own code: even SystemExit
                self.failures[name] = describe(error, self.directory)

    def add(self, name: str, application: WSGIApplication) -> None:
        """Takes a script that is loaded."""
        self._loaded[name] = application

    def load(self, name: str) -> WSGIApplication | CGIScript:
        """Returns the script of a URL handler: `main.py` is a CGI file, `main.app` an object."""
        if (script := self._loaded.get(name)) is None:
            script = self._find(name)
            self._loaded[name] = script
        return script

    def _find(self, name: str) -> WSGIApplication | CGIScript:
        find_setting("webapp_add_wsgi_middleware")  # appengine_config.py runs before all else
        if name.endswith(".py"):
            return CGIScript(Path(self.directory, name))
        module_name, _, attribute = name.replace(":", ".").rpartition(".")
        target: object = import_module(module_name)
        try:
            target = getattr(target, attribute)
        except AttributeError:
            raise ImportError(
                f"script {name!r}: module {module_name!r} has no {attribute!r}"
            ) from None
        if not callable(target):
            raise ImportError(f"script {name!r} is {type(target).__name__}, not a WSGI callable")
        return cast(WSGIApplication, add_wsgi_middleware(target))
