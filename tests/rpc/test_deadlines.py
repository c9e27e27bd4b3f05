"""A service knows how long its call may still take."""

import time

import msgspec
import pytest

from appengine.front.calls import Executor
from appengine.rpc.server import Caller, Resources
from tests.rpc.echo import EchoRequest, EchoResponse, EchoServer, Meter


class LateServer(EchoServer):
    """Answers how many seconds its call may still take."""

    def echo(self, request):
        left = self.caller.deadline - time.monotonic()
        return EchoResponse(data=str(left).encode())


@pytest.mark.parametrize(("request_seconds", "least", "most"), [(60.0, 4.0, 5.0), (2.0, 1.0, 2.0)])
def test_a_call_ends_at_its_own_deadline_or_the_request_s(request_seconds, least, most):
    """Source: the declaration: `DEFAULT_DEADLINE_SECONDS` where a call states none."""
    resources = Resources(open_storage=None, platform=None, clock=None)
    executor = Executor({"echo": LateServer}, resources, Meter())
    caller = Caller(application="trial", deadline=time.monotonic() + request_seconds)
    message = executor.execute(caller, "echo", "echo", msgspec.msgpack.encode(EchoRequest()))
    left = float(msgspec.msgpack.decode(message.message, type=EchoResponse).data)
    assert least < left <= most
