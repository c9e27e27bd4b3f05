"""Threads in reserve for requests that the platform makes of applications itself.

Whoever waits for such a request holds a thread of the application's already. If it waited for
another one of those, requests that ask their own application would stand still for ever. So these
have threads of their own, and none of them ever waits for a thread: without a free one it is
answered 503 at once.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from appengine.front.answers import Answer, page

RESERVE = 64
"""Requests of the platform's own that a worker serves at a time.

Whoever asks takes one more only while it holds fewer than are left for others.
"""

RESERVE_CALLS = 2 * RESERVE
"""Threads for the parallel calls of those requests.

At most `RESERVE` of them wait for requests of the platform's own, so that some always serve.
"""

DOOR_THREADS = 8
"""Threads of a worker for what other processes of the platform ask through its unix socket."""

RETRY_AFTER = [("Retry-After", "1")]

FULL = "Too many requests of this platform to its own applications are open: none is free."
DOOR_FULL = f"{DOOR_THREADS} messages of this platform to its applications are open already."


class Reserve:
    """The reserve of one worker; threads are made when they are first needed."""

    def __init__(self, size: int = RESERVE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="reserve")

    def run(self, asker: str, serve: Callable[[], Answer], seconds: float) -> Answer:
        """Returns what `serve` answers on a thread of the reserve, or 503 where none is free.

        Args:
            asker: the application that asks; "" is the platform.
            serve: what is done there.
            seconds: that are waited for it.

        Raises:
            TimeoutError: it took longer than `seconds`; it goes on, and keeps its thread.
        """
        with self._lock:
            if self._held[asker] >= self._size - self._held.total():
                return page(503, FULL, headers=RETRY_AFTER)
            self._held[asker] += 1
        future = self._pool.submit(self._serve, asker, serve)
        return future.result(max(0.0, seconds))

    def _serve(self, asker: str, serve: Callable[[], Answer]) -> Answer:
        try:
            return serve()
        finally:
            with self._lock:
                self._held[asker] -= 1
