"""What an application does when its instance is told to stop; `google.appengine.api.runtime`.

Source: App Engine, "Runtime" (`google.appengine.api.runtime`).
"""

import threading
from collections.abc import Callable

from appengine.system.client import cpu_usage, memory_usage

__all__ = [
    "begin_shutdown",
    "cpu_usage",
    "is_shutting_down",
    "memory_usage",
    "set_shutdown_hook",
]

Hook = Callable[[], object]


class _Shutdown:
    """One instance's, shared by its threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.hook: Hook | None = None
        self.has_begun = False


_shutdown = _Shutdown()


def is_shutting_down() -> bool:
    """Returns whether the instance has been told to stop."""
    return _shutdown.has_begun


def set_shutdown_hook(hook: Hook | None) -> Hook | None:
    """Sets what is called when the instance is told to stop; returns what was set before.

    Raises:
        TypeError: it cannot be called.
    """
    if hook is not None and not callable(hook):
        raise TypeError(f"hook must be callable, got {type(hook)}")
    with _shutdown.lock:
        before, _shutdown.hook = _shutdown.hook, hook
    return before


def begin_shutdown() -> None:
    """Says that the instance is about to stop, and calls the hook, once."""
    with _shutdown.lock:
        is_first, _shutdown.has_begun = not _shutdown.has_begun, True
        hook = _shutdown.hook
    if is_first and hook is not None:
        hook()
