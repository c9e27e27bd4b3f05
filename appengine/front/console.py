"""The Admin Console's WSGI application, which opens the applications' data when they are needed."""

import threading
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from appengine.front.console_app import make_console
from appengine.front.options import RunOptions
from appengine.front.resources import make_resources
from appengine.rpc.server import Resources


class LateResources:
    """The applications' data in this process, opened when it is first asked for.

    Once only, for the console's pages and the loops together: SQLite's locks are the process's.
    """

    def __init__(self, options: RunOptions) -> None:
        """Takes what the supervisor has told."""
        self._options = options
        self._lock = threading.Lock()
        self._made: Resources | None = None

    def __call__(self) -> Resources:
        """Returns the data."""
        with self._lock:
            if self._made is None:
                self._made = make_resources(self._options)
        return self._made


class LateConsole:
    """The console's WSGI application, made for its first request: in the worker's process."""

    def __init__(self, options: RunOptions, resources: Callable[[], Resources]) -> None:
        self._options = options
        self._resources = resources
        self._lock = threading.Lock()
        self._made: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        with self._lock:
            if self._made is None:
                self._made = make_console(self._options, self._resources())
        return self._made(environ, start)
