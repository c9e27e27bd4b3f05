"""Which instances of a module have had nothing to do for a while."""

import time
from collections.abc import Callable, Iterable

from appengine.front.table import Table
from appengine.front.usage import process_cpu


class Idleness:
    """Looks at instances now and then: one that holds a request, or has used its CPU, is busy."""

    def __init__(
        self,
        table: Table,
        now: Callable[[], float] = time.monotonic,
        cpu: Callable[[int], float] = process_cpu,
    ) -> None:
        self._table = table
        self._now = now
        self._cpu = cpu
        self._seen: dict[int, tuple[float, float]] = {}  # processor time, and idle since when

    def count_busy(self, pids: Iterable[int]) -> int:
        """Returns how many instances hold a request now."""
        held = self._table.open_requests()
        return sum(bool(held[pid]) for pid in pids)

    def find_idle(self, pids: Iterable[int], idle_seconds: float) -> list[int]:
        """Returns the instances that have been idle for so long, the longest first."""
        now, held = self._now(), self._table.open_requests()
        seen: dict[int, tuple[float, float]] = {}
        for pid in pids:
            used = self._cpu(pid)
            before, since = self._seen.get(pid, (-1.0, now))
            seen[pid] = (used, since if used == before and not held[pid] else now)
        self._seen = seen
        idle = [pid for pid, (_, since) in seen.items() if now - since >= idle_seconds]
        return sorted(idle, key=lambda pid: seen[pid][1])
