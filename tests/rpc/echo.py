"""A small service for tests of the wire, and the two ends of a request joined in one process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, ClassVar

from msgspec import Meta

from appengine.front.calls import Executor
from appengine.front.exchange import Exchange
from appengine.front.instances import Accepting
from appengine.front.spool import Spool
from appengine.rpc.client import transport
from appengine.rpc.errors import OverQuotaError
from appengine.rpc.frames import Accepted, FrameBuffer, Request, Response, encode, from_instance
from appengine.rpc.pipe import Pipe
from appengine.rpc.server import Caller, Resources, Server
from appengine.rpc.service import ApplicationError, Message, Service, call


class RefusedError(ApplicationError):
    """The server refuses, as declared."""


class EchoRequest(Message):
    data: Annotated[bytes, Meta(max_length=2**21)] = b""
    times: Annotated[int, Meta(ge=0, le=10)] = 1


class EchoResponse(Message):
    data: bytes = b""
    caller: str = ""


def count_times(request: EchoRequest) -> int:
    return request.times


class EchoService(Service, name="echo"):
    @call(quota="echoes", cost=count_times, errors=(RefusedError,))
    def echo(self, request: EchoRequest) -> EchoResponse:
        """Answers what it is given."""

    @call(errors=(RefusedError,))
    def refuse(self, request: EchoRequest) -> EchoResponse:
        """Raises what it declares."""

    @call()
    def fail(self, request: EchoRequest) -> EchoResponse:
        """Raises what it does not declare."""

    @call(parallel=True)
    def meet(self, request: EchoRequest) -> EchoResponse:
        """Answers when `times` calls are in it at once."""


class EchoServer(Server, EchoService):
    barriers: ClassVar[dict[int, threading.Barrier]] = {}

    def echo(self, request: EchoRequest) -> EchoResponse:
        self.note("bytes", len(request.data))
        return EchoResponse(data=request.data * request.times, caller=self.caller.application)

    def refuse(self, request: EchoRequest) -> EchoResponse:
        raise RefusedError(f"no {len(request.data)} bytes today")

    def fail(self, request: EchoRequest) -> EchoResponse:
        raise ZeroDivisionError("the server's own secret")

    def meet(self, request: EchoRequest) -> EchoResponse:
        self.barriers[request.times].wait(10)
        return EchoResponse(data=b"met")


class Meter:
    """Counts what is charged; refuses at its limit."""

    def __init__(self, limit: int = 10**9) -> None:
        self.spent: list[tuple[str, str, int]] = []
        self.limit = limit

    def __call__(self, caller: Caller, quota: str, units: int) -> None:
        if sum(spent for _, _, spent in self.spent) + units > self.limit:
            raise OverQuotaError(f"{quota}: over {self.limit}")
        self.spent.append((caller.application, quota, units))


def make_executor(meter: Meter | None = None) -> Executor:
    resources = Resources(open_storage=None, platform=None, clock=None)  # type: ignore[arg-type]  # echo keeps nothing
    return Executor({"echo": EchoServer}, resources, meter or Meter())


Application = Callable[[Pipe], tuple[Response, list[bytes]]]


@contextmanager
def instance(application: Application) -> Iterator[socket.socket]:
    """Runs an application on the instance's end of a connection; gives the front's end."""
    front, own = socket.socketpair()

    def serve() -> None:
        pipe = Pipe(own)
        pipe.receive_request()
        transport.set(pipe)
        pipe.respond(*application(pipe))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield front
    finally:
        front.close()
        thread.join(10)
        assert not thread.is_alive()


def take_accepted(front: socket.socket) -> None:
    """Reads the frame that comes first, and not a byte more."""
    buffer = FrameBuffer()
    while (frame := buffer.take_frame()) is None:
        buffer.feed(front.recv(1))
    assert isinstance(from_instance.decode(frame), Accepted)


def exchange(
    front: socket.socket, body: bytes = b"", meter: Meter | None = None, seconds: float = 30.0
) -> tuple[Response, bytes, Exchange]:
    """Serves one request from the front's end to its response."""
    executor = make_executor(meter)
    caller = Caller(application="trial")
    spool = Spool()
    spool.write(body)
    front.setblocking(False)
    with ThreadPoolExecutor(16) as pool:
        frame = encode(Request("r1", "main.app", {}, len(body), seconds))
        end = Exchange(
            Accepting(front, 1, 0.0, frame, b""),
            time.monotonic() + seconds,
            lambda call: executor.execute(caller, call.service, call.method, call.message),
            lambda call: call.method == "meet",
            pool,
        )
        response, answered = end.run(spool)
    data = b"".join(answered)
    answered.close()
    return response, data, end


def ok(body: bytes = b"") -> tuple[Response, list[bytes]]:
    return Response(200, "OK", [], len(body)), [body]
