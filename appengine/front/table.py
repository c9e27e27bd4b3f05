"""Counts that the front's workers share: requests that wait, that are open, and who holds them.

A table in a shared file: a row for each worker, a column for each version. A worker writes its
own row only, so no lock is shared; everyone may add up a column. A dead worker's row is cleared
by the arbiter.
"""

import mmap
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSIONS = 256
COUNTS = 3
WAITING, OPEN, ENDED = range(COUNTS)
SLOTS = 128
"""Requests of one worker that instances may hold: as many as it has threads and a reserve."""

CLOCKS = 1024
"""Clocks of a worker that add up how long instances have held requests.

An instance has the clock of its process number modulo this; two on one clock are both taken for
busier than they are.
"""

CLOCK_LIMIT = 2**31
"""Counts and clocks start at 0 again there."""


class Table:
    """The counts in a file, which is made where it is not there.

    Behind the counts each worker has slots; one holds the process number of the instance that
    has one of its requests. Behind the slots it has clocks, in milliseconds.
    """

    def __init__(self, path: Path, workers: int) -> None:
        self.rows = 2 * workers + 2  # one that dies is replaced before its row is cleared
        self._holders = self.rows * VERSIONS * COUNTS
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._clocks = self._holders + self.rows * SLOTS
        # Not a hole: to write where a full disk has no page for it would kill the process.
        os.posix_fallocate(descriptor, 0, (self._clocks + self.rows * CLOCKS) * 4)
        self._memory = memoryview(mmap.mmap(descriptor, 0)).cast("i")
        os.close(descriptor)
        self._lock = threading.Lock()
        self._row = 0
        self._free = list(range(SLOTS))

    def use_row(self, row: int) -> None:
        """Makes this process the writer of a row, from 0 on."""
        self._lock = threading.Lock()
        self._row = row % self.rows
        self._free = list(range(SLOTS))
        self.clear_row(row)

    def clear_row(self, row: int) -> None:
        """Forgets what a worker counted: it has ended."""
        for column in range(VERSIONS):
            for count in (WAITING, OPEN):
                self._memory[self._place(row % self.rows, column, count)] = 0
        for slot in range(SLOTS):
            self._memory[self._slot(row % self.rows, slot)] = 0

    def total(self, column: int, count: int) -> int:
        """Returns the sum over all workers."""
        first = self._place(0, column, count)
        return sum(self._memory[first : first + self.rows])

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
                if count == OPEN:
                    ended = self._place(self._row, column, ENDED)
                    self._memory[ended] = (self._memory[ended] + 1) % CLOCK_LIMIT

    @contextmanager
    def held(self, pid: int) -> Iterator[None]:
        """Notes that an instance holds one request for as long as the block lasts."""
        with self._lock:
            slot = self._free.pop()
        self._memory[self._slot(self._row, slot)] = pid
        began = time.monotonic()
        try:
            yield
        finally:
            self._memory[self._slot(self._row, slot)] = 0
            held = int((time.monotonic() - began) * 1000) + 1
            clock = self._clocks + self._row * CLOCKS + pid % CLOCKS
            with self._lock:
                self._free.append(slot)
                self._memory[clock] = (self._memory[clock] + held) % CLOCK_LIMIT

    def open_requests(self) -> Counter[int]:
        """Returns how many requests each instance holds, by process number."""
        return Counter(pid for pid in self._memory[self._holders : self._clocks] if pid)

    def open_of(self, pid: int, column: int) -> int:
        """Returns how many requests an instance holds, one of them the caller's."""
        if self.total(column, OPEN) <= 1:
            return 1
        return self._memory[self._holders : self._clocks].tolist().count(pid) or 1

    def held_seconds(self, pid: int) -> float:
        """Returns how long an instance has held requests that have ended, all together.

        Only the difference of two answers means something.
        """
        places = range(self._clocks + pid % CLOCKS, len(self._memory), CLOCKS)
        return sum(self._memory[place] for place in places) / 1000

    def _slot(self, row: int, slot: int) -> int:
        return self._holders + row * SLOTS + slot

    def _place(self, row: int, column: int, count: int) -> int:
        return ((column % VERSIONS) * COUNTS + count) * self.rows + row
