"""Wraps a WSGI application for the modern runtime: `wrap_wsgi_app`.

Served here, an application has every service with or without it; wrapped, it also finds the
request where App Engine's middleware puts it, and answers the platform's own requests.

Source: App Engine, "Access bundled services for Python 3" (`google.appengine.api`).
"""

import logging
import os
from collections.abc import Iterable
from contextvars import copy_context
from importlib import import_module
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from appengine.rpc import namespace_manager
from appengine.runtime import context, full_app_id
from appengine.system.shutdown import begin_shutdown

__all__ = ["wrap_wsgi_app"]

STOP_PATH = "/_ah/stop"
DEFERRED = "google.appengine.ext.deferred"
DEFERRED_PATH = "/_ah/queue/deferred"
PORTS = {"http": "80", "https": "443"}

COPIED = (
    "AUTH_DOMAIN DATACENTER DEFAULT_VERSION_HOSTNAME HTTPS REMOTE_ADDR REQUEST_ID_HASH "
    "REQUEST_LOG_ID USER_EMAIL USER_ID USER_IS_ADMIN USER_NICKNAME USER_ORGANIZATION"
).split()
"""What the platform tells in `X-AppEngine-` headers, by the names that stand in the environment."""

DEFAULTS = {"AUTH_DOMAIN": "gmail.com", "USER_IS_ADMIN": "0"}


def wrap_wsgi_app(
    app: WSGIApplication, use_legacy_context_mode: bool = True, use_deferred: bool = False
) -> WSGIApplication:
    """Returns an application that prepares each request for the bundled services.

    Args:
        app: the application's own.
        use_legacy_context_mode: puts the request's variables into `os.environ` as well.
        use_deferred: answers `/_ah/queue/deferred`, where deferred tasks are run.

    Raises:
        ImportError: deferred tasks are asked for and the platform has none.
    """
    deferred: WSGIApplication | None = None
    if use_deferred:
        deferred = import_module(DEFERRED).application
    full_app_id.normalize()
    return _Wrapped(app, use_legacy_context_mode, deferred)


class _Wrapped:
    """The application with what is around it."""

    def __init__(
        self, application: WSGIApplication, is_legacy: bool, deferred: WSGIApplication | None
    ) -> None:
        self._application = application
        self._is_legacy = is_legacy
        self._deferred = deferred

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answers one request in a context of its own, and to its end: nothing comes later."""
        return copy_context().run(self._answer, environ, start)

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        self._prepare(environ)
        try:
            answer = self._choose(environ)(environ, start)
            try:
                return list(answer)
            finally:
                if callable(close := getattr(answer, "close", None)):
                    close()
        except BaseException:
            logging.exception("the request failed")
            raise

    def _choose(self, environ: WSGIEnvironment) -> WSGIApplication:
        if environ.get("PATH_INFO") == STOP_PATH:  # the front lets nobody ask from outside
            return _answer_stop
        if self._deferred is not None and environ.get("PATH_INFO") == DEFERRED_PATH:
            return self._deferred
        return self._application

    def _prepare(self, environ: WSGIEnvironment) -> None:
        """Puts into the environment what the platform's headers tell, and into the context."""
        if (scheme := environ.get("HTTP_X_FORWARDED_PROTO")) in PORTS:
            environ["wsgi.url_scheme"], environ["SERVER_PORT"] = scheme, PORTS[scheme]
        if host := environ.get("HTTP_HOST"):
            environ["SERVER_NAME"] = urlsplit(f"//{host}").hostname or host
        if address := environ.get("HTTP_X_APPENGINE_USER_IP"):
            environ["REMOTE_ADDR"] = address
        for name in COPIED:
            value = environ.get(f"HTTP_X_APPENGINE_{name}", DEFAULTS.get(name))
            if value is not None:
                environ[name] = value
        context.init_from_wsgi_environ(environ)
        if self._is_legacy:
            os.environ.update({k: v for k, v in environ.items() if isinstance(v, str)})
        namespace = environ.get("HTTP_X_APPENGINE_CURRENT_NAMESPACE")
        if namespace is not None:
            namespace_manager.set_namespace(namespace)


def _answer_stop(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    """Answers GET /_ah/stop: the instance is about to stop."""
    begin_shutdown()
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
