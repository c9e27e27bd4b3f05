"""The front's pipeline: one request from the parsed HTTP to the answer, top to bottom."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec

from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.settings import MAX_DEADLINE_SECONDS
from appengine.front.access import check_access, check_scheme
from appengine.front.answers import Answer, as_wanted, page
from appengine.front.compression import Compression
from appengine.front.dispatch import Dispatcher, Work
from appengine.front.environ import request_environ
from appengine.front.failures import FailurePages
from appengine.front.files import NoFiles, Root, StaticRoot
from appengine.front.gunicorn import MALFORMED_BODY
from appengine.front.hosts import HostMap, HostNames
from appengine.front.internal import InternalPages
from appengine.front.inward import collect, make_environ
from appengine.front.proxies import TrustedProxies
from appengine.front.reserve import DOOR_FULL, DOOR_THREADS, RETRY_AFTER, Reserve
from appengine.front.routes import PublishedRoutes, Routes, VersionRoute
from appengine.front.spool import NoRoomError, Spool
from appengine.front.static_files import serve
from appengine.front.traces import (
    HANDLER,
    ROUTE,
    TRACE_HEADER,
    TakeRequests,
    TraceLog,
    ignore_requests,
    may_see_trace,
    summarize,
)
from appengine.front.urls import Match, UrlMap, script_name
from appengine.rpc.callers import Caller
from appengine.rpc.frames import MAX_BODY_BYTES
from appengine.rpc.internal import MAX_DEPTH, InternalRequest, InternalResponse
from appengine.storage.clock import Clock
from appengine.storage.secrets import Secrets
from appengine.users.server import identify

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"})
OPTIONAL_UPGRADES = frozenset({"h2c", "tls/1.0"})
"""Offers of a client that is as content with HTTP/1.1. Source: RFC 9110, section 7.8."""

CLOSE = [("Connection", "close")]
NO_ROOM = "The server has no room for the request's body or its response: try again later."
HOST = re.compile(r"([\w.~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
"""A Host header: a name or an address, and a port. Source: RFC 9110, section 7.2."""

log = logging.getLogger("appengine.front")


class Site(msgspec.Struct, frozen=True):
    """A version as this worker serves it."""

    route: VersionRoute
    urls: UrlMap
    files: Root


class Front:
    """The WSGI application that every worker serves."""

    def __init__(
        self,
        routes: PublishedRoutes,
        dispatcher: Dispatcher,
        secrets: Secrets,
        clock: Clock,
        control: Path,
        internal: InternalPages,
        names: HostNames,
        pages: FailurePages,
        proxies: TrustedProxies,
        take_requests: TakeRequests = ignore_requests,
        *,
        has_tls: bool = False,
    ) -> None:
        self._knows_scheme = has_tls or bool(proxies)
        self._routes = routes
        self._names = names
        self._pages = pages
        self._proxies = proxies
        self._compression = Compression()
        self._hosts = HostMap(Routes(ports={}), names.bases)
        self._dispatcher = dispatcher
        self._secrets = secrets
        self._clock = clock
        self._internal = internal
        self._log = TraceLog(control, take_requests)
        self._sites: dict[str, Site] = {}
        self._reserve = Reserve()
        self._door = threading.Semaphore(DOOR_THREADS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request: a client's, or through the unix socket one of the platform's."""
        if isinstance(environ["gunicorn.socket"].getsockname(), str):  # a path
            body = self._answer_door(environ["wsgi.input"].read())
            headers = [("Content-Type", "application/msgpack"), ("Content-Length", str(len(body)))]
            start_response("200 OK", headers)
            return [body]
        answer = self._answer_logged(environ, lambda *each: self._answer_client(environ, *each))
        start_response(answer.status_line, answer.headers)
        return answer.body

    def ask(self, request: InternalRequest, seconds: float) -> InternalResponse:
        """Returns the response to a request of the platform's own; see `Applications`."""
        return collect(
            self._reserve.run(request.asker, lambda: self._answer_internal(request), seconds)
        )

    def _answer_door(self, data: bytes) -> bytes:
        """Answers another process of the platform: a message for a message."""
        request = msgspec.msgpack.decode(data, type=InternalRequest)
        if not self._door.acquire(blocking=False):
            response = collect(page(503, DOOR_FULL, headers=RETRY_AFTER))
        else:
            try:
                response = self.ask(request, float(MAX_DEADLINE_SECONDS))
            finally:
                self._door.release()
        return msgspec.msgpack.encode(response)

    def _answer_internal(self, request: InternalRequest) -> Answer:
        """Answers a request of the platform's own on this thread, which is of the reserve."""
        if request.depth > MAX_DEPTH:
            return page(
                503, f"{MAX_DEPTH} fetches of this platform's own applications wait already."
            )
        hosts = self._current_hosts()
        port = request.port or hosts.port_of(request.application, request.module)
        environ = make_environ(request, f"localhost:{port}")
        route = hosts.find(port, environ["HTTP_HOST"], environ["PATH_INFO"])
        if request.generation and (route is None or route.name != request.generation):
            route = hosts.routes.others.get(request.generation)
        if route is None:
            return page(503, f"{request.application!r} is not served here.")
        found = route

        def answer(request_id: str, work: list[Work]) -> Answer:
            return self._answer_route(environ, found, hosts, request_id, work, request)

        return self._answer_logged(environ, answer)

    def _answer_logged(
        self, environ: WSGIEnvironment, make_answer: Callable[[str, list[Work]], Answer]
    ) -> Answer:
        """Returns an answer, once a line is written about it; a failure of ours is one, too."""
        started = time.monotonic()
        request_id = uuid4().hex
        work: list[Work] = []
        try:
            answer = make_answer(request_id, work)
        except NoRoomError as error:
            log.error("request %s: a body cannot be kept: %s", request_id, error.strerror)
            answer = as_wanted(page(503, NO_ROOM, headers=[*CLOSE, *RETRY_AFTER]), environ)
        except Exception:
            log.exception("request %s failed in the front", request_id)
            answer = as_wanted(page(500, f"The server failed; reference {request_id}."), environ)
        if environ["REQUEST_METHOD"] == "HEAD":
            answer = _without_body(answer)
        job = work[0] if work else None
        trace = self._log.write(environ, answer, request_id, time.monotonic() - started, job)
        if job is not None and may_see_trace(environ, job.caller):
            answer.headers.append((TRACE_HEADER, summarize(trace)))
        return answer

    def _answer_client(self, environ: WSGIEnvironment, request_id: str, work: list[Work]) -> Answer:
        """Answers a client, perhaps through a proxy, in the form that it accepts."""
        self._proxies.apply(environ)
        answer = as_wanted(self._answer(environ, request_id, work), environ)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        self._compression.apply(answer, environ["REQUEST_METHOD"], accepted)
        return answer

    def _answer(self, environ: WSGIEnvironment, request_id: str, work: list[Work]) -> Answer:
        host = environ.get("HTTP_HOST", "")
        if (refusal := check_protocol(environ) or self._names.check(host)) is not None:
            return refusal
        port = environ["gunicorn.socket"].getsockname()[1]
        hosts = self._current_hosts()
        if (route := hosts.find(port, host, environ["PATH_INFO"])) is None:
            return page(503, "The server is starting.", headers=[("Retry-After", "1")])
        return self._answer_route(environ, route, hosts, request_id, work)

    def _answer_route(
        self,
        environ: WSGIEnvironment,
        route: VersionRoute,
        hosts: HostMap,
        request_id: str,
        work: list[Work],
        internal: InternalRequest | None = None,
    ) -> Answer:
        """Answers a request for a version; `internal`: the platform's own, which it was made of."""
        environ[ROUTE] = route
        is_platform = internal is not None and internal.is_platform
        if not is_platform:
            answer = self._internal.answer(environ, route, hosts.routes.layers)
            if answer is not None:
                return answer
        if route.failure:
            return self._pages.not_started(route, environ, request_id)
        caller = self._caller(environ, route, request_id, internal.depth if internal else 0)
        site = self._site(route)
        for match in site.urls.matches(environ["PATH_INFO"] or "/"):
            found = self._answer_match(environ, site, caller, match, work, internal)
            if found is not None:
                return found
        return self._pages.missing(route, environ["PATH_INFO"], environ)

    def _current_hosts(self) -> HostMap:
        routes = self._routes.current()
        if (hosts := self._hosts).routes is not routes:
            hosts = self._hosts = HostMap(routes, self._names.bases)
        return hosts

    def _caller(
        self, environ: WSGIEnvironment, route: VersionRoute, request_id: str, depth: int
    ) -> Caller:
        administrators = self._internal.administrators
        identity = identify(environ, route.application, self._secrets, self._clock, administrators)
        return Caller(
            application=route.application,
            module=route.module,
            version=route.version,
            request_id=request_id,
            host=environ.get("HTTP_HOST", ""),
            scheme=environ["wsgi.url_scheme"],
            user_email=identity.email if identity else "",
            user_id=identity.user_id if identity else "",
            user_is_admin=identity.is_admin if identity else False,
            depth=depth,
            started=time.time(),
        )

    def _answer_match(
        self,
        environ: WSGIEnvironment,
        site: "Site",
        caller: Caller,
        match: Match,
        work: list[Work],
        internal: InternalRequest | None,
    ) -> Answer | None:
        """Returns the answer of one matching handler; None: its file is missing, try the next."""
        handler, groups = match
        environ[HANDLER] = handler.url
        if internal is None or not internal.is_platform:
            moved = check_scheme(handler, environ) if self._knows_scheme else None
            if (refusal := moved or check_access(handler, caller, environ)) is not None:
                return refusal
        if isinstance(handler, StaticHandler):
            return self._send_file(environ, site, handler, groups)
        return self._run(environ, site, caller, handler, groups, work, internal)

    def _send_file(
        self,
        environ: WSGIEnvironment,
        site: "Site",
        handler: StaticHandler,
        groups: tuple[str, ...],
    ) -> Answer | None:
        found = serve(handler, groups, site.files, environ, now=self._clock.now())
        if found is None:
            return None
        return Answer(
            status=found.status.value,
            reason=found.status.phrase,
            headers=found.headers,
            body=found.body,
        )

    def _site(self, route: VersionRoute) -> "Site":
        """Returns a version's compiled handlers and open directory, made once."""
        if (site := self._sites.get(route.name)) is None:
            routes = self._routes.current()
            served = {each.name for each in routes.ports.values()} | routes.others.keys()
            kept = {name: each for name, each in self._sites.items() if name in served}
            urls = UrlMap(route.handlers, has_entrypoint=bool(route.entrypoint))
            try:
                root = StaticRoot(Path(route.directory), route.skip_files)
            except OSError:  # removed; what has been loaded is served all the same
                return Site(route=route, urls=urls, files=NoFiles())
            site = kept[route.name] = Site(route=route, urls=urls, files=root)
            self._sites = kept  # a generation that has ended holds no directory open
        elif site.route is not route:  # published anew
            site = self._sites[route.name] = msgspec.structs.replace(site, route=route)
        return site

    def _run(
        self,
        environ: WSGIEnvironment,
        site: Site,
        caller: Caller,
        handler: ScriptHandler,
        groups: tuple[str, ...],
        work: list[Work],
        internal: InternalRequest | None,
    ) -> Answer:
        route = site.route
        if internal is not None and internal.socket:
            route = msgspec.structs.replace(route, socket=internal.socket)
        script = route.entrypoint if handler.script == "auto" else script_name(handler, groups)
        if not script:
            return self._pages.missing(route, environ["PATH_INFO"], environ)
        body = Spool()
        try:
            if (refusal := read_body(environ, body)) is not None:
                return refusal
            variables = request_environ(
                environ,
                caller,
                route.environ,
                body_length=body.length,
                default_host=self._hosts.default_host(route, caller.host),
                internal=internal.stated if internal else None,
            )
            job = Work(
                route=route,
                script=script,
                caller=caller,
                environ=variables,
                body=body,
                method=environ["REQUEST_METHOD"],
                in_reserve=internal is not None,
                deadline_seconds=internal.deadline_seconds if internal else None,
            )
            work.append(job)
            answer = self._dispatcher.dispatch(job)
            return self._pages.replace(answer, job, site.files.open) if answer.cause else answer
        finally:
            body.close()


