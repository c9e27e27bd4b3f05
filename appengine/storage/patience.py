"""How long a call may wait for its turn to write, and read: until its deadline."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_deadline: ContextVar[float] = ContextVar("storage_deadline", default=inf)


@contextmanager
def waits_end_at(deadline: float) -> Iterator[None]:
    """Ends the block's waits, and what it reads, at a time of the monotonic clock, in seconds."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def is_over() -> bool:
    """Returns whether the end that `waits_end_at` has set has come."""
    return time.monotonic() >= _deadline.get()


def seconds_left(most: float) -> float:
    """Returns how long a wait may take: at most `most` seconds."""
    deadline = _deadline.get()
    return most if deadline == inf else max(0.0, min(most, deadline - time.monotonic()))
