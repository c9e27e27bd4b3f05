"""The functions that applications call."""

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import cast
from urllib.parse import unquote, urlsplit

from appengine.rpc.errors import RequestTooLargeError
from appengine.rpc.user_rpc import UserRPC
from appengine.urlfetch.client.results import (
    HTTPMessageWrapper,
    URLFetchResult,
    create_http_headers,
)
from appengine.urlfetch.service import (
    MAX_HEADERS,
    MAX_HEADERS_BYTES,
    MAX_NAME,
    MAX_PAYLOAD,
    MAX_URL,
    DeadlineExceededError,
    FetchRequest,
    FetchResponse,
    InvalidMethodError,
    InvalidURLError,
    PayloadTooLargeError,
    ResponseTooLargeError,
    UrlfetchService,
)

__all__ = [
    "DELETE",
    "GET",
    "HEAD",
    "PATCH",
    "POST",
    "PUT",
    "CreateHTTPHeaders",
    "Fetch",
    "HTTPMessageWrapper",
    "create_rpc",
    "fetch",
    "get_default_fetch_deadline",
    "make_fetch_call",
    "set_default_fetch_deadline",
]

GET, POST, HEAD, PUT, DELETE, PATCH = range(1, 7)
"""Source: App Engine, `google.appengine.api.urlfetch`, the constants of methods."""

METHODS = {GET: "GET", POST: "POST", HEAD: "HEAD", PUT: "PUT", DELETE: "DELETE", PATCH: "PATCH"}
WITH_PAYLOAD = frozenset({"POST", "PUT", "PATCH"})

FetchRPC = UserRPC[URLFetchResult]

_default_deadline: ContextVar[float | None] = ContextVar("default_deadline", default=None)


def set_default_fetch_deadline(value: float | None) -> None:
    """Sets the deadline, in seconds, of this request's fetches that state none; None: 5 s."""
    _default_deadline.set(value)


def get_default_fetch_deadline() -> float | None:
    """Returns what `set_default_fetch_deadline` has set in this request, else None."""
    return _default_deadline.get()


def create_rpc(
    deadline: float | None = None, callback: Callable[[], object] | None = None
) -> FetchRPC:
    """Returns what `make_fetch_call` starts a fetch with.

    Args:
        deadline: seconds; by default that of `set_default_fetch_deadline`, else 5 s.
        callback: called without arguments when the fetch is known to have ended.
    """
    return UserRPC(
        UrlfetchService.name,
        get_default_fetch_deadline() if deadline is None else deadline,
        callback,
    )


def fetch(
    url: str,
    payload: str | bytes | None = None,
    method: int | str = GET,
    headers: Mapping[str, object] = {},  # App Engine's signature; it is only read
    allow_truncated: bool = False,
    follow_redirects: bool = True,
    deadline: float | None = None,
    validate_certificate: bool | None = None,
) -> URLFetchResult:
    """Fetches a URL and returns the answer, whatever its status.

    Args:
        url: of http or https, at most 10,240 characters.
        payload: the body of POST, PUT and PATCH, at most 10 MiB; text is sent as UTF-8.
        method: a constant or a name; GET by default.
        headers: by name; those that only the platform may state are left out.
        allow_truncated: cuts a response at 32 MB instead of raising ResponseTooLargeError.
        follow_redirects: goes on to where a redirection leads, at most five times.
        deadline: seconds for all of it, at most 60.
        validate_certificate: False takes any certificate.

    Raises:
        Error: one of `urlfetch_errors`.

    Source: App Engine, `google.appengine.api.urlfetch`, `fetch`.
    """
    rpc = create_rpc(deadline)
    make_fetch_call(
        rpc, url, payload, method, headers, allow_truncated, follow_redirects, validate_certificate
    )
    return rpc.get_result()


