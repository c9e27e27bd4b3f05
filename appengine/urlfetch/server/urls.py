"""What a URL means for a fetch: scheme, host, port, and what stands in the request line."""

import ipaddress
import re
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from appengine.urlfetch.service import MAX_URL, InvalidURLError

DEFAULT_PORTS = {"http": 80, "https": 443}
PORTS = (range(80, 91), range(440, 451), range(1024, 65536))
"""Source: App Engine, "URL Fetch", "Request protocols": ports that can be fetched from."""

SAFE = "!$%&'()*+,-./:;=?@_~"
"""Characters that stay as they are in a request line; others, such as spaces, are escaped."""

NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?", re.ASCII)


class Target(msgspec.Struct, frozen=True):
    """A URL that may be fetched.

    Attributes:
        host: a name in ASCII, or an address without brackets.
        path: path and query, escaped.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """What the Host header says: the port only where it is not the scheme's own."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == DEFAULT_PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs share that may see one another's cookies and passwords."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The whole URL, as it is shown."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def parse_url(url: str) -> Target:
    """Returns what a URL means.

    Raises:
        InvalidURLError: it cannot be fetched; the text says why.
    """
    if len(url) > MAX_URL:
        raise InvalidURLError(f"the URL has {len(url)} characters; at most {MAX_URL}")
    shown = url[:200]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidURLError(f"{shown!r}: {error}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidURLError(f"{shown!r}: only http and https can be fetched")
    if parts.username is not None or parts.password is not None:
        raise InvalidURLError(f"{_without_password(url)!r}: a URL may hold no name and password")
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not any(port in ports for ports in PORTS):
        raise InvalidURLError(f"{shown!r}: port {port}; from 80 to 90, 440 to 450, 1024 to 65535")
    path = quote(parts.path or "/", safe=SAFE)
    query = f"?{quote(parts.query, safe=SAFE)}" if parts.query else ""
    return Target(parts.scheme, _host(parts.hostname or "", shown), port, path + query)


def follow(target: Target, location: str) -> Target:
    """Returns where a redirection leads.

    Raises:
        InvalidURLError: it cannot be fetched.
    """
    return parse_url(urljoin(target.url, location.strip()))


def _host(host: str, shown: str) -> str:
    """Returns a host as the name service takes it; international names in their ASCII form."""
    if not host:
        raise InvalidURLError(f"{shown!r} names no host")
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError as error:
            raise InvalidURLError(f"{shown!r}: {error}") from error
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise InvalidURLError(f"{shown!r}: {host!r} is no host's name: {error}") from error
    if NAME.fullmatch(name) is None or ".." in name:
        raise InvalidURLError(f"{shown!r}: {host[:100]!r} is no host's name")
    return name.lower()


def _without_password(url: str) -> str:
    before, _, behind = url.partition("://")
    return f"{before}://...@{behind.rpartition('@')[2][:200]}"
