"""The platform clock: dates and expiry, one offset that every process shares."""

import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

SIZE = 8
"""Bytes of the shared state: one integer, so that a reader can never see half of a change."""

MICROSECONDS = 1_000_000
"""Microseconds in a second."""


class Clock:
    """Tells the time of the platform, in seconds since 1970 (UTC).

    It runs with the machine's clock until somebody sets, advances or freezes it. All clocks on
    one file show the same time; a clock without a file shares its time with forked processes.
    Deadlines, leases and latencies use the monotonic clock instead.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._mutex = threading.Lock()
        self._file = -1 if path is None else _open(path)
        self._memory = mmap.mmap(self._file, SIZE)
        # One aligned integer: twice the offset from the machine's clock in microseconds, or, if
        # odd, twice the instant at which the clock stands still, plus one.
        self._state = memoryview(self._memory).cast("q")

    def now(self) -> float:
        """Returns the time in seconds."""
        return self.now_microseconds() / MICROSECONDS

    def now_microseconds(self) -> int:
        """Returns the time in microseconds."""
        state = self._state[0]
        return state >> 1 if state & 1 else _machine_time() + (state >> 1)

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return bool(self._state[0] & 1)

    def set(self, seconds: float) -> None:
        """Makes it `seconds` since 1970 now; a running clock runs on, a frozen one stays frozen."""
        with self._change():
            self._show(round(seconds * MICROSECONDS), self.is_frozen)

    def advance(self, seconds: float) -> None:
        """Moves the time on by `seconds`, which may be negative."""
        with self._change():
            self._state[0] += 2 * round(seconds * MICROSECONDS)

    def freeze(self, seconds: float | None = None) -> None:
        """Stops the clock, now or at `seconds` since 1970."""
        with self._change():
            now = self.now_microseconds() if seconds is None else round(seconds * MICROSECONDS)
            self._show(now, frozen=True)

    def resume(self) -> None:
        """Lets a frozen clock run on from where it stands."""
        with self._change():
            self._show(self.now_microseconds(), frozen=False)

    def reset(self) -> None:
        """Shows the machine's time again."""
        with self._change():
            self._state[0] = 0

    def _show(self, microseconds: int, frozen: bool) -> None:
        offset = microseconds if frozen else microseconds - _machine_time()
        self._state[0] = offset << 1 | frozen

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Keeps other changes away, also those of other processes."""
        with self._mutex:
            if self._file < 0:
                yield
                return
            flock(self._file, LOCK_EX)
            try:
                yield
            finally:
                flock(self._file, LOCK_UN)


def _machine_time() -> int:
    return time.time_ns() // 1000


def _open(path: Path) -> int:
    """Returns a file of at least `SIZE` bytes; new bytes are zero: the machine's time."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(file).st_size < SIZE:
        os.posix_fallocate(file, 0, SIZE)  # no hole: a full disk would kill who sets the clock
    return file
