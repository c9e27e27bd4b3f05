"""The headers of static files as app.yaml states them, and which ones it may not."""

import re
from collections.abc import Mapping

from appengine.config.cookies import cookie_name, is_platform_cookie
from appengine.config.errors import InvalidFieldError, shown

MAX_NAME_BYTES = 500
"""Source: App Engine, "app.yaml", handlers, `http_headers`."""

MAX_TOTAL_BYTES = 8 * 1024
"""Bytes of all names and values of one handler. Source: App Engine, "Quotas", headers."""

FORBIDDEN = frozenset(
    (
        "connection content-encoding content-length content-range date keep-alive "
        "proxy-authenticate proxy-authorization proxy-connection server te trailer "
        "transfer-encoding upgrade via www-authenticate"
    ).split()
)
"""What the server alone may state, in lower case."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header. Source: RFC 9110, section 5.6.2."""

_VALUE = re.compile(r"[\t\x20-\x7e]*")


def check_http_headers(headers: Mapping[str, str]) -> None:
    """Checks the headers that one handler adds to its files.

    Raises:
        InvalidFieldError: one of them cannot be sent.
    """
    names = set()
    for name, value in headers.items():
        if name.lower() in names:
            raise _error(name, "the header stands twice")
        names.add(name.lower())
        _check_name(name)
        _check_value(name, value)
    total = sum(len(name) + len(value) for name, value in headers.items())
    if total > MAX_TOTAL_BYTES:
        raise InvalidFieldError("http_headers", f"{total} bytes; at most {MAX_TOTAL_BYTES}")


def _check_name(name: str) -> None:
    if TOKEN.fullmatch(name) is None:
        raise _error(name, f"{shown(name)} is no name of a header")
    if len(name) > MAX_NAME_BYTES:
        raise _error(name, f"a name of {len(name)} bytes; at most {MAX_NAME_BYTES}")
    if name.lower() in FORBIDDEN or name.lower().startswith("x-appengine-"):
        raise _error(name, "the server states this header itself")


def _check_value(name: str, value: str) -> None:
    if _VALUE.fullmatch(value) is None:
        raise _error(name, f"{shown(value)} holds a character that is not printable ASCII")
    if name.lower() == "set-cookie" and is_platform_cookie(value):
        raise _error(name, f"the cookie {cookie_name(value)!r} is the platform's own")


def _error(name: str, text: str) -> InvalidFieldError:
    return InvalidFieldError(f"http_headers.{name}", text)
