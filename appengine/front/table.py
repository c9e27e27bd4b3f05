"""Counts that the front's workers share: requests that wait and requests that are open.

A table in a shared file: a row for each worker, a column for each version. A worker writes its
own row only, so no lock is shared; everyone may add up a column. A dead worker's row is cleared
by the arbiter.
"""

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WORKERS = 64
VERSIONS = 256
COUNTS = 2
WAITING, OPEN = range(COUNTS)


class Table:
    """The counts in a file, which is made where it is not there."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.ftruncate(descriptor, WORKERS * VERSIONS * COUNTS * 4)
        self._memory = memoryview(mmap.mmap(descriptor, 0)).cast("i")
        os.close(descriptor)
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
        first = self._place(0, column, count)
        return sum(self._memory[first : first + WORKERS])

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
        return ((column % VERSIONS) * COUNTS + count) * WORKERS + row
