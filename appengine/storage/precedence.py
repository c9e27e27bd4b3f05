"""Precedence: whoever has lost before is not overtaken again, for a short while."""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from appengine.storage.patience import seconds_left
from appengine.storage.turns import COUNTER_BYTES, QUEUE

HOLD_SECONDS = 0.1
"""How long precedence lasts unless its holder is done before; also the longest wait for it."""

WAIT_SECONDS = 2.0
"""Longest wait of those that have lost before for each other."""

POLL_SECONDS = 0.0005
"""Pause between two looks at a place that another process has."""

PLACES = 4096
"""Of what somebody may go first in; names that share a place wait for each other, no more."""

PLACE_BYTES = 8
"""Of each place in the file, behind the number of the last ticket."""


class _Stand:
    """Where a thread stands in its process's line for a place."""

    def __init__(self) -> None:
        self.bell = threading.Lock()
        self.bell.acquire()
        self.until = 0  # when the next one may come, if this one has not gone before

    def begin(self) -> None:
        """Makes it the first one, which now waits for other processes alone."""
        self.until = time.monotonic_ns() + 2 * _hold_ns()
        self.bell.release()


class _Hold:
    """What one ticket holds."""

    def __init__(self, stands: dict[int, _Stand]) -> None:
        self.stands = stands
        self.done = threading.Event()


class Precedence:
    """Places in a file that all processes see, each with the time until which it is held.

    A time that has passed, or is further away than a hold can be, means that nobody has the place:
    who dies with one gives it back by doing nothing, also across a restart of the machine. The
    times are those of the monotonic clock, in nanoseconds; each is also its holder's ticket. The
    threads of a process get a place in the order in which they asked, processes by chance. A file
    that cannot be used gives nobody precedence, and stops nobody.
    """

    def __init__(self, path: Path) -> None:
        """Remembers where the file is, whose name begins with `path`."""
        self._path = path
        self._file = -1
        self._mutex = threading.Lock()
        self._lines: dict[int, deque[_Stand]] = {}
        self._holds: dict[int, _Hold] = {}

    def take(self, names: Iterable[bytes]) -> int:
        """Waits until nobody goes first in any of `names`; returns the ticket of who does now.

        It is 0, and nothing is held, where that has taken too long or the file cannot be used.
        """
        for passed in [each for each in tuple(self._holds) if each <= time.monotonic_ns()]:
            self.end(passed)
        end = time.monotonic() + seconds_left(WAIT_SECONDS)
        stands: dict[int, _Stand] = {}
        for place in sorted({_place_of(name) for name in names}):  # one order: no deadlocks
            stands[place] = _Stand()
            if not self._queue(place, stands[place], end) or not self._wait(place, end):
                self._leave(stands)
                return 0
        with self._mutex:
            ticket = time.monotonic_ns() + _hold_ns()
            while ticket in self._holds:
                ticket += 1
            self._holds[ticket] = _Hold(stands)
            for stand in stands.values():
                stand.until = ticket
        if self._write(stands, ticket):
            return ticket
        self.end(ticket)
        return 0

    def give_way(self, names: Iterable[bytes], ticket: int = 0) -> None:
        """Waits for those that go first, as long as they may, unless `ticket`'s holder asks."""
        if ticket > time.monotonic_ns():
            return
        end = 0.0
        for place in map(_place_of, names):
            until = self._read(place)
            if _is_held(until):
                end = end or time.monotonic() + seconds_left(HOLD_SECONDS)
                self._wait_for(place, until, end)

    def end(self, ticket: int) -> None:
        """Gives back what a ticket holds; one of another process, or that has passed, nothing."""
        with self._mutex:
            hold = self._holds.pop(ticket, None)
        if hold is not None:
            self._write([place for place in hold.stands if self._read(place) == ticket], 0)
            hold.done.set()
            self._leave(hold.stands)

    def close(self) -> None:
        """Closes the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _queue(self, place: int, mine: _Stand, end: float) -> bool:
        """Waits until this thread is its process's first in the line for a place."""
        with self._mutex:
            line = self._lines.setdefault(place, deque())
            line.append(mine)
            if line[0] is mine:
                mine.begin()
        while True:
            with self._mutex:
                first = line[0]
            left = min(end - time.monotonic(), (first.until - time.monotonic_ns()) / 1e9)
            if mine.bell.acquire(timeout=max(0.0, left)):
                return True
            with self._mutex:
                if line[0] is mine:
                    return True
                if line[0].until <= time.monotonic_ns():  # it has taken too long
                    line.popleft()
                    line[0].begin()
                elif time.monotonic() >= end:
                    return False

    def _leave(self, stands: dict[int, _Stand]) -> None:
        with self._mutex:
            for place, mine in stands.items():
                line = self._lines.get(place, deque())
                if line and line[0] is mine:
                    line.popleft()
                    if line:
                        line[0].begin()
                elif mine in line:
                    line.remove(mine)
                if not line:
                    self._lines.pop(place, None)

    def _wait(self, place: int, end: float) -> bool:
        """Waits until no process has a place; returns False if that takes too long."""
        while _is_held(self._read(place)):
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _wait_for(self, place: int, until: int, end: float) -> None:
        """Waits for the one who has a place, and for nobody who comes behind."""
        hold = self._holds.get(until)
        if hold is not None:
            left = min(end - time.monotonic(), (until - time.monotonic_ns()) / 1e9)
            hold.done.wait(max(0.0, left))
            return
        while _is_held(until) and self._read(place) == until and time.monotonic() < end:
            time.sleep(POLL_SECONDS)

    def _read(self, place: int) -> int:
        try:
            data = os.pread(self._open(), PLACE_BYTES, COUNTER_BYTES + place * PLACE_BYTES)
        except OSError:
            return 0
        return int.from_bytes(data, "little")

    def _write(self, places: Iterable[int], value: int) -> bool:
        data = value.to_bytes(PLACE_BYTES, "little")
        with contextlib.suppress(OSError):
            for place in places:
                os.pwrite(self._open(), data, COUNTER_BYTES + place * PLACE_BYTES)
            return True
        return False

    def _open(self) -> int:
        with self._mutex:
            if self._file < 0:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                self._file = os.open(f"{self._path}-{QUEUE}", flags, 0o600)
            return self._file


def _hold_ns() -> int:
    return int(HOLD_SECONDS * 1e9)


def _place_of(name: bytes) -> int:
    return crc32(name) % PLACES


def _is_held(until: int) -> bool:
    return 0 < until - time.monotonic_ns() <= _hold_ns()
