import pytest

from appengine.front.calls import Executor
from appengine.logservice.client.buffering import begin_request
from appengine.logservice.server import LogServer, open_log
from appengine.rpc.client import transport
from appengine.rpc.frames import Reply
from appengine.rpc.records import CallRecord, Trace
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata

CALL = CallRecord(
    service="datastore_v3",
    method="get",
    milliseconds=2.0,
    request_bytes=10,
    response_bytes=20,
    quota="reads",
    units=1,
    error="",
    notes={"key": "Pet/1", "rows_read": 3, "rows_returned": 2, "retries": 1, "other": 7},
    started=1000.01,
)


def make_trace(request_id="r1", application="trial", started=1000.0, **values):
    """Returns a request that took a tenth of a second."""
    defaults = {
        "module": "default",
        "version": "1",
        "method": "GET",
        "path": "/",
        "status": 200,
        "response_bytes": 5,
        "seconds": 0.1,
        "waited_seconds": 0.0,
        "cpu_seconds": 0.0,
        "pid": 77,
        "user": "",
        "outcome": "",
        "calls": [],
    }
    return Trace(
        request_id=request_id, application=application, started=started, **(defaults | values)
    )


class Logs:
    """A transport over the executor, for requests of one application."""

    def __init__(self, directory):
        self.resources = Resources(
            open_storage=None,
            platform=Storage(directory / "platform.db", platform_metadata),
            clock=Clock(),
        )
        self.executor = Executor({"logservice": LogServer}, self.resources, lambda *args: None)
        self.caller = Caller(application="trial", request_id="r1", started=1000.0)
        self._replies = []

    def start(self, service, method, message):
        done = self.executor.execute(self.caller, service, method, message)
        self._replies.append(Reply(0, done.message, done.error, done.detail))
        return len(self._replies) - 1

    def finish(self, number):
        return self._replies[number]

    def open(self, request_id, application="trial", **values):
        """Begins a request: its lines go into a buffer of their own."""
        self.caller = Caller(application=application, request_id=request_id, **values)
        return begin_request()

    def end(self, request_id="r1", **values):
        """Ends a request."""
        LogServer.take_requests(self.resources, [make_trace(request_id, **values)])

    def close(self):
        open_log(self.resources).close()
        self.resources.platform.close()


@pytest.fixture
def logs(tmp_path):
    made = Logs(tmp_path)
    token = transport.set(made)
    begin_request()
    yield made
    transport.reset(token)
    made.close()
