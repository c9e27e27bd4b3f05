"""What an instance's response may say: its head is checked and completed before it is sent."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from msgspec import Struct

from appengine.config.cookies import cookie_name, is_platform_cookie
from appengine.config.errors import shown
from appengine.config.http_headers import TOKEN

MAX_HEADERS_BYTES = 64 * 1024
"""Bytes of all names and values of a response's headers."""

LONG_AGO = "Fri, 01 Jan 1990 00:00:00 GMT"
"""`Expires` of what nobody may cache. Source: App Engine, "Response headers"."""

_HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
        "transfer-encoding upgrade"
    ).split()
)
"""Source: RFC 9110, section 7.6.1."""

_RECOMPUTED = frozenset("content-encoding content-length date server".split())
"""What the front states itself. Source: App Engine, "Response headers"."""

_DROPPED = _HOP_BY_HOP | _RECOMPUTED | {"status"}

_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED)


class BadResponseError(Exception):
    """An instance's response may not be sent on; its client gets 502."""


class CheckedResponse(Struct, frozen=True, kw_only=True):
    """The head of a response that may be sent.

    Attributes:
        has_body: False where HTTP allows none: HEAD, 204, 205, 304.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    has_body: bool

    @property
    def status_line(self) -> str:
        """The status as WSGI writes it: `200 OK`."""
        return f"{self.status} {self.reason}"


def response_headers(
    status: int,
    headers: Sequence[tuple[str, str]],
    *,
    reason: str = "",
    method: str = "GET",
    body_length: int,
) -> CheckedResponse:
    """Returns the head of an instance's response as it is sent on.

    Args:
        status: of HTTP.
        headers: names and values.
        reason: words for the status; "" takes HTTP's.
        method: of the request.
        body_length: bytes of the body that the instance sends.

    Raises:
        BadResponseError: the status, a header or their size is none that HTTP or the platform
            allows.

    Source: App Engine, "Response headers", and RFC 9110.
    """
    if not 200 <= status <= 599:  # noqa: PLR2004  # 1xx never ends a request
        raise BadResponseError(f"status {status}; from 200 to 599")
    _check_headers(headers)
    has_body = method != "HEAD" and status not in _BODILESS
    kept = _kept(headers)
    if status not in _BODILESS:
        if body_length or has_body:
            kept.append(("Content-Length", str(body_length)))
        _state_type(kept)
    _state_caching(kept)
    return CheckedResponse(
        status=status, reason=_reason(status, reason), headers=kept, has_body=has_body
    )


def content_coding(headers: Iterable[tuple[str, str]]) -> str:
    """Returns the coding that an application states of its body; "" where it states none."""
    stated = (value for name, value in headers if name.lower() == "content-encoding")
    return next((value for value in stated if value.strip().lower() != "identity"), "")


def _check_headers(headers: Iterable[tuple[str, str]]) -> None:
    total = 0
    for name, value in headers:
        if TOKEN.fullmatch(name) is None:
            raise BadResponseError(f"{shown(name)} is no name of a header")
        if _VALUE.fullmatch(value) is None:
            raise BadResponseError(f"{name}: {shown(value)} holds a character that none may have")
        if name.lower() == "set-cookie" and is_platform_cookie(value):
            raise BadResponseError(f"{name}: {cookie_name(value)!r} is the platform's own cookie")
        total += len(name) + len(value) + len(": \r\n")
    if total > MAX_HEADERS_BYTES:
        raise BadResponseError(f"{total} bytes of headers; at most {MAX_HEADERS_BYTES}")


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    headers = list(headers)
    of_connection = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for token in value.split(",")
    }
    dropped = _DROPPED | of_connection if of_connection else _DROPPED
    return [
        (name, value.strip(" \t"))
        for name, value in headers
        if name.lower() not in dropped and not name.lower().startswith("x-appengine-")
    ]


def _state_type(headers: list[tuple[str, str]]) -> None:
    """Adds the default type, and to texts their character set."""
    for place, (name, value) in enumerate(headers):
        if name.lower() == "content-type":
            if value.lower().startswith("text/") and "charset" not in value.lower():
                headers[place] = (name, f"{value.rstrip('; ')}; charset=utf-8")
            return
    headers.append(("Content-Type", "text/html; charset=utf-8"))


def _state_caching(headers: list[tuple[str, str]]) -> None:
    names = {name.lower() for name, _ in headers}
    if not names & {"cache-control", "expires"}:
        headers += [("Cache-Control", "no-cache"), ("Expires", LONG_AGO)]


def _reason(status: int, stated: str) -> str:
    if stated and stated.isascii() and stated.isprintable():
        return stated
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
