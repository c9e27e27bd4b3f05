"""What the front executes for fetches: redirections, one request after the other."""

import time

import msgspec

from appengine.rpc.server import Server
from appengine.urlfetch.server.headers import (
    find,
    stated_headers,
    without_content,
    without_secrets,
)
from appengine.urlfetch.server.hops import Answered, Hop, Inside, ask
from appengine.urlfetch.server.pools import Pools
from appengine.urlfetch.server.urls import Target, follow, parse_url
from appengine.urlfetch.service import (
    DEFAULT_DEADLINE,
    MAX_DEADLINE,
    MAX_REDIRECTS,
    DeadlineExceededError,
    FetchRequest,
    FetchResponse,
    MalformedReplyError,
    TooManyRedirectsError,
    UrlfetchService,
)

REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
KEEPING = frozenset({307, 308})
"""Redirections after which the method and the payload stay. Source: RFC 9110, section 15.4."""

POOLS = "urlfetch.pools"


class UrlfetchServer(Server, UrlfetchService):
    """Fetches; the connections are kept by the process."""

    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Asks another host over HTTP, and goes on to where it redirects."""
        hop = self._first_hop(request)
        inside = Inside(
            self.caller,
            self.resources.applications,
            names_itself=not request.follow_redirects,
        )
        pools = self.resources.once(
            POOLS, lambda: Pools(self.resources.options, self.resources.applications)
        )
        self.note("url", hop.target.url[:200])
        for number in range(MAX_REDIRECTS + 1):
            answered = ask(hop, pools, self.resources.applications, inside)
            self.note("status", answered.status)
            if not (request.follow_redirects and answered.status in REDIRECTIONS):
                return self._respond(request, hop.target, answered, number)
            hop = _next_hop(hop, answered)
        raise TooManyRedirectsError(
            f"more than {MAX_REDIRECTS} redirections from {request.url[:500]!r}"
        )

    def _first_hop(self, request: FetchRequest) -> Hop:
        seconds = min(request.deadline_seconds or DEFAULT_DEADLINE, MAX_DEADLINE)
        deadline = min(time.monotonic() + seconds, self.caller.deadline)
        return Hop(
            target=parse_url(request.url),
            method=request.method,
            headers=stated_headers(request.headers, f"dev~{self.caller.application}"),
            payload=request.payload,
            is_careful=request.validate_certificate,
            deadline=deadline,
        )

    def _respond(
        self, request: FetchRequest, target: Target, answered: Answered, redirections: int
    ) -> FetchResponse:
        if redirections:
            self.note("redirections", redirections)
        if answered.is_inside:
            self.note("inside", 1)
        self.note("bytes", len(answered.content))
        return FetchResponse(
            status_code=answered.status,
            headers=answered.headers,
            content=answered.content,
            content_was_truncated=not answered.is_whole,
            final_url=target.url if redirections else "",
        )


def _next_hop(hop: Hop, answered: Answered) -> Hop:
    """Returns the request that a redirection asks for."""
    location = find(answered.headers, "location")
    if not location:
        raise MalformedReplyError(f"{hop.target.url!r} redirects to nowhere: it has no Location")
    if time.monotonic() >= hop.deadline:
        raise DeadlineExceededError(f"the deadline is over after {hop.target.url!r}")
    target = follow(hop.target, location)
    changed = {"target": target}
    headers = hop.headers
    if target.origin != hop.target.origin:
        headers = without_secrets(headers)
    if answered.status not in KEEPING and hop.method not in ("GET", "HEAD"):
        headers = without_content(headers)
        return msgspec.structs.replace(hop, **changed, headers=headers, method="GET", payload=None)
    return msgspec.structs.replace(hop, **changed, headers=headers)
