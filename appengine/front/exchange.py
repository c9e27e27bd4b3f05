"""The front's end of one open request: one poll loop from the request to the response.

It answers the instance's calls on the way, and never blocks in a write without reading.
"""

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from appengine.front.calls import Outcome
from appengine.front.instances import Accepting, InstanceGoneError
from appengine.front.parallel import Pool
from appengine.front.spool import PIECE as BODY_PIECE
from appengine.front.spool import Spool
from appengine.rpc.frames import (
    MAX_BODY_BYTES,
    MAX_CALLS,
    Accepted,
    Call,
    FrameBuffer,
    MalformedCallError,
    Reply,
    Response,
    encode,
    from_instance,
)
from appengine.rpc.records import CallRecord

PIECE = 2**18
"""Bytes that one receive asks for."""

MAX_UNSENT_BYTES = MAX_BODY_BYTES
"""Of replies that wait to be read; above it, or with `MAX_CALLS` of them, no call is taken."""

MAX_RECORDS = 200
"""Calls of one request whose records are kept: an instance may make any number of them."""

Execute = Callable[[Call], Outcome]


class DeadlineError(Exception):
    """The request did not end within its deadline."""


class Exchange:
    """One request on an instance's connection, from the Request frame to the response's body.

    Attributes:
        calls: how many were answered.
        records: of the first 200; what they answered is not kept.
    """

    def __init__(
        self,
        accepted: Accepting,
        deadline: float,
        execute: Execute,
        is_parallel: Callable[[Call], bool],
        pool: Pool,
        records: list[CallRecord] | None = None,
        extend: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Takes an instance's connection; `extend` returns what a deadline that is over is now."""
        self._connection = accepted.connection
        self._deadline = deadline
        self._execute = execute
        self._is_parallel = is_parallel
        self._pool = pool
        self._extend = extend
        self._out: deque[memoryview] = deque()
        self._unsent = len(accepted.unsent)
        if accepted.unsent:
            self._out.append(memoryview(accepted.unsent))
        self._in = FrameBuffer()
        self._in.feed(accepted.received)
        self._response: Response | None = None
        self._body = Spool()
        self._running: dict[int, Future[Outcome]] = {}
        self._bell: Bell | None = None
        self.calls = 0
        self.records: list[CallRecord] = [] if records is None else records

    def run(self, body: Spool) -> tuple[Response, Spool]:
        """Sends the request's body; returns the instance's response and its body, to be closed.

        Raises:
            DeadlineError: it took too long. InstanceGoneError: the instance died.
            MalformedCallError: the instance sent what is none of the wire's.
        """
        try:
            while not self._is_complete():
                self._send_body(body)
                self._take_frames()  # also those that had to wait for room for their replies
                if not self._is_complete():
                    self._wait()
                    self._collect()
        except BaseException:
            self._body.close()
            raise
        finally:
            self._close()
        assert self._response is not None  # noqa: S101  # it is complete
        return self._response, self._body

    def _is_complete(self) -> bool:
        return self._response is not None and self._body.length == self._response.body_length

    def _send_body(self, body: Spool) -> None:
        """Sends what the socket takes of what waits, and of the request's body.

        An instance sends its first call when it has received the whole body, so no reply can come
        between its pieces.
        """
        self._flush()
        while not self._out and (piece := body.read(BODY_PIECE)):
            self._out.append(memoryview(piece))
            self._unsent += len(piece)
            self._flush()

    def _wait(self) -> None:
        """Sleeps until bytes can move, a parallel call has ended, or the deadline is over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            self._deadline = self._extend()
            if (left := self._deadline - time.monotonic()) <= 0:
                raise DeadlineError
        poller = select.poll()
        events = select.POLLOUT if self._out else 0
        if self._has_room():
            events |= select.POLLIN
        poller.register(self._connection, events)
        if self._bell is not None:
            poller.register(self._bell, select.POLLIN)
        for number, event in poller.poll(left * 1000 + 1):
            if number == self._connection.fileno() and event & ~select.POLLOUT:
                self._receive()

    def _has_room(self) -> bool:
        """Returns whether a reply more may wait: each costs more memory than its own bytes."""
        return self._unsent <= MAX_UNSENT_BYTES and len(self._out) < MAX_CALLS

    def _receive(self) -> None:
        try:
            piece = self._connection.recv(PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            raise InstanceGoneError(str(error)) from error
        if not piece:
            raise InstanceGoneError("closed without a response")
        self._in.feed(piece)

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._connection.send(self._out[0])
                self._unsent -= sent
                if sent == len(self._out[0]):
                    self._out.popleft()
                else:
                    self._out[0] = self._out[0][sent:]
        except BlockingIOError:
            return
        except OSError:  # it reads no more; what it has already sent decides
            self._out.clear()
            self._unsent = 0

    def _take_frames(self) -> None:
        while self._has_room() and not self._take_body():
            if (data := self._in.take_frame()) is None:
                return
            frame = from_instance.decode(data)
            if isinstance(frame, Accepted):
                raise MalformedCallError("a second Accepted frame")
            if isinstance(frame, Response):
                self._response = frame
            else:
                self._take_call(frame)

    def _take_body(self) -> bool:
        """Moves what is here of the response's body; returns whether a response is under way."""
        if self._response is None:
            return False
        left = self._response.body_length - self._body.length
        self._body.write(self._in.take_bytes(left))
        if len(self._in):
            raise MalformedCallError(f"{len(self._in)} bytes behind the response")
        return True

    def _take_call(self, call: Call) -> None:
        if len(self._running) >= MAX_CALLS:
            raise MalformedCallError(f"more than {MAX_CALLS} calls wait for their replies")
        if call.number in self._running:
            raise MalformedCallError(f"call {call.number} is already under way")
        if self._is_parallel(call):
            self._run_beside(call)
        else:
            self._reply(call.number, self._execute(call))

    def _run_beside(self, call: Call) -> None:
        """Runs a call that waits for something outside of the machine on another thread."""
        if self._bell is None:
            self._bell = Bell()
        bell = self._bell
        future = self._pool.submit(self._execute, call)
        self._running[call.number] = future
        future.add_done_callback(lambda _: bell.ring())

    def _collect(self) -> None:
        """Replies to the parallel calls that have ended."""
        if self._bell is None or not self._bell.has_rung():
            return
        for number in [number for number, future in self._running.items() if future.done()]:
            self._reply(number, self._running.pop(number).result())

    def _reply(self, number: int, outcome: Outcome) -> None:
        self.calls += 1
        if len(self.records) < MAX_RECORDS:
            self.records.append(outcome.record)
        data = encode(Reply(number, outcome.message, outcome.error, outcome.detail))
        self._out.append(memoryview(data))
        self._unsent += len(data)
        self._flush()

    def _close(self) -> None:
        self._connection.close()
        for future in self._running.values():
            future.cancel()
        if self._bell is not None:
            self._bell.close()


class Bell:
    """Wakes a poll loop from other threads, also when the loop has already gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = True
        self._heard, self._struck = socket.socketpair()
        for end in (self._heard, self._struck):
            end.setblocking(False)

    def fileno(self) -> int:
        """Returns the descriptor that is readable after a ring."""
        return self._heard.fileno()

    def ring(self) -> None:
        """Makes the loop look; a bell that is full rings already."""
        with self._lock, suppress(BlockingIOError):
            if self._is_open:
                self._struck.send(b"\0")

    def has_rung(self) -> bool:
        """Returns whether it has rung since the last look."""
        with suppress(BlockingIOError):
            return bool(self._heard.recv(4096))
        return False

    def close(self) -> None:
        """Lets it go; late rings are not heard."""
        with self._lock:
            self._is_open = False
            self._heard.close()
            self._struck.close()
