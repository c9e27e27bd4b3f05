"""What crosses the wall with a request and a response: variables in, headers out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from zlib import crc32

from msgspec import Struct

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.cookies import PLATFORM_COOKIES, cookie_name
from appengine.config.errors import shown
from appengine.config.http_headers import TOKEN
from appengine.rpc.server import Caller

SERVER_SOFTWARE = "Development/2.0"
"""Source: App Engine, "The Environment", `SERVER_SOFTWARE` on the development server."""

MAX_HEADERS_BYTES = 64 * 1024
"""Bytes of all names and values of a response's headers."""

MEMORY_MB = {"1": 256, "2": 512, "4": 1024, "4_1G": 2048, "8": 2048}
"""Memory of an instance by the class's digits. Source: App Engine, "Instance classes"."""

UNKNOWN_COUNTRY = "ZZ"
"""Source: App Engine, "Request headers", `X-AppEngine-Country`."""

LONG_AGO = "Fri, 01 Jan 1990 00:00:00 GMT"
"""`Expires` of what nobody may cache. Source: App Engine, "Response headers"."""

_CGI = ("REQUEST_METHOD PATH_INFO QUERY_STRING CONTENT_TYPE SERVER_PROTOCOL REMOTE_ADDR").split()

_DROPPED_REQUEST = frozenset(
    (
        "ACCEPT_ENCODING CONNECTION CONTENT_LENGTH CONTENT_TYPE EXPECT FORWARDED HOST "
        "HTTP2_SETTINGS KEEP_ALIVE PROXY PROXY_AUTHENTICATE PROXY_AUTHORIZATION PROXY_CONNECTION "
        "TE TRAILER TRANSFER_ENCODING UPGRADE X_CLOUD_TRACE_CONTEXT X_REAL_IP"
    ).split()
)
"""Request headers that end at the front: of the connection, or claims that only we may make.

`HTTP_PROXY` would be taken for a proxy's address by libraries that read the environment.
"""

_SPOOFABLE = ("X_APPENGINE", "X_GOOGLE", "X_FORWARDED")
"""How the headers begin that the platform states, so that nobody else may."""

_HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
        "transfer-encoding upgrade"
    ).split()
)
"""Source: RFC 9110, section 7.6.1."""

_RECOMPUTED = frozenset("content-encoding content-length date server".split())
"""What the front states itself. Source: App Engine, "Response headers"."""

_BAD_VALUE = re.compile(r"[\0-\x08\x0a-\x1f\x7f]")
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


