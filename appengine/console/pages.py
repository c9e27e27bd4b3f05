"""The console's own pages: instances, requests, log."""

from collections.abc import Callable, Mapping

import msgspec

from appengine.console.status import Status
from appengine.rpc.admin import View

MAX_FILTER = 200
"""Characters of a log filter that are looked at."""


class OwnPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page about the server itself."""

    path: str
    title: str
    show: Callable[[Status, Mapping[str, str]], View]


def show_instances(status: Status, arguments: Mapping[str, str]) -> View:
    """Returns the server's processes, instances and the layers of its sandbox."""
    return View(template="instances.html")


def show_requests(status: Status, arguments: Mapping[str, str]) -> View:
    """Returns the requests that ended last, of one application if `application` names it."""
    wanted = arguments.get("application", "")
    found = [request for request in status.requests if wanted in ("", request.application)]
    return View(template="requests.html", values={"requests": found, "wanted": wanted})


def show_log(status: Status, arguments: Mapping[str, str]) -> View:
    """Returns the last log lines, newest first, that hold the text of `filter`."""
    text = arguments.get("filter", "")[:MAX_FILTER]
    lines = [line for line in reversed(status.log) if text.lower() in line.lower()]
    return View(template="log.html", values={"lines": lines, "filter": text})


OWN_PAGES = (
    OwnPage(path="/instances", title="Instances", show=show_instances),
    OwnPage(path="/requests", title="Requests", show=show_requests),
    OwnPage(path="/log", title="Log", show=show_log),
)
