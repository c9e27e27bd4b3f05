"""The pace of replacements: one that dies now and then is replaced at once, a loop is slowed."""

import time
from collections.abc import Callable

BURST = 20
"""Starts of instances that need not wait, after a quiet time."""

INTERVAL_SECONDS = 0.25
"""Between two starts in a loop: each takes some 5 ms of a processor."""


class Pace:
    """When the next instance of a module may be started."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() - BURST * INTERVAL_SECONDS

    def take(self) -> float:
        """Counts one start; returns the seconds after which it may be made."""
        now = self._clock()
        self._due = max(self._due, now - BURST * INTERVAL_SECONDS) + INTERVAL_SECONDS
        return max(0.0, self._due - now)
