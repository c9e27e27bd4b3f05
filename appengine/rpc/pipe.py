"""Inside: the instance's end of one open request.

Any thread of the request may start calls and wait for replies. Socket operations never block and
are done under one lock. Threads sleep in poll without it, and always for reading too, so that
neither side ever blocks in a write without reading. One thread at a time *leads*: it receives for
all who wait. A sender that finds data to read leaves it to the leader, whom the same data wakes.
"""

import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from appengine.rpc.errors import CancelledError
from appengine.rpc.frames import (
    MAX_CALLS,
    WIRE_VERSION,
    Accepted,
    Call,
    FrameBuffer,
    Reply,
    Request,
    Response,
    encode,
    from_front,
)
from appengine.rpc.interruptions import Interruption
from appengine.runtime import DeadlineExceededError

SLEEP_MILLISECONDS = 100
"""Of one poll: the soft deadline waits for its end."""

PIECE = 2**18
"""Bytes that one receive asks for."""


class Pipe:
    """One open request: receives it and its body, carries its calls, sends its response.

    Made in the thread that serves the request: the deadline interrupts that one, where no frame
    is under way.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.interruption = Interruption(DeadlineExceededError)
        self._connection = connection
        self._changed = threading.Condition(threading.Lock())
        self._leading = False
        self._rounds = 0  # of receiving
        self._sleepers = 0  # threads in poll: the socket may not be closed below them
        self._out: deque[memoryview] = deque()
        self._in = FrameBuffer()
        self._body = FrameBuffer()
        self._body_left = 0  # bytes of the body that have not arrived
        self._request: Request | None = None
        self._next = 0
        self._waiting: set[int] = set()
        self._replies: dict[int, Reply] = {}
        self._closed = ""

    def receive_request(self) -> Request:
        """Says that the request is accepted, then returns it.

        Raises:
            CancelledError: the front has gone.
        """
        with self.interruption, self._changed:
            self._send([encode(Accepted(WIRE_VERSION))])
            self._wait_until(lambda: self._request is not None)
            assert self._request is not None  # noqa: S101  # what was waited for
            return self._request

    def read_body(self, limit: int) -> bytes:
        """Returns 1 to `limit` bytes of the request's body, or none at its end."""
        with self.interruption, self._changed:
            self._wait_until(lambda: len(self._body) > 0 or self._body_left == 0)
            return self._body.take_bytes(limit)

    def start(
        self, service: str, method: str, message: bytes, deadline_seconds: float | None = None
    ) -> int:
        """Sends one call and returns its number; with 100 under way, first waits for a reply.

        What is left of the body is received first: replies come behind it.

        Raises:
            CancelledError: the request has ended.
        """
        with self.interruption, self._changed:
            self._wait_until(lambda: self._body_left == 0 and len(self._waiting) < MAX_CALLS)
            number = self._next
            self._next += 1
            self._waiting.add(number)
            self._send([encode(Call(number, service, method, message, deadline_seconds))])
            return number

    def finish(self, number: int) -> Reply:
        """Returns the reply to a call, waiting for it."""
        with self.interruption, self._changed:
            self._wait_until(lambda: number in self._replies)
            return self._replies.pop(number)

    def wait_any(self, numbers: Sequence[int]) -> int:
        """Returns the number of a call, one of several, whose reply is here, waiting for one."""
        with self.interruption, self._changed:
            self._wait_until(lambda: any(number in self._replies for number in numbers))
            return next(number for number in numbers if number in self._replies)

    def respond(self, response: Response, body: Iterable[bytes]) -> None:
        """Sends the response, then its body; after this every call of the request raises."""
        with self.interruption, self._changed:
            self._send([encode(response), *body])
        self.close("the request has ended: services answer while one is served")

    def close(self, reason: str) -> None:
        """Closes the connection; whoever waits or calls from now on gets a CancelledError."""
        with self.interruption, self._changed:
            self._fail(reason)

    def _wait_until(self, done: Callable[[], bool]) -> None:
        """Receives, or waits for the thread that does, until `done`."""
        while not done():
            self._check_open()
            self.interruption.check()
            if self._leading:
                self._changed.wait()
            else:
                self._leading = True
                try:
                    self._poll(select.POLLIN | (select.POLLOUT if self._out else 0))
                finally:  # also where an exception ends this thread's wait: others lead on
                    self._leading = False
                    self._changed.notify_all()
                self._move()

    def _send(self, pieces: Iterable[bytes]) -> None:
        """Sends the pieces as one, behind what others are sending."""
        self._check_open()
        self._out.extend(memoryview(piece) for piece in pieces if piece)
        self._flush()
        while self._out:
            self._check_open()
            before = self._rounds
            events = self._poll(select.POLLIN | select.POLLOUT)
            if not self._leading:
                self._move()
            elif events & select.POLLOUT:
                self._flush()
            else:  # there is only data to read: it wakes the leader, too
                while self._leading and self._rounds == before and not self._closed:
                    self._changed.wait()

    def _poll(self, events: int) -> int:
        poller = select.poll()
        poller.register(self._connection, events)
        self._sleepers += 1
        self._changed.release()
        try:
            ready = poller.poll(SLEEP_MILLISECONDS)
        finally:
            self._changed.acquire()
            self._sleepers -= 1
            if self._closed and not self._sleepers:
                self._connection.close()
        return ready[0][1] if ready else 0

    def _move(self) -> None:
        try:
            if not self._closed:
                self._flush()
                self._receive()
        except BaseException as error:  # no memory, a deadline: what had arrived may be lost
            self._fail(f"the request's connection failed: {type(error).__name__}: {error}")
            raise
        self._rounds += 1
        self._changed.notify_all()

    def _flush(self) -> None:
        """Sends what the socket takes now."""
        try:
            while self._out:
                sent = self._connection.send(self._out[0])
                if sent == len(self._out[0]):
                    self._out.popleft()
                else:
                    self._out[0] = self._out[0][sent:]
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(f"the front has closed the request: {error.strerror}")

    def _receive(self) -> None:
        """Takes what has arrived: at most one piece, so that a large body waits in the kernel."""
        try:
            piece = self._connection.recv(PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            return self._fail(f"the front has closed the request: {error.strerror}")
        if not piece:
            return self._fail("the front has closed the request")
        self._in.feed(piece)
        self._take_body()
        while not self._body_left and (frame := self._in.take_frame()) is not None:
            self._take(frame)
        return None

    def _take(self, data: bytes) -> None:
        frame = from_front.decode(data)
        if isinstance(frame, Reply):
            self._waiting.discard(frame.number)
            self._replies[frame.number] = frame
        else:
            self._request = frame
            self._body_left = frame.body_length
            self._take_body()

    def _take_body(self) -> None:
        if self._body_left:
            piece = self._in.take_bytes(self._body_left)
            self._body_left -= len(piece)
            self._body.feed(piece)

    def _check_open(self) -> None:
        if self._closed:
            raise CancelledError(self._closed)

    def _fail(self, reason: str) -> None:
        """Ends the request for every thread; the last that sleeps in poll closes the socket."""
        if self._closed:
            return
        self._closed = reason
        self._out.clear()
        self._changed.notify_all()
        if self._sleepers:
            try:
                self._connection.shutdown(socket.SHUT_RDWR)  # wakes them
            except OSError:
                return  # the other end is gone, which wakes them as well
        else:
            self._connection.close()
