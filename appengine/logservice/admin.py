"""Logs in the Admin Console: requests with their lines, a search, and what one request did."""

from collections.abc import Mapping

import msgspec

from appengine.logservice.server import Search, find_requests, open_log
from appengine.logservice.service import (
    CRITICAL,
    MAX_POSITION,
    CallShown,
    ReadRequest,
    ReadResponse,
    RequestShown,
)
from appengine.rpc.admin import Page, View, Visit
from appengine.storage.errors import StorageError

LEVELS = ("debug", "info", "warning", "error", "critical")
SHOWN = 50
MAX_TEXT = 200
WIDTH = 600
"""Of the picture of a request's calls, in its own units."""

KEYS = ("key", "kind", "query", "url", "keys", "items", "to")
"""Notes that say what a call was about; the first that there is goes first."""

ROWS_READ, ROWS_RETURNED, RETRIES = "rows_read", "rows_returned", "retries"


class Bar(msgspec.Struct, frozen=True):
    """A call, and where it stands in the picture."""

    call: CallShown
    about: str
    rows: str
    retries: str
    rest: str
    x: float
    width: float
    offset_ms: float


def show_logs(visit: Visit) -> View:
    """Returns the requests that fit, newest first; below, one request with its calls."""
    if visit.arguments.get("below"):
        return _show_request(visit, visit.arguments["below"][:100])
    request = ReadRequest(
        before=_number(visit.arguments.get("before", "")),
        level=_level(visit.arguments),
        with_incomplete=True,
        with_lines=True,
        count=SHOWN,
    )
    text = visit.arguments.get("text", "").strip()[:MAX_TEXT]
    status = visit.arguments.get("status", "")
    search = Search(request=request, text=text, status=int(status) if status in set("12345") else 0)
    answer, message = _find(visit, search)
    values = {
        "answer": answer,
        "message": message,
        "text": text,
        "status": search.status,
        "level": request.level,
        "levels": LEVELS,
        "live": visit.arguments.get("live") == "1" and request.before is None,
        "is_first": request.before is None,
    }
    return View(template="logservice/logs.html", values=values)


def _show_request(visit: Visit, request_id: str) -> View:
    request = ReadRequest(
        request_ids=(request_id,), with_incomplete=True, with_lines=True, with_calls=True
    )
    answer, message = _find(visit, Search(request=request))
    found = answer.requests[0] if answer.requests else None
    values = {
        "request": found,
        "request_id": request_id,
        "message": message,
        "levels": LEVELS,
        "bars": _bars(found) if found else [],
        "width": WIDTH,
    }
    return View(template="logservice/request.html", values=values)


def _find(visit: Visit, search: Search) -> tuple[ReadResponse, str]:
    try:
        storage = open_log(visit.resources).storage
        return find_requests(storage, visit.application, search), ""
    except StorageError as error:
        return ReadResponse(requests=(), more=False), str(error)


def _bars(request: RequestShown) -> list[Bar]:
    """Returns the calls with their places on a line as long as the request."""
    whole = max(request.ended - request.started, 1e-6)
    bars = []
    for call in request.calls:
        offset = max(0.0, call.started - request.started)
        notes = {name: str(value) for name, value in call.notes.items()}
        about = next((f"{name} {notes.pop(name)}" for name in KEYS if name in notes), "")
        rows = " / ".join(notes.pop(name, "-") for name in (ROWS_READ, ROWS_RETURNED))
        retries = notes.pop(RETRIES, "")
        bars.append(
            Bar(
                call=call,
                about=about,
                rows="" if rows == "- / -" else rows,
                retries=retries,
                rest=", ".join(f"{name} {value}" for name, value in notes.items()),
                x=round(min(offset / whole, 1.0) * WIDTH, 1),
                width=round(max(2.0, min(call.milliseconds / 1000 / whole, 1.0) * WIDTH), 1),
                offset_ms=offset * 1000,
            )
        )
    return bars


def _level(arguments: Mapping[str, str]) -> int | None:
    level = arguments.get("level", "")
    return int(level) if level.isdigit() and int(level) <= CRITICAL else None


def _number(text: str) -> int | None:
    return min(int(text), MAX_POSITION) if text.isascii() and text.isdigit() else None


PAGES = (Page(path="/logs", title="Request logs", show=show_logs),)
