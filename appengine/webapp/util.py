"""How a script runs its application, and pages that need a signed-in user.

Source: App Engine, "Utility Functions" of the webapp framework.
"""

import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from importlib import import_module
from typing import Concatenate, ParamSpec, TypeVar
from wsgiref.handlers import read_environ
from wsgiref.types import WSGIApplication, WSGIEnvironment
from wsgiref.util import guess_scheme

from appengine.webapp.errors import Error
from appengine.webapp.handlers import RequestHandler

__all__ = [
    "add_wsgi_middleware",
    "login_required",
    "run_bare_wsgi_app",
    "run_wsgi_app",
]

P = ParamSpec("P")
Handler = TypeVar("Handler", bound=RequestHandler)

CONFIGURATION = "appengine_config"
"""The application's own module that configures the platform's libraries."""


def login_required(
    handler_method: Callable[Concatenate[Handler, P], None],
) -> Callable[Concatenate[Handler, P], None]:
    """Returns a `get` method that first sends who is not signed in to the login page.

    Calling it for another method raises `Error`: after the login the form would be lost.
    """

    @wraps(handler_method)
    def check_login(handler: Handler, /, *args: P.args, **kwargs: P.kwargs) -> None:
        if handler.request.method != "GET":
            raise Error(f"login_required is for GET alone, not for {handler.request.method}")
        users = import_module("appengine.users")  # late: a webapp without users needs no room
        if users.get_current_user():
            handler_method(handler, *args, **kwargs)
        else:
            handler.redirect(users.create_login_url(handler.request.uri))

    return check_login


def run_wsgi_app(application: WSGIApplication) -> None:
    """Answers the request of a CGI script, with the middleware of appengine_config.py around."""
    run_bare_wsgi_app(add_wsgi_middleware(application))


def run_bare_wsgi_app(application: WSGIApplication) -> None:
    """Answers the request of a CGI script: environment and standard input in, output out.

    An exception of the application is the script's own.

    Source: PEP 3333, "The Server/Gateway Side".
    """
    environ: WSGIEnvironment = {
        **read_environ(),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": guess_scheme(dict(os.environ)),
        "wsgi.input": sys.stdin.buffer,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": True,
    }
    output = _CGIOutput()
    pieces = application(environ, output.start_response)
    try:
        output.send(pieces)
    finally:
        if callable(close := getattr(pieces, "close", None)):
            close()


class _CGIOutput:
    """Writes a response to standard output, its headers with the first piece of the body."""

    def __init__(self) -> None:
        self._head = b""

    def start_response(self, status: str, headers: list[tuple[str, str]], *_: object) -> "_Write":
        lines = [f"Status: {status}", *(f"{name}: {value}" for name, value in headers)]
        self._head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return self.write

    def write(self, piece: bytes) -> None:
        sys.stdout.buffer.write(self._head + piece)
        self._head = b""

    def send(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.write(piece)
        self.write(b"")
        sys.stdout.buffer.flush()


_Write = Callable[[bytes], None]


def add_wsgi_middleware(application: WSGIApplication) -> WSGIApplication:
    """Returns the application inside what `webapp_add_wsgi_middleware` makes of it, if anything.

    Raises:
        Error: the function in appengine_config.py returns what is no WSGI application.
    """
    wrap = find_setting("webapp_add_wsgi_middleware")
    if not callable(wrap):
        return application
    if not callable(wrapped := wrap(application)):
        raise Error(f"{CONFIGURATION}.webapp_add_wsgi_middleware returned {wrapped!r}")
    made: WSGIApplication = wrapped
    return made


def find_setting(name: str) -> object | None:
    """Returns a name of the application's appengine_config.py; None where there is none."""
    try:
        module = import_module(CONFIGURATION)
    except ModuleNotFoundError as error:
        if error.name != CONFIGURATION:  # the file is there; something that it imports is not
            raise
        return None
    return getattr(module, name, None)
