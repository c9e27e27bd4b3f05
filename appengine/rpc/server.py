"""Outside: what every server stands on."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast

import msgspec

from appengine.config.settings import Settings
from appengine.rpc.callers import Caller
from appengine.rpc.internal import Applications, NoApplications
from appengine.rpc.records import Trace
from appengine.rpc.service import Message, Method
from appengine.storage.clock import Clock

if TYPE_CHECKING:  # the console stands on this file, and has no need of SQL
    from appengine.storage.engine import Storage

T = TypeVar("T")

__all__ = ["Caller", "Resources", "Server", "Services"]


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """What servers share in a process of the front.

    Attributes:
        open_storage: the data of one application, by its id.
        platform: the platform's own data: users, versions, quotas.
        clock: the platform clock: dates and expiry.
        settings: what the operator has set for services, by name: `datastore.require_indexes`.
        options: all that the operator states by flags and variables.
        applications: those that are served, to be asked.
        note: called for each trace detail of a call: `note("rows_read", 20)`.
    """

    open_storage: "Callable[[str], Storage]"
    platform: "Storage"
    clock: Clock
    settings: dict[str, str] = {}
    options: Settings = Settings()
    applications: Applications = NoApplications()
    kept: dict[str, object] = {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Returns what a room keeps for the life of a process; whoever asks first makes it.

        Args:
            name: the room's, then what it is: `urlfetch.pools`.
            make: called once in the process, while nobody else makes anything.
        """
        if name not in self.kept:
            with _making:
                if name not in self.kept:
                    self.kept[name] = make()
        return cast(T, self.kept[name])


_making = threading.Lock()


class Services(Protocol):
    """Calls of other services from inside a server, on the same caller's behalf."""

    def __call__(self, service: str, method: str, request: Message, /) -> Message:
        """Executes one call and returns its response."""


class Server:
    """One call's server: made for the call, gone after it."""

    methods: ClassVar[dict[str, Method]]

    def __init__(self, caller: Caller, resources: Resources, services: Services) -> None:
        self.caller = caller
        self.resources = resources
        self.services = services
        self.notes: dict[str, int | str] = {}

    @classmethod
    def take_requests(cls, resources: Resources, traces: Sequence[Trace]) -> None:
        """Takes requests that have ended, about once a second; most services have no use for it."""

    @classmethod
    def judge_call(
        cls, resources: Resources, caller: Caller, service: str, method: str
    ) -> str | None:
        """Returns why a call of any service may not be made now, or None; most have no say."""
        return None

    @property
    def storage(self) -> "Storage":
        """The calling application's own data."""
        return self.resources.open_storage(self.caller.application)

    def note(self, name: str, value: int | str) -> None:
        """Writes a detail of this call into the request's trace: `note("rows_read", 20)`."""
        self.notes[name] = value
