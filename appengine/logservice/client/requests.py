"""What `fetch` yields: requests and their lines, by App Engine's names.

Source: App Engine, `google.appengine.api.logservice`, classes `RequestLog` and `AppLog`.
"""

import base64
from datetime import UTC, datetime

from appengine.logservice.service import CallShown, Line, RequestShown

MICROSECONDS = 1_000_000
MEGACYCLES = 1200
"""Of a CPU second. Source: `quota.MCYCLES_PER_SECOND`."""

APP_ENGINE_RELEASE = "1.9.98"
"""The last release of the interface that this one follows."""


class AppLog:
    """One line of a request; `time` is in seconds since 1970, `level` from 0 to 4."""

    def __init__(
        self,
        time: float | None = None,
        level: int | None = None,
        message: str | None = None,
        source_location: tuple[str, int, str] | None = None,
    ) -> None:
        self.time = time
        self.level = level
        self.message = message
        self.source_location = source_location

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppLog) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.time, self.level, self.message))

    def __repr__(self) -> str:
        return f"<AppLog {self.time} {self.level} {self.message!r}>"


class RequestLog:
    """The record of one request."""

    def __init__(self, request_log: RequestShown | None = None, application: str = "") -> None:
        self._record = request_log or RequestShown(0, "", "default", "1", 0.0, 0.0, False)
        self._application = application

    @property
    def app_id(self) -> str:
        """The application."""
        return self._application

    @property
    def module_id(self) -> str:
        """The module."""
        return self._record.module

    @property
    def version_id(self) -> str:
        """The version."""
        return self._record.version

    @property
    def request_id(self) -> str:
        """What names the request: `REQUEST_LOG_ID` of its environment."""
        return self._record.request_id

    @property
    def offset(self) -> bytes:
        """What `fetch` goes on from: the requests before this one."""
        return base64.urlsafe_b64encode(b"%d" % self._record.position)

    @property
    def ip(self) -> str:
        """The client's address."""
        return self._record.ip

    @property
    def nickname(self) -> str | None:
        """Who was signed in, without the domain."""
        return self._record.user.partition("@")[0] or None

    @property
    def start_time(self) -> float:
        """When the request came, in seconds since 1970."""
        return self._record.started

    @property
    def end_time(self) -> float:
        """When it ended, or when its last lines came, in seconds since 1970."""
        return self._record.ended

    @property
    def latency(self) -> float:
        """What it took, in seconds."""
        return self._record.ended - self._record.started

    @property
    def pending_time(self) -> int:
        """How long it waited for an instance, in microseconds."""
        return round(self._record.waited_seconds * MICROSECONDS)

    @property
    def mcycles(self) -> int:
        """Megacycles of processor time."""
        return round(self._record.cpu_seconds * MEGACYCLES)

    @property
    def api_mcycles(self) -> int:
        """Megacycles of service calls, by their time."""
        return round(sum(call.milliseconds for call in self._record.calls) * MEGACYCLES / 1000)

    @property
    def method(self) -> str:
        """The method: `GET`."""
        return self._record.method

    @property
    def resource(self) -> str:
        """The path with its query."""
        return self._record.resource

    @property
    def http_version(self) -> str:
        """The protocol: `HTTP/1.1`."""
        return self._record.http_version

    @property
    def status(self) -> int:
        """The status of the response."""
        return self._record.status

    @property
    def response_size(self) -> int:
        """The bytes of the response's body."""
        return self._record.response_bytes

    @property
    def referrer(self) -> str | None:
        """The page that led here, as the client says."""
        return self._record.referrer or None

    @property
    def user_agent(self) -> str | None:
        """The client, as it says."""
        return self._record.user_agent or None

    @property
    def url_map_entry(self) -> str:
        """The pattern of the handler in app.yaml."""
        return self._record.handler

    @property
    def combined(self) -> str:
        """The request as a line of Apache's combined log."""
        at = datetime.fromtimestamp(self.start_time, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        return (
            f"{self.ip or '-'} - {self.nickname or '-'} [{at}] "
            f'"{self.method} {self.resource} {self.http_version}" {self.status} '
            f'{self.response_size} "{self.referrer or "-"}" "{self.user_agent or "-"}"'
        )

    @property
    def host(self) -> str:
        """The name by which the client reached the application."""
        return self._record.host

    @property
    def cost(self) -> float:
        """What the request costs in dollars: nothing."""
        return 0.0

    @property
    def task_queue_name(self) -> str | None:
        """The queue of the task that the request is."""
        return self._record.queue or None

    @property
    def task_name(self) -> str | None:
        """The name of the task that the request is."""
        return self._record.task or None

    @property
    def was_loading_request(self) -> bool:
        """Whether an instance was loaded for it: never, they are forked when they are loaded."""
        return False

    @property
    def finished(self) -> bool:
        """Whether it has been answered."""
        return self._record.is_finished

    @property
    def instance_key(self) -> str:
        """The instance that answered it."""
        return self._record.instance

    @property
    def replica_index(self) -> int | None:
        """The number of the instance of a module with manual scaling; None elsewhere."""
        return None

    @property
    def app_engine_release(self) -> str:
        """The release of App Engine whose interface this is."""
        return APP_ENGINE_RELEASE

    @property
    def app_logs(self) -> list[AppLog]:
        """The lines of the request, if they were asked for."""
        return [_app_log(line) for line in self._record.lines]

    @property
    def calls(self) -> tuple[CallShown, ...]:
        """The request's service calls: of our own, not App Engine's."""
        return self._record.calls

    def __repr__(self) -> str:
        return f"<RequestLog {self.request_id} {self.method} {self.resource} {self.status}>"


def _app_log(line: Line) -> AppLog:
    source = (line.file, line.line, line.function) if line.file else None
    return AppLog(line.time / MICROSECONDS, line.level, line.message, source)
