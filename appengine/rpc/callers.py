"""Outside: who makes a call, by the front's own knowledge."""

import msgspec

from appengine.rpc.records import CallRecord


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who makes a call: the front's own knowledge, never the instance's claim.

    Attributes:
        host: the name and port by which the client reached the application.
        scheme: `http` or `https`.
        user_email: who is signed in; empty for nobody.
        deadline: on the monotonic clock, in seconds: the end of the request.
        request_id: names the request in logs and traces.
        started: seconds since 1970: when the request came.
        calls: records of the request's calls that were answered so far, at most 200.
        pid: the process number of the instance that calls; `cpu_before`: its CPU seconds when the
            request began.
        depth: how many requests wait for this one in a chain of fetches; 0: it is a client's.
    """

    application: str
    module: str = "default"
    version: str = "1"
    request_id: str = ""
    host: str = ""
    scheme: str = "http"
    user_email: str = ""
    user_id: str = ""
    user_is_admin: bool = False
    deadline: float = float("inf")
    depth: int = 0
    started: float = 0.0
    pid: int = 0
    cpu_before: float = 0.0
    calls: list[CallRecord] = []
