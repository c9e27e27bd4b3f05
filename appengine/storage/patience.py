"""How long a call may wait for its turn to write: no longer than until its request's end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_deadline: ContextVar[float] = ContextVar("storage_deadline", default=inf)


@contextmanager
def waits_end_at(deadline: float) -> Iterator[None]:
    """Ends the waits of the block at a time of the monotonic clock, in seconds."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left(most: float) -> float:
    """Returns how long a wait may take: at most `most` seconds."""
    deadline = _deadline.get()
    return most if deadline == inf else max(0.0, min(most, deadline - time.monotonic()))
