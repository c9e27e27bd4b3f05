"""Which module a request is for: by the rules of dispatch.yaml, by its host name, by its port.

Source: App Engine, "Routing with a dispatch file" and "Routing via URL".
"""

import socket
from collections.abc import Iterable
from functools import cached_property, lru_cache
from ipaddress import ip_address

from appengine.config.hosts import LOOPBACK_NAMES, host_name, is_loopback
from appengine.config.settings import Settings
from appengine.front.answers import Answer, page
from appengine.front.routes import Routes, VersionRoute

DISPATCHED_INTERNAL = ("/_ah/queue/deferred", "/_ah/api")
"""Beginnings of the only paths below `/_ah/` that dispatch.yaml moves."""


class HostNames:
    """The names by which the server is called: this machine's, and those that its operator adds."""

    def __init__(
        self, host: str, additional: Iterable[str] = (), *, is_checked: bool = True
    ) -> None:
        """Takes where the server listens, and further names, with or without a port."""
        self._stated = frozenset(host_name(name) for name in (host, *additional))
        self._is_checked = is_checked

    @cached_property
    def _machine(self) -> frozenset[str]:
        return frozenset(name.lower() for name in (socket.gethostname(), socket.getfqdn()))

    @property
    def bases(self) -> frozenset[str]:
        """The names before which a module's may stand: `backend.localhost`."""
        return self._stated | LOOPBACK_NAMES

    def check(self, host: str) -> Answer | None:
        """Returns the refusal of a request whose Host header names another machine, or None.

        A page of another site can have its own name lead to this machine, and would then read
        what is served here. An address is nobody's name.
        """
        name = host_name(host)
        if not self._is_checked or not name or self._is_ours(name):
            return None
        sentence = f"The host {name[:100]!r} is not served here; --addn_host={name[:100]} adds it."
        return page(400, sentence)

    def _is_ours(self, name: str) -> bool:
        return _is_address(name) or self.is_stated(name) or name in self._machine

    def is_stated(self, name: str) -> bool:
        """Returns whether a name, without a port, is this machine's loopback or the operator's."""
        if is_loopback(name) or name in self._stated:
            return True
        return any(name.endswith(f".{base}") for base in self._stated)


def host_names(settings: Settings) -> HostNames:
    """Returns the names by which a server of these settings is called."""
    return HostNames(settings.host, settings.addn_host, is_checked=settings.enable_host_checking)


class HostMap:
    """A table of routes, looked up by port, Host header and path."""

    def __init__(self, routes: Routes, bases: frozenset[str]) -> None:
        """Takes a published table, and the names before which a module's may stand."""
        self.routes = routes
        self._bases = bases
        self._modules = {
            (route.application, route.module): route for route in routes.ports.values()
        }
        self._first_ports: dict[str, int] = {}
        for port, route in routes.ports.items():
            self._first_ports.setdefault(route.application, port)
        self._has_others = len(routes.ports) > 1

    def find(self, port: int, host: str, path: str) -> VersionRoute | None:
        """Returns the version that answers; None: nothing is served on the port.

        Args:
            port: on which the request came.
            host: its Host header.
            path: of a WSGI environ.
        """
        route = self.routes.ports.get(port)
        if route is None or not self._has_others:
            return route
        if port == self._first_ports[route.application]:
            if (dispatched := self._dispatch(route, host, path)) is not None:
                return dispatched
        name, _ = self._split(host_name(host))
        return self._modules.get((route.application, name), route)

    def port_of(self, application: str, module: str) -> int:
        """Returns the port of a module, or 0: it is not served."""
        return next(
            (
                port
                for port, route in self.routes.ports.items()
                if (route.application, route.module) == (application, module)
            ),
            0,
        )

    def default_host(self, route: VersionRoute, host: str) -> str:
        """Returns host and port of the application's first module, called as this one was."""
        if not self._has_others or route.application not in self._first_ports:
            return host
        _, base = self._split(host_name(host))
        has_port = host[len(host_name(host)) :].startswith(":")
        return f"{base}:{self._first_ports[route.application]}" if has_port else base

    def _dispatch(self, route: VersionRoute, host: str, path: str) -> VersionRoute | None:
        rules = self.routes.dispatch.get(route.application)
        if not rules or (path.startswith("/_ah/") and not path.startswith(DISPATCHED_INTERNAL)):
            return None
        name = host_name(host)
        text = path.encode("latin-1", "replace").decode("utf-8", "replace")
        for rule in rules:
            if rule.matches(name, text):
                return self._modules.get((route.application, rule.module))
        return None

    def _split(self, name: str) -> tuple[str, str]:
        """Returns the module that a host's name begins with, and the rest; "" for none.

        Before a module may stand a version and an instance, of which there is one each.
        """
        for base in self._bases:
            if name.endswith(f".{base}"):
                return name.removesuffix(f".{base}").rpartition(".")[2], base
        return "", name


@lru_cache(maxsize=1000)
def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
