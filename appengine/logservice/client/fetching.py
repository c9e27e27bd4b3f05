"""Reading logs: `fetch`, and what it yields; and the service calls of requests.

Source: App Engine, `google.appengine.api.logservice`.
"""

import base64
import math
import os
import re
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from appengine.logservice.client.requests import RequestLog
from appengine.logservice.service import (
    CRITICAL,
    DEBUG,
    MAX_ITEMS_PER_FETCH,
    MAX_POSITION,
    MAX_VERSIONS,
    MODULE_ID_PATTERN,
    MODULE_VERSION_PATTERN,
    CallShown,
    CallsRequest,
    InvalidArgumentError,
    LogService,
    ReadRequest,
    TimeoutError,  # noqa: A004  # App Engine's name
)
from appengine.rpc.client import stub

MICROSECONDS = 1_000_000
DEFAULT_BATCH = 20
MAX_IDS = 1000
OPTIONS = frozenset({"batch_size", "timeout", "prototype_request"})

T = TypeVar("T")

_logs = stub(LogService)


def fetch(
    start_time: float | None = None,
    end_time: float | None = None,
    offset: bytes | str | None = None,
    minimum_log_level: int | None = None,
    include_incomplete: bool = False,
    include_app_logs: bool = False,
    module_versions: Sequence[tuple[str, str]] | None = None,
    version_ids: Sequence[str] | None = None,
    request_ids: Sequence[str] | None = None,
    **kwargs: object,
) -> Iterator[RequestLog]:
    """Returns requests of the application, newest first.

    Args:
        start_time: seconds since 1970: only those that ended then or later.
        end_time: only those that ended then or before.
        offset: of a request: only those before it.
        minimum_log_level: only those with a line of this level, from 0 to 4, or above.
        include_incomplete: also those that are still open and have written lines.
        include_app_logs: with their lines.
        module_versions: pairs of module and version.
        version_ids: versions of the default module.
        request_ids: only these, whenever they were.
        kwargs: `batch_size`: how many are read at once; `timeout`: seconds for reading them all.

    Raises:
        InvalidArgumentError: an argument is none of these, or they exclude each other.
        TimeoutError: in iterating, the time is over before all have been read.
    """
    batch, seconds = _check_options(kwargs)
    _check(request_ids, start_time, end_time, offset, module_versions, version_ids)
    request = ReadRequest(
        start=_microseconds("start_time", start_time),
        end=_microseconds("end_time", end_time),
        before=_position(offset),
        level=_level(minimum_log_level),
        with_incomplete=_flag("include_incomplete", include_incomplete),
        with_lines=_flag("include_app_logs", include_app_logs),
        with_calls=True,
        modules=_modules(module_versions, version_ids),
        request_ids=_ids(request_ids),
        count=batch,
    )
    return _iterate(request, time.monotonic() + seconds)


def _iterate(request: ReadRequest, end: float) -> Iterator[RequestLog]:
    application = os.environ.get("APPLICATION_ID", "")
    last: RequestLog | None = None
    while True:
        if time.monotonic() >= end:
            offset, last_end = (last.offset, last.end_time) if last else (None, None)
            raise TimeoutError("the time is over before all logs are read", offset, last_end)
        answer = _logs.read(request)
        for record in answer.requests:
            last = RequestLog(record, application)
            yield last
        if not answer.more or request.request_ids:
            return
        request = replace(request, before=answer.requests[-1].position)


def get_calls(request_id: str | None = None) -> tuple[CallShown, ...]:
    """Returns the service calls of a request, with what each has cost; of our own.

    Args:
        request_id: of a request of this application that has ended, as `REQUEST_LOG_ID` names it;
            by default the open request, whose calls until now are returned.
    """
    if request_id is None:
        return _logs.calls(CallsRequest()).calls
    found = _logs.read(
        ReadRequest(request_ids=_ids([request_id]), with_calls=True, with_incomplete=True)
    )
    return found.requests[0].calls if found.requests else ()


