"""The pace of replacements: one that dies now and then is replaced at once, a loop is slowed."""

import time
from collections.abc import Callable

BURST = 20
"""Starts of instances that need not wait, after a quiet time."""

INTERVAL_SECONDS = 0.25
"""Between two starts in a loop: each takes some 5 ms of a processor."""


class Pace:
    """When the next instance of a module may be started."""

    def __init__(
        self,
        burst: int = BURST,
        interval_seconds: float = INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst_seconds = burst * interval_seconds
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._due = clock() - self._burst_seconds

    def take(self) -> float:
        """Counts one start; returns the seconds after which it may be made."""
        now = self._clock()
        self._due = max(self._due, now - self._burst_seconds) + self._interval_seconds
        return max(0.0, self._due - now)
