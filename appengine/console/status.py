"""What the console knows of the server: a picture of one moment, taken by the supervisor.

Times are in seconds since 1970, sizes in bytes.
"""

from typing import Literal

import msgspec

from appengine.rpc.boot import Layer

InstanceState = Literal["starting", "idle", "busy", "stopping"]


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the platform.

    Attributes:
        role: what it is for: `supervisor`, `front`, `nursery`, `zygote of guestbook`.
        memory_bytes: its proportional share, so that a sum over processes is right.
    """

    pid: int
    role: str
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    started_at: float = 0.0


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One instance of a version.

    Attributes:
        pid: its process number, as this machine sees it.
        requests: served since it started.
        requests_a_second: over the last 60 s.
        latency_ms: mean over the last 60 s.
    """

    pid: int
    state: InstanceState
    requests: int = 0
    requests_a_second: float = 0.0
    latency_ms: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    started_at: float = 0.0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a module that is served.

    Attributes:
        pending: requests that wait for an instance.
        error: why its newest files are not served, in one line or with a traceback; "" for none.
        links: `admin_console` of its app.yaml: names and URLs.
    """

    application: str
    module: str
    version: str
    url: str
    runtime: str = "python311"
    pending: int = 0
    instances: list[Instance] = []
    error: str = ""
    links: list[tuple[str, str]] = []


class RecentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that has ended."""

    at: float
    application: str
    method: str
    url: str
    status: int
    milliseconds: float
    cpu_milliseconds: float = 0.0
    pid: int = 0
    request_id: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The server at one moment.

    Attributes:
        layers: of the sandbox, each on or off and why.
        requests: the last that ended, newest first.
        log: the last lines of all processes, oldest first.
    """

    at: float
    started_at: float
    processes: list[Process] = []
    versions: list[Version] = []
    layers: list[Layer] = []
    requests: list[RecentRequest] = []
    log: list[str] = []

    @property
    def memory_bytes(self) -> int:
        """The memory of all processes, those of instances too."""
        instances = [one.memory_bytes for version in self.versions for one in version.instances]
        return sum(process.memory_bytes for process in self.processes) + sum(instances)

    @property
    def missing_layers(self) -> list[Layer]:
        """The layers of the sandbox that are off."""
        return [layer for layer in self.layers if not layer.on]

    @property
    def applications(self) -> list[str]:
        """The ids of the applications that are served, each once."""
        return sorted({version.application for version in self.versions})
