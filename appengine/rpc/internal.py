"""Outside: requests that the platform itself makes of an application: fetches of its own, mail.

They never leave the machine. In the front they go straight to its pipeline; other processes of
the platform reach it through a unix socket in the run's directory. Either way they have threads
in reserve, so that an application that asks itself never waits for its own requests to end.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

MAX_DEPTH = 8
"""Requests that may wait for one another in a chain of fetches."""

FETCH_ADDRESS = "0.1.0.40"
"""Where a fetch seems to come from. Source: App Engine, "Understanding the firewall"."""

MAIL_ADDRESS = "0.1.0.20"
"""Where mail and bounces seem to come from: an address that no client has."""

UNAVAILABLE = 503


class InternalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request that the platform makes of an application.

    Attributes:
        port: at which a client would reach it, so that dispatch.yaml and host names decide on the
            module; 0: it is for the module as named.
        target: path and query as a request line holds them: `/_ah/mail/a%40example.com`.
        host: of the Host header; "": the application's own address.
        headers: names and values, as a client would send them.
        stated: headers that only the platform may state: `{"X-AppEngine-Inbound-Appid": "a"}`.
        asker: the application that asks; "": the platform itself.
        address: what the application takes for the client's.
        is_platform: paths that are closed from outside are open, and `login:` lets it in.
        generation: name of the one that answers, if it is not for the served one to.
        socket: of the one instance that answers; "": any of them does.
        deadline_seconds: of the request: 600 for a task; None: as of any other.
        depth: how many requests wait for this one in a chain of fetches; the first has 1.
    """

    application: str
    module: str = "default"
    port: int = 0
    method: str = "GET"
    target: Annotated[str, Meta(pattern="^/")] = "/"
    scheme: str = "http"
    host: str = ""
    headers: Sequence[tuple[str, str]] = ()
    stated: Mapping[str, str] = {}
    body: bytes = b""
    asker: str = ""
    address: str = FETCH_ADDRESS
    is_platform: bool = False
    generation: str = ""
    socket: str = ""
    deadline_seconds: float | None = None
    depth: int = 1


class InternalResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An application's response, or the front's own that says why there is none."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


class Served(msgspec.Struct, frozen=True):
    """A module that this server serves.

    Attributes:
        port: on which it is reached.
        host: name and port at which it is reached.
        inbound_services: of app.yaml: `mail`, `mail_bounce`.
    """

    application: str
    module: str
    host: str
    port: int = 0
    inbound_services: tuple[str, ...] = ()
    version: str = "1"


class ModuleState(msgspec.Struct, frozen=True, kw_only=True):
    """A module's numbers, as the supervisor has them.

    Attributes:
        scaling: `automatic`, `basic` or `manual`.
        instances: that there are to be, with manual scaling; else that there are.
        stated: in app.yaml, with manual scaling; else 0.
    """

    module: str
    version: str
    scaling: str
    instances: int
    stated: int = 0


class Applications(Protocol):
    """The applications of this server, as servers, loops and pages of rooms reach them."""

    def names(self) -> tuple[str, ...]:
        """Returns the ids of all applications, in the order of the command line."""

    def served(self) -> Sequence[Served]:
        """Returns the modules that are served now."""

    def find(self, host: str, port: int) -> Served | None:
        """Returns the module that answers at a name or an address and a port, or None."""

    def is_own_port(self, port: int) -> bool:
        """Returns whether the platform itself listens there, as its Admin Console does."""

    def ask(self, request: InternalRequest, seconds: float) -> InternalResponse:
        """Returns the response to a request of the platform's own.

        Status 503 where no thread or instance is free, or the chain of fetches is too long.

        Raises:
            TimeoutError: it took longer than `seconds`; the application goes on with it.
            OSError: the front does not answer.
        """

    def state(self, application: str, module: str) -> ModuleState:
        """Returns a module's numbers.

        Raises:
            OSError: the supervisor does not answer, or has no such module.
        """

    def set_instances(self, application: str, module: str, instances: int) -> None:
        """Makes a module of manual scaling have so many instances, until it is loaded again.

        Raises:
            OSError: the supervisor does not answer.
        """


class NoApplications:
    """No application: what there is where nothing is served."""

    def names(self) -> tuple[str, ...]:
        """Returns none."""
        return ()

    def served(self) -> Sequence[Served]:
        """Returns none."""
        return ()

    def find(self, host: str, port: int) -> Served | None:
        """Returns None."""
        return None

    def is_own_port(self, port: int) -> bool:
        """Returns False."""
        return False

    def state(self, application: str, module: str) -> ModuleState:
        """Raises OSError: there is no module."""
        raise OSError(f"{application!r} is not served here")

    def set_instances(self, application: str, module: str, instances: int) -> None:
        """Raises OSError: there is no module."""
        raise OSError(f"{application!r} is not served here")

    def ask(self, request: InternalRequest, seconds: float) -> InternalResponse:
        """Answers that nothing is served."""
        body = f"{request.application!r} is not served here.\n".encode()
        return InternalResponse(status=UNAVAILABLE, reason="", headers=[], body=body)