def version_environ(
    config: ApplicationConfig,
    *,
    minor: str,
    port: int,
    auth_domain: str = "gmail.com",
    variables: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns the variables that are the same for all requests of a version.

    Args:
        minor: what App Engine puts behind the version: digits that grow with each deployment.
        port: on which the version is reached.
        variables: added to those of app.yaml, which they replace.

    Source: App Engine, "The Environment".
    """
    module = "" if config.module == "default" else f"{config.module}:"
    found = config.env_variables | dict(variables or {})
    found |= {
        "APPENGINE_RUNTIME": config.runtime,
        "APPLICATION_ID": f"dev~{config.application}",
        "AUTH_DOMAIN": auth_domain,
        "CURRENT_MODULE_ID": config.module,
        "CURRENT_VERSION_ID": f"{module}{config.version}.{minor}",
        "DATACENTER": "us1",
        "SERVER_SOFTWARE": SERVER_SOFTWARE,
        "TZ": "UTC",
    }
    return found if config.is_classic else found | _modern_version(config, minor, port)


def _modern_version(config: ApplicationConfig, minor: str, port: int) -> dict[str, str]:
    return {
        "GAE_APPLICATION": f"dev~{config.application}",
        "GAE_DEPLOYMENT_ID": minor,
        "GAE_ENV": "standard",
        "GAE_MEMORY_MB": str(MEMORY_MB[config.instance_class[1:]]),
        "GAE_RUNTIME": config.runtime,
        "GAE_SERVICE": config.module,
        "GAE_VERSION": config.version,
        "GOOGLE_CLOUD_PROJECT": config.application,
        "PORT": str(port),
    }


def request_environ(
    environ: Mapping[str, object],
    caller: Caller,
    version: Mapping[str, str],
    *,
    body_length: int,
    internal: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns all variables that an application sees during a request.

    Args:
        environ: the server's own, of WSGI; only what CGI knows of it goes on.
        caller: who and what the request is for, by the front's own knowledge.
        version: from `version_environ`.
        body_length: bytes of the body, however the client sent it.
        internal: headers that the platform adds: `{"X-AppEngine-Cron": "true"}`.

    Source: App Engine, "Request headers", and RFC 3875.
    """
    found = dict(version)
    found |= {name: str(environ.get(name, "")) for name in _CGI}
    found |= _client_headers(environ)
    found |= _address(caller) | _identity(caller, version["AUTH_DOMAIN"])
    if body_length or environ.get("CONTENT_LENGTH"):
        found["CONTENT_LENGTH"] = str(body_length)
    found |= _platform_headers(found, is_modern="GAE_ENV" in version)
    for name, value in (internal or {}).items():
        found["HTTP_" + name.upper().replace("-", "_")] = value
    return found


def _client_headers(environ: Mapping[str, object]) -> dict[str, str]:
    named = str(environ.get("HTTP_CONNECTION", "")).split(",")
    of_connection = {name.strip().upper().replace("-", "_") for name in named}
    found = {}
    for key, value in environ.items():
        name = key[5:].upper().replace("-", "_")
        is_dropped = name in _DROPPED_REQUEST | of_connection or name.startswith(_SPOOFABLE)
        if key.startswith("HTTP_") and not is_dropped:
            found[f"HTTP_{name}"] = str(value)
    return _without_platform_cookies(found)


def _without_platform_cookies(found: dict[str, str]) -> dict[str, str]:
    if "HTTP_COOKIE" in found:
        pairs = [pair.strip() for pair in found.pop("HTTP_COOKIE").split(";")]
        kept = [pair for pair in pairs if pair and cookie_name(pair) not in PLATFORM_COOKIES]
        if kept:
            found["HTTP_COOKIE"] = "; ".join(kept)
    return found


def _address(caller: Caller) -> dict[str, str]:
    default_port = "443" if caller.scheme == "https" else "80"
    name, _, port = caller.host.rpartition(":")
    if not port.isdecimal():  # `example.com`, `[::1]`
        name, port = caller.host, default_port
    return {
        "DEFAULT_VERSION_HOSTNAME": caller.host,
        "HTTPS": "on" if caller.scheme == "https" else "off",
        "HTTP_HOST": caller.host,
        "SCRIPT_NAME": "",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
    }


def _identity(caller: Caller, auth_domain: str) -> dict[str, str]:
    return {
        "REQUEST_ID_HASH": f"{crc32(caller.request_id.encode()):08X}",
        "REQUEST_LOG_ID": caller.request_id,
        "USER_EMAIL": caller.user_email,
        "USER_ID": caller.user_id,
        "USER_IS_ADMIN": "1" if caller.user_is_admin else "0",
        "USER_NICKNAME": caller.user_email.removesuffix(f"@{auth_domain}"),
        "USER_ORGANIZATION": "",
    }


def _platform_headers(found: Mapping[str, str], *, is_modern: bool) -> dict[str, str]:
    headers = {
        "HTTP_X_APPENGINE_COUNTRY": UNKNOWN_COUNTRY,
        "HTTP_X_APPENGINE_USER_IP": found["REMOTE_ADDR"],
    }
    if not is_modern:
        return headers
    copied = (
        "AUTH_DOMAIN DATACENTER DEFAULT_VERSION_HOSTNAME HTTPS REQUEST_ID_HASH REQUEST_LOG_ID "
        "USER_EMAIL USER_ID USER_IS_ADMIN USER_NICKNAME USER_ORGANIZATION REMOTE_ADDR"
    ).split()
    headers |= {f"HTTP_X_APPENGINE_{name}": found[name] for name in copied}
    scheme = "https" if found["HTTPS"] == "on" else "http"
    return headers | {
        "HTTP_X_FORWARDED_FOR": found["REMOTE_ADDR"],
        "HTTP_X_FORWARDED_PROTO": scheme,
    }


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


def _check_headers(headers: Iterable[tuple[str, str]]) -> None:
    total = 0
    for name, value in headers:
        if TOKEN.fullmatch(name) is None:
            raise BadResponseError(f"{shown(name)} is no name of a header")
        if _BAD_VALUE.search(value) or any(character > "\xff" for character in value):
            raise BadResponseError(f"{name}: {shown(value)} holds a character that none may have")
        if name.lower() == "set-cookie" and cookie_name(value) in PLATFORM_COOKIES:
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
    dropped = _HOP_BY_HOP | _RECOMPUTED | of_connection | {"status"}
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
