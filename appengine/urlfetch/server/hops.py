"""One request of a fetch: over the network, or to an application of this server itself."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import msgspec

from appengine.rpc.callers import Caller
from appengine.rpc.internal import Applications, InternalRequest, Served
from appengine.urlfetch.server.bodies import read_content
from appengine.urlfetch.server.connections import IsServedError, Stream, within
from appengine.urlfetch.server.headers import Headers, find, returned_headers, with_content
from appengine.urlfetch.server.pools import Pools
from appengine.urlfetch.server.urls import DEFAULT_PORTS, Target
from appengine.urlfetch.service import (
    ConnectionClosedError,
    DeadlineExceededError,
    DNSLookupFailedError,
    DownloadError,
    InternalTransientError,
    MalformedReplyError,
    SSLCertificateError,
)

LAST_STATUS = 599
WITHOUT_CONTENT = frozenset({204, 304})
"""Source: RFC 9112, section 6.3: what stands behind such headers belongs to no answer."""

CLOSED = ("disconnected", "closed", "reset", "Broken pipe", "EOF", "incomplete", "peer")
"""Words by which the HTTP client says that the other side has ended the connection."""


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One request to one host.

    Attributes:
        headers: those of the application and the platform, without those of the payload.
        deadline: of the whole fetch, on the monotonic clock.
    """

    target: Target
    method: str
    headers: Headers
    payload: bytes | None
    is_careful: bool
    deadline: float


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a host answered.

    Attributes:
        is_inside: it was an application of this server.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    is_whole: bool
    is_inside: bool = False


def ask(hop: Hop, pools: Pools, applications: Applications, inside: "Inside") -> Answered:
    """Returns the answer to one request, wherever the host is.

    Raises:
        DownloadError: or another of the errors of fetches.
    """
    target = hop.target
    with _explained(target):
        if (served := applications.find(target.host, target.port)) is not None:
            return inside.ask(hop, served)
        try:
            return _ask_outside(hop, pools)
        except IsServedError as found:  # by a name of somebody else's that leads here
            return inside.ask(hop, found.served)


def _ask_outside(hop: Hop, pools: Pools) -> Answered:
    target = hop.target
    fields = with_content([("Host", target.host_header), *hop.headers], hop.method, hop.payload)
    with within(hop.deadline):
        if pools.is_proxied(target.host):
            _check_known(target, pools)
        request = httpcore.Request(
            hop.method,
            httpcore.URL(
                scheme=target.scheme.encode(),
                host=target.host.encode(),
                port=None if target.port == DEFAULT_PORTS[target.scheme] else target.port,
                target=target.path.encode(),
            ),
            headers=[(name.encode(), value.encode()) for name, value in fields],
            content=hop.payload,
            extensions={"timeout": {"pool": max(0.01, hop.deadline - time.monotonic())}},
        )
        pool = pools.choose(target.host, is_careful=hop.is_careful)
        response = pool.handle_request(request)
        try:
            return _read(hop, response)
        finally:
            response.close()


def _check_known(target: Target, pools: Pools) -> None:
    """Refuses a host whose address is known here and closed; others are the proxy's to judge."""
    try:
        pools.network.find(target.host, target.port)
    except DNSLookupFailedError:
        return


def _read(hop: Hop, response: httpcore.Response) -> Answered:
    if response.status > LAST_STATUS:
        raise DownloadError(
            f"status {response.status} of {hop.target.url!r}; at most {LAST_STATUS}"
        )
    fields = [(name.decode("latin-1"), _text(value)) for name, value in response.headers]
    encoding = "" if hop.method == "HEAD" else find(fields, "content-encoding")
    content, is_cut = read_content(response.iter_stream(), encoding)
    stream = response.extensions.get("network_stream")
    is_bare = hop.method == "HEAD" or response.status in WITHOUT_CONTENT
    if is_bare and isinstance(stream, Stream) and not stream.ends_with_headers():
        stream.close()  # its next answer would begin with the rest of this one
    return _answered(hop, response.status, fields, content, is_whole=not is_cut)


def _answered(
    hop: Hop,
    status: int,
    fields: Headers,
    content: bytes,
    *,
    is_whole: bool,
    is_inside: bool = False,
) -> Answered:
    is_head = hop.method == "HEAD"
    return Answered(
        status=status,
        headers=returned_headers(fields, len(content), is_head=is_head, is_whole=is_whole),
        content=content,
        is_whole=is_whole,
        is_inside=is_inside,
    )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Inside:
    """Asks applications of this server, without a socket."""

    def __init__(self, caller: Caller, applications: Applications, *, names_itself: bool) -> None:
        """Takes who fetches; `names_itself` tells the other application, as without redirections.

        Source: App Engine, "URL Fetch", `X-Appengine-Inbound-Appid`.
        """
        self._caller = caller
        self._applications = applications
        self._names_itself = names_itself

    def ask(self, hop: Hop, served: Served) -> Answered:
        """Returns what an application of this server answers."""
        fields = with_content(hop.headers, hop.method, hop.payload)
        fields = [field for field in fields if field[0] != "Accept-Encoding"]
        application = self._caller.application
        stated = {"X-AppEngine-Inbound-Appid": application} if self._names_itself else {}
        request = InternalRequest(
            application=served.application,
            module=served.module,
            port=served.port,
            method=hop.method,
            target=hop.target.path,
            scheme="http",
            host=hop.target.host_header,
            headers=fields,
            stated=stated,
            body=hop.payload or b"",
            asker=application,
            depth=self._caller.depth + 1,
        )
        response = self._applications.ask(request, hop.deadline - time.monotonic())
        content, is_cut = read_content([response.body], "")
        return _answered(
            hop,
            response.status,
            list(response.headers),
            content,
            is_whole=not is_cut,
            is_inside=True,
        )


@contextmanager
def _explained(target: Target) -> Iterator[None]:
    """Raises App Engine's error for what went wrong, by case."""
    url = target.url[:500]
    try:
        yield
    except ssl.SSLError as error:
        raise _explain_tls(url, error) from error
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise DeadlineExceededError(
            f"the deadline is over: no whole answer from {url!r}"
        ) from error
    except httpcore.ProxyError as error:
        raise DownloadError(f"the proxy did not lead to {url!r}: {error}") from error
    except httpcore.ConnectError as error:
        raise DownloadError(f"cannot connect to {url!r}: {error}") from error
    except httpcore.RemoteProtocolError as error:
        kind = ConnectionClosedError if _is_end(error) else MalformedReplyError
        raise kind(f"the answer of {url!r} is not whole: {error}") from error
    except (httpcore.ReadError, httpcore.WriteError) as error:
        raise ConnectionClosedError(f"{url!r} closed the connection: {error}") from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise DownloadError(f"{url!r} cannot be asked: {error}") from error
    except OSError as error:
        raise InternalTransientError(f"{url!r} could not be fetched for the moment: {error}") from (
            error
        )


def _explain_tls(url: str, error: ssl.SSLError) -> Exception:
    if isinstance(error, ssl.SSLCertVerificationError):
        return SSLCertificateError(f"the certificate of {url!r} is refused: {error.verify_message}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionClosedError(f"{url!r} closed the connection: {error.reason}")
    return SSLCertificateError(f"no TLS with {url!r}: {error.reason or error}")


def _is_end(error: Exception) -> bool:
    return any(word in str(error) for word in CLOSED)
