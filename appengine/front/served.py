"""The applications that are served, as rooms reach them: in the front, and from other processes."""

import http.client
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from appengine.config.settings import Settings
from appengine.front.hosts import host_names
from appengine.front.routes import PublishedRoutes
from appengine.rpc.control import AskModule, Done, SetInstances
from appengine.rpc.control import ask as ask_supervisor
from appengine.rpc.internal import InternalRequest, InternalResponse, ModuleState, Served

Ask = Callable[[InternalRequest, float], InternalResponse]

DOOR = "door"
"""The front's unix socket in the run's directory, for other processes of the platform."""

ANYWHERE = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104  # compared, not listened on


class ServedApplications:
    """What `Resources.applications` is in a run of the server."""

    def __init__(
        self,
        routes: PublishedRoutes,
        settings: Settings,
        ids: Sequence[str],
        own_ports: Sequence[int],
        ask: Ask,
        control: Path,
    ) -> None:
        """Takes the table of routes, and the supervisor's socket.

        Args:
            ids: of all applications.
            own_ports: those on which the platform itself listens.
        """
        self._routes = routes
        self._settings = settings
        self._names = host_names(settings)
        self._ids = tuple(ids)
        self._own_ports = frozenset(own_ports)
        self._ask = ask
        self._control = control

    def names(self) -> tuple[str, ...]:
        """Returns the ids of all applications, in the order of the command line."""
        return self._ids

    def served(self) -> list[Served]:
        """Returns the modules that are served now, by port."""
        ports = self._routes.current().ports
        return [self._describe(port) for port in sorted(ports)]

    def find(self, host: str, port: int) -> Served | None:
        """Returns the module that answers at a name or an address and a port, or None."""
        name = host.lower().strip("[]")
        if port not in self._routes.current().ports or not self._names.is_stated(name):
            return None
        return self._describe(port)

    def is_own_port(self, port: int) -> bool:
        """Returns whether the Admin Console listens at a port of this machine."""
        return port in self._own_ports

    def ask(self, request: InternalRequest, seconds: float) -> InternalResponse:
        """Returns the response to a request of the platform's own; see `Applications`."""
        return self._ask(request, seconds)

    def state(self, application: str, module: str) -> ModuleState:
        """Returns a module's numbers."""
        return ask_supervisor(self._control, AskModule(application, module), ModuleState)

    def set_instances(self, application: str, module: str, instances: int) -> None:
        """Makes a module of manual scaling have so many instances."""
        ask_supervisor(self._control, SetInstances(application, module, instances), Done)

    def _describe(self, port: int) -> Served:
        route = self._routes.current().ports[port]
        name = "localhost" if self._settings.host in ANYWHERE else self._settings.host
        return Served(
            route.application,
            route.module,
            f"[{name}]:{port}" if ":" in name else f"{name}:{port}",
            port,
            route.inbound_services,
            route.version,
        )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the front's unix socket."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("front", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connects to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask_through_door(path: Path) -> Ask:
    """Returns what asks the front through its unix socket, from another process."""

    def ask(request: InternalRequest, seconds: float) -> InternalResponse:
        connection = _UnixConnection(path, max(0.01, seconds))
        with closing(connection):
            try:
                connection.request("POST", "/", msgspec.msgpack.encode(request))
                response = connection.getresponse()
                data = response.read()
            except http.client.HTTPException as error:
                raise OSError(f"the front does not answer: {error!r}") from error
        if response.status != http.HTTPStatus.OK:
            raise OSError(f"the front answers {response.status}: {data[:200]!r}")
        return msgspec.msgpack.decode(data, type=InternalResponse)

    return ask
