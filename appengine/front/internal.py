"""URLs below /_ah/: those that the platform answers, and those that nobody may ask from outside."""

from collections.abc import Callable, Sequence
from wsgiref.types import WSGIApplication, WSGIEnvironment

import msgspec

from appengine.config.hosts import host_name
from appengine.front.answers import Answer, page, redirect
from appengine.front.health import answer_health
from appengine.front.routes import VersionRoute
from appengine.rpc.boot import Layer
from appengine.storage.clock import Clock
from appengine.storage.secrets import Secrets
from appengine.users.endpoints import LoginPages

LOGIN = ("/_ah/login", "/_ah/logout", "/_ah/login.css")
HEALTH = "/_ah/health"
ADMIN = "/_ah/admin"
"""Source: App Engine, the development server of 2008, and the builtin `admin_redirect`."""

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on

CLOSED = frozenset(
    {"start", "stop", "warmup", "mail", "queue", "bounce", "background", "xmpp", "spi"}
)
"""Requests that only the platform makes, and all below them: names that follow on `/_ah/`.

Source: App Engine, "How Requests are Handled".
"""


class InternalPages:
    """The platform's own URLs on the applications' ports."""

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        code: str,
        console: tuple[str, int] = ("", 0),
        administrators: Sequence[str] = (),
    ) -> None:
        """Takes what signs users in, the Admin Console's host and port, and who is administrator.

        Attributes:
            administrators: addresses in lower case; empty: the login page asks.
        """
        self.administrators = frozenset(email.lower() for email in administrators)
        self._console = console
        self._secrets = secrets
        self._clock = clock
        self._code = code
        self._logins: dict[str, LoginPages] = {}

    def answer(
        self, environ: WSGIEnvironment, route: VersionRoute, layers: Sequence[Layer]
    ) -> Answer | None:
        """Returns the platform's answer, or None: the URL is the application's."""
        path = environ["PATH_INFO"]
        if "/_ah/" not in path:
            return None
        if path in LOGIN:
            return call_wsgi(self._login(route.application), environ)
        if path == ADMIN or path.startswith(f"{ADMIN}/"):
            return redirect(self._console_url(environ))
        if path == HEALTH:
            return answer_health(environ, route, layers)
        if is_closed(path):
            return page(
                403, f"{path[:100]!r} is closed from outside: only the platform asks for it."
            )
        return None

    def _console_url(self, environ: WSGIEnvironment) -> str:
        """Returns the Admin Console's URL; one that listens everywhere is where we were found."""
        host, port = self._console
        name = host_name(environ.get("HTTP_HOST", "")) if host in EVERYWHERE else host
        return f"http://[{name.strip('[]')}]:{port}/" if ":" in name else f"http://{name}:{port}/"

    def _login(self, application: str) -> LoginPages:
        if (pages := self._logins.get(application)) is None:
            pages = LoginPages(
                application, self._secrets, self._clock, self._code, self.administrators
            )
            self._logins[application] = pages
        return pages


def is_closed(path: str) -> bool:
    """Tells whether only the platform may ask for a path, however a framework would tidy it up."""
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            names = names[:-1]
        elif name not in ("", "."):
            names.append(name)
    if names[:2] == ["_ah", "channel"]:
        return names[2:3] in (["connected"], ["disconnected"])
    return len(names) > 1 and names[0] == "_ah" and names[1] in CLOSED


class _Started(msgspec.Struct):
    status: str = ""
    headers: list[tuple[str, str]] = []


def call_wsgi(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Returns the answer of a WSGI application of our own."""
    started = _Started()

    def start_response(
        status: str, headers: list[tuple[str, str]], _info: object = None
    ) -> Callable[[bytes], None]:
        started.status, started.headers = status, headers
        return lambda _: None

    body = b"".join(application(environ, start_response))
    code, _, reason = started.status.partition(" ")
    headers = [field for field in started.headers if field[0].lower() != "content-length"]
    headers.append(("Content-Length", str(len(body))))
    return Answer(status=int(code), reason=reason, headers=headers, body=[body])
