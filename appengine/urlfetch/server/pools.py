"""The pools of connections that a process of the front keeps, by what they trust."""

import ssl

import httpcore

from appengine.config.settings import Settings
from appengine.rpc.internal import Applications
from appengine.urlfetch.server.connections import Network
from appengine.urlfetch.server.names import Resolve, Resolver
from appengine.urlfetch.server.networks import AddressRules

MAX_CONNECTIONS = 256
MAX_IDLE = 64
IDLE_SECONDS = 15.0


class Pools:
    """Connections that are kept for further fetches: with and without a proxy, trusting or not.

    Attributes:
        network: what judges addresses; with a proxy it judges those that are known here.
    """

    def __init__(
        self, settings: Settings, applications: Applications, resolve: Resolve | None = None
    ) -> None:
        """Takes the operator's settings, and how names are resolved: by default as here."""
        resolve = resolve or Resolver()
        self.network = Network(resolve, AddressRules(settings.urlfetch_networks), applications)
        self._settings = settings
        self._proxy = settings.urlfetch_proxy
        self._outward = Network(resolve, None, applications)
        self._contexts = {
            True: _trusting_context(settings.urlfetch_ca_file),
            False: _careless_context(),
        }
        self._pools = {
            (is_careful, is_proxied): self._make(is_careful, is_proxied)
            for is_careful in (True, False)
            for is_proxied in (True, False)
        }

    def choose(self, host: str, *, is_careful: bool) -> httpcore.ConnectionPool:
        """Returns the pool for a host; `is_careful` judges its certificate."""
        return self._pools[is_careful, self.is_proxied(host)]

    def is_proxied(self, host: str) -> bool:
        """Returns whether a host is reached through the proxy."""
        return is_proxied(self._settings, host)

    def close(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            pool.close()

    def _make(self, is_careful: bool, is_proxied: bool) -> httpcore.ConnectionPool:
        proxied = is_proxied and self._proxy is not None
        return httpcore.ConnectionPool(
            ssl_context=self._contexts[is_careful],
            proxy=httpcore.Proxy(self._proxy) if proxied and self._proxy else None,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=self._outward if proxied else self.network,
        )


def is_proxied(settings: Settings, host: str) -> bool:
    """Returns whether a host is reached through the operator's proxy."""
    direct = [each.lower().lstrip(".") for each in settings.urlfetch_no_proxy]
    return settings.urlfetch_proxy is not None and not any(
        host == each or host.endswith(f".{each}") for each in direct
    )


def _trusting_context(ca_file: str | None) -> ssl.SSLContext:
    """Returns a context that asks for a valid certificate of the right host.

    Raises:
        OSError: the file of certificates cannot be read, or holds none.
    """
    return ssl.create_default_context(cafile=ca_file)


def _careless_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the application asked for that
    return context