def _check_options(given: dict[str, object]) -> tuple[int, float]:
    """Returns how many are read at once, and the seconds for all."""
    for name in given:
        if name not in OPTIONS:
            raise InvalidArgumentError(f"Invalid arguments: {name}")
    batch = given.get("batch_size", DEFAULT_BATCH)
    if not isinstance(batch, int) or not 1 <= batch <= MAX_ITEMS_PER_FETCH:
        raise InvalidArgumentError(
            f"batch_size must be an integer from 1 to {MAX_ITEMS_PER_FETCH}, not {batch!r}"
        )
    seconds = given.get("timeout")
    if seconds is None:
        return batch, math.inf
    if not isinstance(seconds, (int, float)) or math.isnan(seconds):
        raise InvalidArgumentError(f"timeout must be a number of seconds, not {seconds!r}")
    return batch, float(seconds)


def _check(request_ids: object, *others: object) -> None:
    versions = [each for each in others[3:] if each is not None]
    if len(versions) > 1:
        raise InvalidArgumentError("version_ids and module_versions may not be used together")
    if request_ids is not None and any(each is not None for each in others):
        raise InvalidArgumentError(
            "request_ids may not be used with times, an offset, versions or modules"
        )


def _microseconds(name: str, seconds: object) -> int | None:
    if seconds is None:
        return None
    if not isinstance(seconds, (int, float)) or abs(seconds) > MAX_POSITION / MICROSECONDS:
        raise InvalidArgumentError(f"{name} must be seconds since 1970, not {seconds!r}")
    return round(seconds * MICROSECONDS)


def _position(offset: bytes | str | None) -> int | None:
    if offset is None:
        return None
    try:
        position = int(base64.urlsafe_b64decode(offset))
    except (TypeError, ValueError):
        position = -1
    if not 0 <= position <= MAX_POSITION:
        raise InvalidArgumentError(f"offset must be that of a request, not {offset!r}")
    return position


def _level(level: object) -> int | None:
    if level is None:
        return None
    if not isinstance(level, int) or not DEBUG <= level <= CRITICAL:
        raise InvalidArgumentError(f"minimum_log_level must be from 0 to 4, not {level!r}")
    return level


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be True or False, not {value!r}")
    return value


def _modules(
    pairs: Sequence[tuple[str, str]] | None, versions: Sequence[str] | None
) -> tuple[tuple[str, str], ...]:
    if versions is not None:
        pairs = [("default", version) for version in _sequence("version_ids", versions)]
    found = []
    for pair in _sequence("module_versions", pairs or ()):
        if not isinstance(pair, tuple) or len(pair) != 2:  # noqa: PLR2004  # module and version
            raise InvalidArgumentError(f"module_versions must hold pairs, not {pair!r}")
        module, version = pair
        if not isinstance(module, str) or not re.fullmatch(MODULE_ID_PATTERN, module):
            raise InvalidArgumentError(f"{module!r} is no module")
        if not isinstance(version, str) or not re.fullmatch(MODULE_VERSION_PATTERN, version):
            raise InvalidArgumentError(f"{version!r} is no version")
        found.append((module, version))
    if len(found) > MAX_VERSIONS:
        raise InvalidArgumentError(f"{len(found)} versions; at most {MAX_VERSIONS}")
    return tuple(found)


def _ids(request_ids: Sequence[str] | None) -> tuple[str, ...]:
    found = tuple(_sequence("request_ids", request_ids or ()))
    if request_ids is not None and not found:
        raise InvalidArgumentError("request_ids must not be empty")
    for each in found:
        if not isinstance(each, str) or not re.fullmatch(r"[0-9A-Za-z_-]{1,100}", each):
            raise InvalidArgumentError(f"{each!r} is no request id")
    if len(found) != len(set(found)) or len(found) > MAX_IDS:
        raise InvalidArgumentError(f"request_ids must be different, and {MAX_IDS} at the most")
    return found


def _sequence(name: str, value: Sequence[T]) -> Sequence[T]:
    if not isinstance(value, (list, tuple)):
        raise InvalidArgumentError(f"{name} must be a list, not {value!r}")
    return value
