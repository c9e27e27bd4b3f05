"""Headers of fetches: what the application may not state, what the platform states itself.

Source: App Engine, "URL Fetch", "Request headers" and "Headers identifying request source".
"""

from collections.abc import Iterable, Sequence

from appengine.urlfetch.server.bodies import is_gzip

Headers = list[tuple[str, str]]

FORBIDDEN = frozenset(
    (
        "content-length host vary via x-forwarded-for x-proxyuser-ip accept-encoding "
        "x-appengine-inbound-appid"
    ).split()
)
"""Source: App Engine, "URL Fetch", "Request headers": those that are left out."""

OF_CONNECTION = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
        "transfer-encoding upgrade expect"
    ).split()
)
"""Of one connection alone, which is the platform's. Source: RFC 9110, section 7.6.1."""

OF_CONTENT = ("content-",)
SECRET = frozenset({"authorization", "cookie"})
"""What is not told to another host to which a redirection leads."""

AGENT = "AppEngine-Google; (+http://code.google.com/appengine; appid: {})"
"""Source: App Engine, "URL Fetch", "Headers identifying request source"."""

FORM = "application/x-www-form-urlencoded"


def stated_headers(headers: Iterable[tuple[str, str]], application: str) -> Headers:
    """Returns an application's headers without those that it may not state, and our own."""
    refused = FORBIDDEN | OF_CONNECTION
    kept = [(name, value.strip()) for name, value in headers if name.lower() not in refused]
    agents = [value for name, value in kept if name.lower() == "user-agent"]
    kept = [field for field in kept if field[0].lower() != "user-agent"]
    agent = " ".join([*agents, AGENT.format(application)])
    return [("User-Agent", agent), ("Accept-Encoding", "gzip"), *kept]


def with_content(headers: Headers, method: str, payload: bytes | None) -> Headers:
    """Returns the headers with those of the payload that is sent."""
    if payload is None:
        return headers
    found = [*headers, ("Content-Length", str(len(payload)))]
    if method == "POST" and payload and not _has(headers, "content-type"):
        found.append(("Content-Type", FORM))
    return found


def without_content(headers: Headers) -> Headers:
    """Returns the headers of a request that goes on without its payload."""
    return [field for field in headers if not field[0].lower().startswith(OF_CONTENT)]


def without_secrets(headers: Headers) -> Headers:
    """Returns the headers that another host may see."""
    return [field for field in headers if field[0].lower() not in SECRET]


def returned_headers(
    headers: Sequence[tuple[str, str]], length: int, *, is_head: bool, is_whole: bool
) -> tuple[tuple[str, str], ...]:
    """Returns the headers of an answer as they fit its decoded content of `length` bytes."""
    was_gzip = is_gzip(find(headers, "content-encoding")) and not is_head
    dropped = {"transfer-encoding"} | ({"content-encoding"} if was_gzip else set())
    changes_length = not is_head and (was_gzip or not is_whole)
    return tuple(
        (name, str(length) if changes_length and name.lower() == "content-length" else value)
        for name, value in headers
        if name.lower() not in dropped
    )


def find(headers: Sequence[tuple[str, str]], wanted: str) -> str:
    """Returns the first value of a header, or ""."""
    return next((value for name, value in headers if name.lower() == wanted), "")


def _has(headers: Headers, wanted: str) -> bool:
    return any(name.lower() == wanted for name, _ in headers)