def make_fetch_call(
    rpc: FetchRPC,
    url: str,
    payload: str | bytes | None = None,
    method: int | str = GET,
    headers: Mapping[str, object] = {},  # as above
    allow_truncated: bool = False,
    follow_redirects: bool = True,
    validate_certificate: bool | None = None,
) -> FetchRPC:
    """Starts a fetch and returns `rpc`, whose `get_result` waits for the answer.

    The other arguments are those of `fetch`, and so are the errors; those that come before
    anything is sent are raised here.
    """
    if rpc.service != UrlfetchService.name:
        raise AssertionError(f"an RPC of {rpc.service!r}; create_rpc makes one of fetches")
    name = _method_name(method)
    _check_url(url, name)
    request = FetchRequest(
        url=str.__str__(url),  # also of a text of another kind: a template's, a db.Link
        method=name,  # type: ignore[arg-type]  # one of METHODS
        headers=_checked_headers(headers),
        payload=_checked_payload(payload, url) if name in WITH_PAYLOAD else None,
        follow_redirects=bool(follow_redirects),
        validate_certificate=validate_certificate is None or bool(validate_certificate),
        deadline_seconds=_checked_deadline(rpc.deadline),
    )
    rpc.make_call("fetch", request, None, _take_result, allow_truncated)
    return rpc


def _take_result(rpc: FetchRPC) -> URLFetchResult:
    """Returns what the application is given, or raises what the fetch ended in."""
    try:
        rpc.check_success()
    except RequestTooLargeError as error:
        raise InvalidURLError(str(error)) from error
    result = URLFetchResult(cast(FetchResponse, rpc.response))
    if result.content_was_truncated and not rpc.user_data:
        raise ResponseTooLargeError(result)
    return result


def _method_name(method: int | str) -> str:
    name = METHODS.get(method) if isinstance(method, int) else str.upper(str.__str__(str(method)))
    if name not in METHODS.values():
        known = ", ".join(METHODS.values())
        raise InvalidMethodError(f"method {method!r}; there are: {known}")
    return str(name)


def _check_url(url: str, method: str) -> None:
    if not isinstance(url, str):
        raise InvalidURLError(f"a URL is text, not {url!r}")
    if len(url) > MAX_URL:
        raise InvalidURLError(f"the URL has {len(url)} characters; at most {MAX_URL}")
    if not url.isprintable():
        raise InvalidURLError(f"{url[:200]!r} holds what is no part of a URL")
    if method == "GET" and _asks_itself(url):
        raise InvalidURLError(f"{url[:200]!r} is the URL of this very request: it would never end")


def _asks_itself(url: str) -> bool:
    """Source: App Engine, "URL Fetch": an application cannot fetch the URL that it is serving."""
    here, path = os.environ.get("HTTP_HOST"), os.environ.get("PATH_INFO")
    if not here or path is None:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:  # the service says what is wrong with it
        return False
    return parts.netloc == here and (unquote(parts.path) or "/") == (path or "/")


def _checked_headers(headers: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    found = tuple((_text(name), _text(value)) for name, value in headers.items())
    for name, value in found:
        if not 0 < len(name) <= MAX_NAME or not name.isascii() or not set(name) <= TOKEN:
            raise ValueError(f"{name[:100]!r} is no name of a header")
        if not {"\0", "\r", "\n"}.isdisjoint(value):
            raise ValueError(f"header {name!r}: {value[:100]!r} holds a line end or a zero")
    size = sum(len(name) + len(value.encode()) for name, value in found)
    if len(found) > MAX_HEADERS or size > MAX_HEADERS_BYTES:
        raise ValueError(
            f"{len(found)} headers of {size} bytes; at most {MAX_HEADERS} of {MAX_HEADERS_BYTES}"
        )
    return found


def _text(value: object) -> str:
    """Returns a text as it goes over the wire, whatever its kind."""
    return str.__str__(value) if isinstance(value, str) else str(value)


TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""Characters of a header's name. Source: RFC 9110, section 5.6.2."""


def _checked_payload(payload: str | bytes | None, url: str) -> bytes | None:
    if payload is None:
        return None
    if not isinstance(payload, str | bytes | bytearray | memoryview):
        raise TypeError(f"payload must be str or bytes, not {type(payload).__name__}")
    data = payload.encode() if isinstance(payload, str) else bytes(payload)
    if len(data) > MAX_PAYLOAD:
        raise PayloadTooLargeError(
            f"a payload of {len(data)} bytes for {url[:200]!r}; at most {MAX_PAYLOAD}"
        )
    return data


def _checked_deadline(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if not seconds > 0 or seconds == float("inf"):
        raise DeadlineExceededError(f"a deadline is a positive number of seconds, not {seconds!r}")
    return float(seconds)


CreateHTTPHeaders = create_http_headers
Fetch = fetch
