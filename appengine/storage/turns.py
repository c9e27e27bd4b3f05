"""A fair lock: threads get it in the order in which they asked."""

import threading
from collections import deque


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
