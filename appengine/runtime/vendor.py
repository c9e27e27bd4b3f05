"""Libraries that an application brings along in a folder of its own: `vendor.add("lib")`.

Source: App Engine, "Using Third-party Libraries" (`google.appengine.ext.vendor`).
"""

import os
import sys

__all__ = ["add"]

KEPT = frozenset({"appengine", "google", "msgspec", *sys.stdlib_module_names})
"""What runs the application itself, and is not exchanged below it."""


def add(path: str, index: int = 1) -> None:
    """Makes the libraries in a folder importable, before those that are there already.

    Args:
        path: of the folder, from the application's directory: one into which pip has installed
            (`pip install -t lib`), or a virtual environment.
        index: the place in `sys.path`; the application's own directory is the first.

    Raises:
        ValueError: there is no such folder.
    """
    folder = os.path.abspath(path)
    if not os.path.isdir(folder):
        raise ValueError(f"vendor.add({path!r}): there is no folder {folder}")
    inner = _site_of(folder)
    if inner not in sys.path:
        sys.path.insert(index, inner)
    _forget_others(inner)


def _site_of(folder: str) -> str:
    """Returns where a virtual environment has its libraries; any other folder is it itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = os.path.join(folder, "lib", version, "site-packages")
    return site if os.path.isdir(site) else folder


def _forget_others(folder: str) -> None:
    """Lets the next import find what the folder has, not what the platform has imported."""
    brought = {name.partition(".")[0] for name in os.listdir(folder)} - KEPT
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if name.partition(".")[0] in brought and not file.startswith(folder + os.sep):
            del sys.modules[name]
