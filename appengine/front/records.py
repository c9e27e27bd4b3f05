"""What is kept of a request that has ended, and of each of its service calls."""

import msgspec

MAX_DETAIL = 300
"""Characters of what was malformed that are told."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the request's trace shows it."""

    service: str
    method: str
    milliseconds: float
    request_bytes: int
    response_bytes: int
    quota: str
    units: int
    error: str
    notes: dict[str, int | str]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One request that has ended.

    Attributes:
        started: seconds since 1970, by the machine's clock.
        pid: the instance's process number; 0: the front answered itself.
        calls: its first service calls in the order of their replies, at most 200.
        call_count: how many there were.
        outcome: what ended it, if not the response.
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


def one_line(detail: str) -> str:
    """Returns what may hold others' own words so that it fits a line of the log."""
    return "".join(c if c.isprintable() else "?" for c in detail[:MAX_DETAIL])
