"""Configuration of libraries: what `appengine_config.py` of an application says of them.

A library registers a prefix and its defaults; the application's module overrides them by names that
begin with the prefix. The module is imported when a value is first asked for.

Source: App Engine, `google.appengine.api.lib_config`.
"""

import importlib
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

__all__ = ["DEFAULT_MODNAME", "ConfigHandle", "LibConfigRegistry", "main", "register"]

DEFAULT_MODNAME = "appengine_config"
"""The module of an application that configures libraries."""

Values = Mapping[str, Any]


class LibConfigRegistry:
    """The libraries that have registered, and the module that configures them."""

    def __init__(self, modname: str) -> None:
        """Takes the module's name; it is imported later."""
        self._name = modname
        self._handles: dict[str, ConfigHandle] = {}
        self._module: ModuleType | None = None
        self._is_read = False
        self._lock = threading.RLock()

    def register(self, prefix: str, mapping: Values) -> "ConfigHandle":
        """Returns what holds a library's values; the same one for the same prefix.

        Args:
            prefix: of the names in the module; a final `_` is added where there is none.
            mapping: defaults by name; names that begin and end with `__` are left out.
        """
        prefix = prefix if prefix.endswith("_") else f"{prefix}_"
        with self._lock:
            handle = self._handles.setdefault(prefix, ConfigHandle(prefix, self))
        handle._add_defaults(mapping)
        return handle

    def initialize(self, import_func: Callable[[str], object] = importlib.import_module) -> None:
        """Imports the module, once; an application may have none.

        Raises:
            ImportError: the module itself imports what is not there.
        """
        with self._lock:
            if self._is_read or not self._name:
                return
            try:
                import_func(self._name)
            except ModuleNotFoundError as error:
                if error.name != self._name:
                    raise
            self._module = sys.modules.get(self._name)
            self._is_read = True

    def reset(self) -> None:
        """Forgets the module: it is imported again when a value is asked for."""
        with self._lock:
            self._module, self._is_read = None, False
            for handle in self._handles.values():
                handle._forget()

    def _find_overrides(self, prefix: str) -> dict[str, object]:
        """Returns what the module says under a prefix, by names without it."""
        with self._lock:
            self.initialize()
            names = vars(self._module) if self._module is not None else {}
            return {
                name.removeprefix(prefix): value
                for name, value in names.items()
                if name.startswith(prefix)
            }

    def describe(self) -> str:
        """Returns all registrations in lines, for `main`."""
        self.initialize()
        if self._module is None:
            return f"Module {self._name}.py does not exist."
        if not self._handles:
            return f"No registrations for {self._name}.py."
        parts = [handle._describe() for _, handle in sorted(self._handles.items())]
        return "\n".join([f"Registrations in {self._name}.py:", *parts])


class ConfigHandle:
    """A library's values as attributes: the application's, or else the defaults.

    It has no public method, so a value may have any name.
    """

    def __init__(self, prefix: str, registry: LibConfigRegistry) -> None:
        """Takes the prefix, with its final `_`."""
        self._prefix = prefix
        self._registry = registry
        self._defaults: dict[str, object] = {}
        self._overrides: dict[str, object] | None = None

    def _add_defaults(self, mapping: Values) -> None:
        """Takes further defaults."""
        for name, value in mapping.items():
            if not (name.startswith("__") and name.endswith("__")):
                self._defaults[name] = value
        self._overrides = None

    def _forget(self) -> None:
        """Forgets what the application's module says."""
        self._overrides = None

    def _read(self) -> dict[str, object]:
        if (found := self._overrides) is None:
            found = self._registry._find_overrides(self._prefix)
            for name in found.keys() - self._defaults.keys():
                logging.warning('Configuration "%s" not recognized', self._prefix + name)
            self._overrides = found
        return found

    def _describe(self) -> str:
        """Returns overrides and defaults in lines."""
        known = {name: value for name, value in self._read().items() if name in self._defaults}
        lines = [f"Prefix {self._prefix}:"]
        for title, values in (("Overrides", known), ("Defaults", self._defaults)):
            lines.append(f"  {title}:" if values else f"  No {title.lower()}")
            lines += [f"    {name} = {values[name]!r}" for name in sorted(values)]
        return "\n".join(lines)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._defaults:
            raise AttributeError(name)
        return self._read().get(name, self._defaults[name])


_registry = LibConfigRegistry(DEFAULT_MODNAME)


def register(prefix: str, mapping: Values) -> ConfigHandle:
    """Returns what holds a library's values, from `appengine_config` or the defaults."""
    return _registry.register(prefix, mapping)


def main() -> None:
    """Prints all registrations, as a CGI script does."""
    print("Content-type: text/plain\n")
    print(_registry.describe())
