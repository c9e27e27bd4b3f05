"""Counts that the front's workers share: requests that wait and requests that are open.

A table in shared memory: a row for each worker, a column for each version. A worker writes its
own row only, so no lock is shared; everyone may add up a column. A dead worker's row is cleared
by the arbiter.
"""

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WORKERS = 64
VERSIONS = 256
COUNTS = 2
WAITING, OPEN = range(COUNTS)


class Table:
    """Made before the workers are forked, then shared by them."""

    def __init__(self) -> None:
        self._memory = memoryview(mmap.mmap(-1, WORKERS * VERSIONS * COUNTS * 4)).cast("i")
        self._lock = threading.Lock()
        self._row = 0

    def use_row(self, row: int) -> None:
        """Makes this process the writer of a row, from 0 to 63."""
        self._lock = threading.Lock()
        self._row = row % WORKERS
        self.clear_row(row)

    def clear_row(self, row: int) -> None:
        """Forgets what a worker counted: it has ended."""
        for column in range(VERSIONS):
            for count in (WAITING, OPEN):
                self._memory[self._place(row % WORKERS, column, count)] = 0

    def total(self, column: int, count: int) -> int:
        """Returns the sum over all workers."""
        return sum(self._memory[self._place(row, column, count)] for row in range(WORKERS))

    @contextmanager
    def counted(self, column: int, count: int) -> Iterator[None]:
        """Counts one request for as long as the block lasts."""
        place = self._place(self._row, column, count)
        with self._lock:
            self._memory[place] += 1
        try:
            yield
        finally:
            with self._lock:
                self._memory[place] -= 1

    @staticmethod
    def _place(row: int, column: int, count: int) -> int:
        return (row * VERSIONS + column % VERSIONS) * COUNTS + count
