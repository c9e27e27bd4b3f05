"""Proxies before this server: what they say of a client is believed if they are known.

The headers of all others are claims that anybody can make, and no application sees them.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from wsgiref.types import WSGIEnvironment

Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The addresses of proxies that say who the client is and how it came."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        """Takes addresses and networks: `127.0.0.1`, `10.0.0.0/8`.

        Raises:
            ValueError: one is neither.
        """
        self._networks = [ip_network(text, strict=False) for text in networks]
        self._is_known = lru_cache(maxsize=1000)(self._find)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def apply(self, environ: WSGIEnvironment) -> None:
        """Puts the client's address, scheme and host in the place of the proxy's own.

        Each proxy adds the address that it saw behind those that it was told, so the last one
        that is no known proxy is the client.
        """
        if not self._networks or not self._is_known(environ.get("REMOTE_ADDR", "")):
            return
        told = _items(environ, "HTTP_X_FORWARDED_FOR")
        while told:
            address = told.pop()
            if not _is_address(address):
                break
            environ["REMOTE_ADDR"] = address
            if not self._is_known(address):
                break
        scheme = (_items(environ, "HTTP_X_FORWARDED_PROTO") or [""])[-1].lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        if hosts := _items(environ, "HTTP_X_FORWARDED_HOST"):
            environ["HTTP_HOST"] = hosts[-1]

    def _find(self, address: str) -> bool:
        if not _is_address(address):
            return False
        found = ip_address(address)
        return any(found in network for network in self._networks)


def _items(environ: WSGIEnvironment, name: str) -> list[str]:
    parts = str(environ.get(name, "")).split(",")
    return [part.strip() for part in parts if part.strip()]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
