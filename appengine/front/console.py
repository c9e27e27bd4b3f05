"""Serves the Admin Console in a process of its own, which costs little until somebody looks."""

import threading
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from appengine.front.gunicorn import GunicornServer, ServerOptions
from appengine.front.options import ConsoleOptions
from appengine.front.start import announcing, start_log, take_options


def serve_console(descriptor: str) -> None:
    """Serves the Admin Console; `descriptor` is that of the pipe that holds the options."""
    options = take_options(descriptor, ConsoleOptions)
    start_log("console", options.settings.dev_appserver_log_level)
    server_options = ServerOptions(
        descriptors=options.descriptors, workers=1, threads=options.threads
    )
    on_fork = announcing("console", Path(options.runtime) / "control", lambda row: None)
    GunicornServer(LateConsole(options), server_options, on_fork, lambda row: None).run()


class LateConsole:
    """The console's WSGI application, made for its first request."""

    def __init__(self, options: ConsoleOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._made: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        with self._lock:
            if self._made is None:
                self._made = _make(self._options)
        return self._made(environ, start)


def _make(options: ConsoleOptions) -> WSGIApplication:
    """Rooms' pages and SQL take 25 MB, and time from those who wait for their application."""
    from appengine.front.console_app import make_console  # noqa: PLC0415  # late is the point

    return make_console(options)