def check_protocol(environ: WSGIEnvironment) -> Answer | None:
    """Returns the refusal of a request that no application may answer, or None."""
    method = environ["REQUEST_METHOD"]
    if method not in METHODS:
        return page(501, f"The method {method[:40]!r} is not served here.")
    upgrade = environ.get("HTTP_UPGRADE", "")
    if "upgrade" in environ.get("HTTP_CONNECTION", "").lower() and not is_optional(upgrade):
        return page(501, f"Upgrades to {upgrade[:40]!r}, such as WebSockets, are not served.")
    coding = environ.get("HTTP_TRANSFER_ENCODING", "chunked")
    if coding.strip().lower() != "chunked":
        return page(501, f"The transfer coding {coding[:40]!r} is not served here.", headers=CLOSE)
    host = environ.get("HTTP_HOST", "")
    if HOST.fullmatch(host) is None and (host or environ["SERVER_PROTOCOL"] == "HTTP/1.1"):
        return page(400, f"The Host header is {host[:100]!r}, which names no host.")
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        return too_large(int(environ["CONTENT_LENGTH"]))
    return None


def is_optional(upgrade: str) -> bool:
    """Returns whether a client that offers an upgrade is served as well without it."""
    return all(name.strip() in OPTIONAL_UPGRADES for name in upgrade.lower().split(",") if name)


def read_body(environ: WSGIEnvironment, body: Spool) -> Answer | None:
    """Reads the client's whole body; returns the refusal of one that is malformed or too large."""
    try:
        while piece := environ["wsgi.input"].read(2**16):
            body.write(piece)
            if body.length > MAX_BODY_BYTES:
                return too_large(body.length)
    except MALFORMED_BODY as error:
        return page(400, f"The request body is malformed: {type(error).__name__}: {error}.")
    return None


def too_large(length: int) -> Answer:
    """Returns the refusal of a body over 32 MiB, unread: the connection closes behind it."""
    sentence = f"A request body of {length} bytes; at most {MAX_BODY_BYTES}."
    return page(413, sentence, headers=CLOSE)


def _without_body(answer: Answer) -> Answer:
    if callable(close := getattr(answer.body, "close", None)):
        close()
    answer.body = []
    return answer
