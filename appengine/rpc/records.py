"""Outside: what is kept of a request that has ended, and of each of its service calls."""

import msgspec

MAX_DETAIL = 300
"""Characters of what was malformed that are told."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the request's trace shows it; `started` is in seconds since 1970."""

    service: str
    method: str
    milliseconds: float
    request_bytes: int
    response_bytes: int
    quota: str
    units: int
    error: str
    notes: dict[str, int | str]
    started: float = 0.0


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One request that has ended.

    Attributes:
        started: seconds since 1970, by the machine's clock.
        pid: the instance's process number; 0: the front answered itself.
        calls: its first service calls in the order of their replies, at most 200.
        call_count: how many there were.
        outcome: what ended it, if not the response.
        handler: the pattern of the handler that it went to.
        queue: of the task that it is; `task` is the task's name.
    """

    request_id: str
    application: str
    module: str
    method: str
    path: str
    status: int
    response_bytes: int
    started: float
    seconds: float
    waited_seconds: float
    cpu_seconds: float
    pid: int
    user: str
    outcome: str
    calls: list[CallRecord]
    call_count: int = 0
    version: str = ""
    host: str = ""
    ip: str = ""
    http_version: str = ""
    referrer: str = ""
    user_agent: str = ""
    handler: str = ""
    queue: str = ""
    task: str = ""


def one_line(detail: str) -> str:
    """Returns what may hold others' own words so that it fits a line of the log."""
    return "".join(c if c.isprintable() else "?" for c in detail[:MAX_DETAIL])
