"""A picture of a server for the console's tests."""

from appengine.console.status import Instance, Process, RecentRequest, Status, Version
from appengine.rpc.boot import Layer

NOW = 1_700_000_000.0
MEGABYTE = 2**20


def make_status(**changes):
    """Returns the picture of a server with two applications, one of them with an error."""
    fields = {
        "at": NOW,
        "started_at": NOW - 3725,
        "processes": [
            Process(pid=100, role="supervisor", cpu_seconds=0.5, memory_bytes=30 * MEGABYTE),
            Process(pid=101, role="front", cpu_seconds=1.25, memory_bytes=40 * MEGABYTE),
        ],
        "versions": [_guestbook(), _petshop()],
        "layers": [
            Layer("namespaces", True, "user, mount, pid, net"),
            Layer("landlock", False, "the kernel has none: <Function not implemented>"),
        ],
        "requests": [
            RecentRequest(
                at=NOW - 5,
                application="guestbook",
                method="GET",
                url="/?book=<b>",
                status=200,
                milliseconds=12.5,
                pid=200,
            ),
            RecentRequest(
                at=NOW - 9,
                application="petshop",
                method="POST",
                url="/buy",
                status=500,
                milliseconds=3,
            ),
        ],
        "log": ["[guestbook] started", "[petshop] <script>alert(1)</script>", "[front] ready"],
    }
    return Status(**{**fields, **changes})


def _guestbook():
    busy = Instance(pid=200, state="busy", requests=1234, latency_ms=7.25, started_at=NOW - 60)
    idle = Instance(pid=201, state="idle", memory_bytes=3 * MEGABYTE, started_at=NOW - 30)
    return Version(
        application="guestbook",
        module="default",
        version="1",
        url="http://localhost:8080",
        pending=2,
        instances=[busy, idle],
    )


def _petshop():
    return Version(
        application="petshop",
        module="admin",
        version="2",
        url="http://localhost:8081",
        links=[("Stock <1>", "http://localhost:8081/stock?a=b&c")],
        error="app.yaml:7: handlers[2].script: 'main.app' is not there",
    )
