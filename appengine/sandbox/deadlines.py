"""The soft deadline: raises DeadlineExceededError in a request shortly before the hard end.

For the developer only: the hard deadline is the front's, and needs no help from in here.
"""

import _thread
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from appengine.rpc.interruptions import Interruption

MARGIN_SECONDS = 0.5
"""Between the exception and the kill."""

MARGIN_SHARE = 0.25
"""Of a deadline so short that half a second would be most of it."""


def soft_seconds(deadline_seconds: float) -> float:
    """Returns when to raise, in seconds from the request's start."""
    return deadline_seconds - min(MARGIN_SECONDS, deadline_seconds * MARGIN_SHARE)


class SoftDeadlines:
    """Watches the requests of an instance from one thread, which sleeps till one may be due."""

    def __init__(self, *, watching: bool = True) -> None:
        """Begins without requests; `watching`: a thread may be started for them."""
        self._may_watch = watching
        self._changed = threading.Condition()
        self._open: dict[Interruption, float] = {}
        self._wakes = math.inf
        self._is_watched = False

    @contextmanager
    def watching(self, deadline_seconds: float, interruption: Interruption) -> Iterator[None]:
        """Interrupts this thread if the block takes too long."""
        self._add(interruption, time.monotonic() + soft_seconds(deadline_seconds))
        try:
            yield
        finally:
            interruption.finish()
            self._open.pop(interruption, None)

    @contextmanager
    def paused(self, interruption: Interruption | None) -> Iterator[None]:
        """Lets no time pass for a request: a developer looks at it."""
        due = self._open.pop(interruption, None) if interruption is not None else None
        began = time.monotonic()
        try:
            yield
        finally:
            if interruption is not None and due is not None:
                self._add(interruption, due + time.monotonic() - began)

    def _add(self, interruption: Interruption, due: float) -> None:
        with self._changed:
            self._open[interruption] = due
            if not self._may_watch:
                return
            if not self._is_watched:
                self._start_watching()
            elif due < self._wakes:
                self._changed.notify()

    def _start_watching(self) -> None:
        """Starts the thread, in a context of its own: nothing of this request follows into it.

        It is none of `threading`: to make one of those takes half a millisecond, and each process
        of a single request would. Where the application's own leave no room for it, nobody is told
        before the end, and the next request tries again.
        """
        with suppress(RuntimeError):
            _thread.start_new_thread(self._watch, ())
            self._is_watched = True

    def _watch(self) -> None:
        with self._changed:
            while True:
                for interruption, due in list(self._open.items()):  # ended ones leave meanwhile
                    if due <= time.monotonic():
                        self._open.pop(interruption, None)
                        interruption.strike()
                self._wakes = min(list(self._open.values()), default=math.inf)
                left = self._wakes - time.monotonic()
                self._changed.wait(None if left == math.inf else max(left, 0))
