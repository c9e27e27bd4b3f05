"""Fair locks: threads get theirs in the order in which they asked, processes by turns."""

import os
import struct
import threading
from collections import deque
from fcntl import F_OFD_SETLK, F_OFD_SETLKW, F_RDLCK, F_UNLCK, F_WRLCK, fcntl
from pathlib import Path


class Turns:
    """A lock that is handed from thread to thread, first come, first served."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    def take(self, timeout_seconds: float) -> bool:
        """Waits for this thread's turn; returns False if it has not come in time."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            bell = threading.Lock()
            bell.acquire()
            self._waiting.append(bell)
        if bell.acquire(timeout=timeout_seconds):
            return True
        with self._mutex:
            if bell in self._waiting:
                self._waiting.remove(bell)
                return False
        return True  # it came between the time-out and here

    def pass_on(self) -> bool:
        """Gives the turn to the thread that has waited longest; returns False if none waits."""
        with self._mutex:
            if not self._waiting:
                return False
            self._waiting.popleft().release()
            return True

    def end(self) -> None:
        """Gives the turn to the next thread, or to whoever comes."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _Waiter(threading.Thread):
    """Waits for the lock of the ticket before, in a file that it closes."""

    def __init__(self, file: int, ticket: int) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self._file, self._ticket = file, ticket
        self._mutex = threading.Lock()
        self._given_up = False

    def run(self) -> None:
        _set_lock(self._file, F_OFD_SETLKW, F_RDLCK, self._ticket - 1)
        _set_lock(self._file, F_OFD_SETLK, F_UNLCK, self._ticket - 1)
        with self._mutex:
            self.over.set()
            if self._given_up:
                _set_lock(self._file, F_OFD_SETLK, F_UNLCK, self._ticket)
        os.close(self._file)

    def give_up(self) -> bool:
        """Has the turn passed on when it comes; returns False if it has come."""
        with self._mutex:
            self._given_up = not self.over.is_set()
            return self._given_up


def _set_lock(file: int, command: int, kind: int, place: int) -> None:
    fcntl(file, command, _LOCK.pack(kind, os.SEEK_SET, place, 1, 0))


QUEUE = "queue"
"""The end of the name of the file in whose locks processes queue."""

COUNTER_BYTES = 8
"""Bytes at the file's beginning: the number of the last ticket. Tickets' locks lie behind."""

_LOCK = struct.Struct("hhqqi4x")  # struct flock: type, whence, start, length, process
_MUTEX = 0
"""The place of the lock that is held while a ticket is taken; a ticket's place is its number."""


class ProcessTurns:
    """A lock that processes get in the order in which they asked, and that dies with its holder.

    Who asks takes a ticket, locks the ticket's place in a file, then waits for the lock of the
    ticket before: each waits for one other, so the end of a turn wakes one process and no crowd.
    The kernel frees the locks of a process that dies; if it was still waiting, who came after it
    goes ahead too early, and waits for SQLite's own lock instead.
    """

    def __init__(self, path: Path) -> None:
        """Remembers where the file is, whose name begins with `path`."""
        self._path = path
        self._file = -1
        self._ticket = 0

    def take(self, timeout_seconds: float) -> bool:
        """Waits for this process's turn; returns False if it has not come in time."""
        if self._file < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._file = os.open(f"{self._path}-{QUEUE}", flags, 0o600)
        self._lock(F_OFD_SETLKW, F_WRLCK, _MUTEX)
        try:
            mine, number = self._ticket, os.pread(self._file, COUNTER_BYTES, 0)
            last = int.from_bytes(number, "little")
            self._ticket = last + 1
            os.pwrite(self._file, self._ticket.to_bytes(COUNTER_BYTES, "little"), 0)
            self._lock(F_OFD_SETLK, F_WRLCK, self._ticket)
        finally:
            self._lock(F_OFD_SETLK, F_UNLCK, _MUTEX)
        if last in (0, mine):  # nobody has come since this process's own last turn
            return True
        return self._passes(last) or self._wait(timeout_seconds)

    def _passes(self, place: int) -> bool:
        """Returns whether a ticket's turn is over already."""
        try:
            self._lock(F_OFD_SETLK, F_RDLCK, place)
        except BlockingIOError:
            return False
        self._lock(F_OFD_SETLK, F_UNLCK, place)
        return True

    def _wait(self, timeout_seconds: float) -> bool:
        """Waits until the turn before is over; returns False, and gives up, if it takes too long.

        The kernel's wait has no time-out, so another thread waits. It keeps the ticket, for those
        that have come later, until the turn before is over.
        """
        waiter = _Waiter(os.dup(self._file), self._ticket)
        waiter.start()
        if waiter.over.wait(timeout_seconds) or not waiter.give_up():
            return True
        self.close()  # the next ticket is another file's: locks of one file do not stop each other
        self._ticket = -1
        return False

    def end(self) -> None:
        """Lets the next process go on."""
        self._lock(F_OFD_SETLK, F_UNLCK, self._ticket)

    def close(self) -> None:
        """Closes the file; a turn that a parent process has goes on."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock(self, command: int, kind: int, place: int) -> None:
        _set_lock(self._file, command, kind, place)
