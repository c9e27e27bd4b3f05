"""Fair locks: threads get theirs in the order in which they asked, processes by turns."""

import os
import threading
from collections import deque
from fcntl import LOCK_EX, LOCK_UN, flock
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


PROCESS_LOCKS = ("queue", "turn")
"""The ends of the names of a process lock's files."""


class ProcessTurns:
    """A lock between processes, which the kernel frees when its holder dies.

    There are two locks: who waits for the turn holds the queue meanwhile. So a process that ends
    its turn and wants the next one at once comes behind those that wait, though it need not wake.
    """

    def __init__(self, path: Path) -> None:
        """Remembers where the two files are, whose names begin with `path`."""
        self._path = path
        self._files: list[int] = []

    def take(self) -> None:
        """Waits for this process's turn."""
        while len(self._files) < len(PROCESS_LOCKS):
            name = f"{self._path}-{PROCESS_LOCKS[len(self._files)]}"
            self._files.append(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        queue, turn = self._files
        flock(queue, LOCK_EX)
        try:
            flock(turn, LOCK_EX)
        finally:
            flock(queue, LOCK_UN)

    def end(self) -> None:
        """Lets the next process go on."""
        flock(self._files[1], LOCK_UN)

    def close(self) -> None:
        """Closes the files; a turn that a parent process has goes on."""
        while self._files:
            os.close(self._files.pop())
