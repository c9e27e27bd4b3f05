"""The table of routes: the supervisor publishes it, every worker of the front reads it."""

import os
import threading
from pathlib import Path

import msgspec

from appengine.config.dispatch_yaml import DispatchRule
from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.sections import ErrorHandlerSection
from appengine.rpc.boot import Layer


class VersionRoute(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a module, as the front serves it.

    Attributes:
        name: of this generation of it, unique while the server runs; the supervisor knows it.
        column: in the table of counts.
        socket: the path on which its instances accept.
        directory: of its files.
        entrypoint: the WSGI object of a modern runtime; "" in a classic one.
        environ: the variables that are the same for all requests.
        skip_files: the expression for paths that are no part of the application.
        failure: why there are no instances: shown in their place.
        inbound_services: what the application takes beside requests: `mail`, `mail_bounce`.
        has_long_requests: they may take a day: basic or manual scaling.
        forks: each request has a process of its own.
        soft_bytes: an instance that holds more finishes its requests and goes.
        need_seconds: a request that has waited so long asks for an instance more.
        longest_seconds: one that has waited so long asks for one whatever is being started.
    """

    name: str
    column: int
    socket: str
    directory: str
    application: str
    module: str
    version: str
    runtime: str
    handlers: tuple[ScriptHandler | StaticHandler, ...]
    entrypoint: str
    environ: dict[str, str]
    skip_files: str
    error_handlers: tuple[ErrorHandlerSection, ...] = ()
    failure: str = ""
    inbound_services: tuple[str, ...] = ()
    has_long_requests: bool = False
    forks: bool = False
    soft_bytes: int = 2**63
    need_seconds: float = 0.05
    longest_seconds: float = 60.0


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole table: the version that answers on each listening port.

    Attributes:
        ports: in the order of the command line.
        others: generations that start or retire, by name: only the platform asks them.
        dispatch: the rules of dispatch.yaml, by application.
        layers: of the sandbox in which they run.
    """

    ports: dict[int, VersionRoute]
    others: dict[str, VersionRoute] = {}
    dispatch: dict[str, tuple[DispatchRule, ...]] = {}
    layers: list[Layer] = []


def publish(path: Path, routes: Routes) -> None:
    """Writes the table in one step: a reader sees the old one or the new one.

    It holds the applications' variables, which may be secrets: nobody else may read it.
    """
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.msgpack.encode(routes))
    os.replace(fresh, path)


class PublishedRoutes:
    """The table as it was last published; one look at the file's status for each request."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._routes = Routes(ports={})
        self._lock = threading.Lock()

    def current(self) -> Routes:
        """Returns the newest table."""
        status = os.stat(self._path)
        seen = status.st_ino, status.st_mtime_ns
        if seen != self._seen:
            with self._lock:
                data = self._path.read_bytes()
                self._routes = msgspec.msgpack.decode(data, type=Routes)
                self._seen = seen
        return self._routes
