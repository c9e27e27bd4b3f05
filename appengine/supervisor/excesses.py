"""What a process of an application uses that it should not: processor time without a request.

After its response an application runs no code. Threads that go on all the same are nothing that
the kernel could tell from those that serve, so what counts is the time: all that a process uses
beyond what the requests that it held can account for.

Source: App Engine, "Python runtime environment", "The sandbox".
"""

import os
import time
from collections.abc import Callable, Iterable

from msgspec import Struct

from appengine.front.table import Table
from appengine.front.usage import process_cpu

ALLOWED_SECONDS = 1.0
"""Of a processor, used while no request was open; more is the end of the instance."""

ALLOWED_SHARE = 0.03
"""Of a processor, always: collecting garbage, waking up, forking instances."""


class _Seen(Struct):
    at: float
    used: float
    held_seconds: float
    holds: bool
    excess: float = 0.0


class Excesses:
    """Looks at processes now and then, and adds up what each has used without a request."""

    def __init__(
        self,
        table: Table,
        now: Callable[[], float] = time.monotonic,
        cpu: Callable[[int], float] = process_cpu,
        processors: int = os.cpu_count() or 1,
    ) -> None:
        self._table = table
        self._now = now
        self._cpu = cpu
        self._processors = processors
        self._seen: dict[int, _Seen] = {}

    def find(self, pids: Iterable[int], busy: Iterable[int] = ()) -> list[int]:
        """Returns the processes that have used more than they may.

        Args:
            pids: all that are looked at; others are forgotten.
            busy: those of them that have worked since the last look, for others' requests.
        """
        held, working = self._table.open_requests(), set(busy)
        self._seen = {pid: self._look(pid, bool(held[pid]), pid in working) for pid in pids}
        return [pid for pid, seen in self._seen.items() if seen.excess > ALLOWED_SECONDS]

    def _look(self, pid: int, holds: bool, worked: bool) -> _Seen:
        now = _Seen(self._now(), self._cpu(pid), self._table.held_seconds(pid), holds)
        if (before := self._seen.get(pid)) is None:
            return now
        elapsed = now.at - before.at
        accounted = now.held_seconds - before.held_seconds
        if holds or before.holds or worked or accounted < 0:  # a clock has started again
            accounted = elapsed
        allowed = min(elapsed, accounted) * self._processors + elapsed * ALLOWED_SHARE
        now.excess = max(0.0, before.excess + now.used - before.used - allowed)
        return now
