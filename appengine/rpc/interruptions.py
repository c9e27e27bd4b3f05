"""Inside: an exception that another thread raises in a request's own, but never within the wire.

Python raises such an exception between any two steps. In the middle of a frame it would leave a
connection that nobody can read any more, and in the middle of a lock one that nobody opens.
"""

import ctypes
import threading
from types import TracebackType


class Interruption:
    """What may be raised, once, in the thread that makes this object.

    As a context it holds the exception back: what becomes due within is raised by `check`, or at
    the end. In other threads, of which none is interrupted, it does nothing. It does not nest.
    """

    def __init__(self, error: type[BaseException]) -> None:
        """Takes what is raised."""
        self._error = error
        self._thread = threading.get_ident()
        self._lock = threading.Lock()  # no Condition: that has steps in Python
        self._is_over = False
        self._is_held = False
        self._is_due = False
        self._was_raised = False

    def strike(self) -> None:
        """Raises the exception in the thread: at its next step, or when nothing holds it back."""
        with self._lock:
            if self._is_held:
                self._is_due = True
            elif not self._is_over:
                self._raise_at_next_step()

    def finish(self) -> None:
        """Lets nothing be raised from now on."""
        with self._lock:
            self._is_over = True
            if self._was_raised:  # but perhaps not yet there: the next request must not get it
                _raise_in(self._thread, None)

    def check(self) -> None:
        """Raises what has become due within the context."""
        if self._is_due and threading.get_ident() == self._thread:
            self._is_due = False
            raise self._error

    def __enter__(self) -> None:
        if threading.get_ident() == self._thread:
            with self._lock:
                self._is_held = True
            _step()  # what was raised before it was held back comes here

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if threading.get_ident() == self._thread:
            with self._lock:
                self._is_held = False
                if self._is_due and not self._is_over:
                    self._is_due = False
                    self._raise_at_next_step()

    def _raise_at_next_step(self) -> None:
        self._was_raised = True
        _raise_in(self._thread, self._error)


def _step() -> None:
    """Does nothing, where Python looks for exceptions from other threads."""


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raises an exception in a thread at its next step in Python; None takes one back."""
    what = ctypes.py_object() if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
