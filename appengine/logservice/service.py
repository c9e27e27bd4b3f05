"""Logs: the lines that an application writes during a request, and a record of each request.

Source: App Engine, "Logs" (`google.appengine.api.logservice`).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from appengine.rpc.service import ApplicationError, Message, Service, call

DEBUG, INFO, WARNING, ERROR, CRITICAL = range(5)
"""Levels of lines. Source: `logservice.LOG_LEVEL_DEBUG` and its like."""

MAX_LINE = 8192
"""Characters of a line. Source: App Engine, "Logs": a line of 8 KB."""

MAX_LINES = 1000
"""Of a request. Source: App Engine, "Logs": 1000 lines."""

MAX_ITEMS_PER_FETCH = 1000
"""Source: `logservice.MAX_ITEMS_PER_FETCH`."""

MODULE_ID_PATTERN = r"(?!-)[a-z\d\-]{1,63}"
MODULE_VERSION_PATTERN = r"(?!-)[a-z\d\-]{1,100}"
"""Source: `logservice.MODULE_ID_RE_STRING` and `logservice.MODULE_VERSION_RE_STRING`."""

MAX_POSITION = 2**62
MAX_VERSIONS = 100
"""By which one reading filters."""
Level = Annotated[int, Meta(ge=DEBUG, le=CRITICAL)]
Time = Annotated[int, Meta(ge=-(2**62), le=2**62)]  # microseconds since 1970
Text = Annotated[str, Meta(max_length=500)]
RequestId = Annotated[str, Meta(max_length=100)]


class Error(ApplicationError):
    """Base of the errors of logs."""


class InvalidArgumentError(Error):
    """What is asked for cannot be: the text says why."""


class TimeoutError(Error):  # noqa: A001  # App Engine's name
    """The logs could not be read in time.

    Attributes:
        offset: where `fetch` can go on, or None.
        last_end_time: the end of the last request that was read, in seconds since 1970, or None.
    """

    def __init__(
        self, text: object = "", offset: bytes | None = None, last_end_time: float | None = None
    ) -> None:
        """Takes the text, and where reading has stopped."""
        super().__init__(text)
        self.offset, self.last_end_time = offset, last_end_time


class Line(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One line, of one or several lines of text.

    Attributes:
        time: microseconds since 1970.
        source: where it was written: file, line and function; line 0: not known.
    """

    time: Time
    level: Level
    message: Annotated[str, Meta(max_length=MAX_LINE)]
    file: Text = ""
    line: Annotated[int, Meta(ge=0, le=2**31)] = 0
    function: Text = ""


class FlushRequest(Message):
    """Lines of the open request."""

    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_LINES)]


class FlushResponse(Message):
    """How many of the lines were taken: a request has 1000 at the most."""

    taken: int


class CallShown(msgspec.Struct, frozen=True, array_like=True):
    """One service call of a request.

    Attributes:
        started: seconds since 1970.
        units: of the quota that it is counted by; "" is none.
        notes: what the service says of it: rows read, hits, a URL.
    """

    service: str
    method: str
    started: float
    milliseconds: float
    request_bytes: int
    response_bytes: int
    quota: str
    units: int
    error: str
    notes: dict[str, int | str]


class RequestShown(msgspec.Struct, frozen=True):
    """The record of a request.

    Attributes:
        position: grows with each request that ends; `offset` of `fetch` is made of it.
        started: seconds since 1970, like `ended`, by the machine's clock.
        is_finished: it has been answered.
        lines: its own lines, where they were asked for.
        calls: its first 200 service calls; `call_count`: how many there were.
    """

    position: int
    request_id: str
    module: str
    version: str
    started: float
    ended: float
    is_finished: bool
    method: str = ""
    resource: str = ""
    status: int = 0
    response_bytes: int = 0
    waited_seconds: float = 0.0
    cpu_seconds: float = 0.0
    host: str = ""
    ip: str = ""
    http_version: str = ""
    referrer: str = ""
    user_agent: str = ""
    user: str = ""
    handler: str = ""
    instance: str = ""
    queue: str = ""
    task: str = ""
    outcome: str = ""
    call_count: int = 0
    lines: tuple[Line, ...] = ()
    calls: tuple[CallShown, ...] = ()


class ReadRequest(Message):
    """Which requests are read, newest first.

    Attributes:
        start: the earliest end, in microseconds since 1970; `end`: the latest.
        before: only those before this position: where the last reading stopped.
        level: only those with a line of at least this level.
        with_incomplete: also those that are not answered yet; `with_lines`: with their lines.
        modules: pairs of module and version; none: all.
        request_ids: only these; unknown ones are left out.
        with_calls: with their service calls.
    """

    start: Time | None = None
    end: Time | None = None
    before: Annotated[int, Meta(ge=0, le=MAX_POSITION)] | None = None
    level: Level | None = None
    with_incomplete: bool = False
    with_lines: bool = False
    with_calls: bool = False
    modules: Annotated[tuple[tuple[Text, Text], ...], Meta(max_length=MAX_VERSIONS)] = ()
    request_ids: Annotated[tuple[RequestId, ...], Meta(max_length=1000)] = ()
    count: Annotated[int, Meta(ge=1, le=MAX_ITEMS_PER_FETCH)] = 20


class ReadResponse(Message):
    """The requests, newest first, and whether there are more before them."""

    requests: tuple[RequestShown, ...]
    more: bool


class CallsRequest(Message):
    """The service calls of the open request are asked for."""


class CallsResponse(Message):
    """Those that were answered, in the order of their answers, and how the request began."""

    calls: tuple[CallShown, ...]
    started: float = 0.0


class LogService(Service, name="logservice", aliases=("google.appengine.api.logservice",)):
    """Lines of requests, and records of requests.

    Source: App Engine, "Logs" (`google.appengine.api.logservice`).
    """

    @call()
    def flush(self, request: FlushRequest) -> FlushResponse:
        """Takes lines of the open request."""

    @call(errors=(InvalidArgumentError,))
    def read(self, request: ReadRequest) -> ReadResponse:
        """Returns requests of the application."""

    @call()
    def calls(self, request: CallsRequest) -> CallsResponse:
        """Returns the open request's own service calls so far."""
