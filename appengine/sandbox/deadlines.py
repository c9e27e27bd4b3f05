"""The soft deadline: raises DeadlineExceededError in a request shortly before the hard end.

For the developer only: the hard deadline is the front's, and needs no help from in here.
"""

import ctypes
import heapq
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context

from appengine.runtime import DeadlineExceededError

MARGIN_SECONDS = 0.5
"""Between the exception and the kill."""

MARGIN_SHARE = 0.25
"""Of a deadline so short that half a second would be most of it."""


def soft_seconds(deadline_seconds: float) -> float:
    """Returns when to raise, in seconds from the request's start."""
    return deadline_seconds - min(MARGIN_SECONDS, deadline_seconds * MARGIN_SHARE)


class Watched:
    """One request's thread while it may be interrupted."""

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self.is_open = True
        self.is_struck = False


class SoftDeadlines:
    """Watches the requests of an instance from one thread, which sleeps till the next is due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Watched]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, deadline_seconds: float) -> Iterator[None]:
        """Raises DeadlineExceededError in this thread if the block takes too long."""
        watched = Watched(threading.get_ident())
        due = time.monotonic() + soft_seconds(deadline_seconds)
        self._add(due, watched)
        try:
            yield
        finally:
            self._finish(watched)

    def _add(self, due: float, watched: Watched) -> None:
        with self._changed:
            heapq.heappush(self._due, (due, next(self._numbers), watched))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                Context().run(self._thread.start)  # nothing of this request follows into it
            elif self._due[0][2] is watched:
                self._changed.notify()

    def _finish(self, watched: Watched) -> None:
        with self._changed:
            watched.is_open = False
            if watched.is_struck:  # not yet raised, perhaps: the next request must not get it
                _raise_in(watched.thread, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                while self._due and not self._due[0][2].is_open:
                    heapq.heappop(self._due)
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is None or left > 0:
                    self._changed.wait(left)
                    continue
                watched = heapq.heappop(self._due)[2]
                watched.is_struck = True
                _raise_in(watched.thread, DeadlineExceededError)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raises an exception in a thread at its next step in Python; None takes one back."""
    what = ctypes.py_object() if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
