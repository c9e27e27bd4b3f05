"""The signals that end the server, quietly at whatever moment they come."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OF_A_SIGNAL = 128
"""What a shell adds to a signal's number for an exit status. Source: POSIX, sh, "Exit Status"."""


class Interrupted(BaseException):
    """A signal has come before there was anything to stop: what is open closes on the way out."""

    def __init__(self, number: int) -> None:
        """Takes the signal's number."""
        super().__init__(f"signal {number}")
        self.status = OF_A_SIGNAL + number


class StopSignals:
    """Ctrl-C, SIGTERM and SIGHUP, until `with` ends.

    First they raise; once there are processes and files to remove they are kept, and told to whom
    can remove them. A hangup that is ignored, as under nohup, stays so.
    """

    def __init__(self) -> None:
        self._before = {number: signal.getsignal(number) for number in NUMBERS}
        self._raises = True
        self._has_come = False
        self._tell: Callable[[], object] | None = None

    def __enter__(self) -> Self:
        """Takes the signals."""
        for number in self._taken():
            signal.signal(number, self._come)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Gives them back."""
        for number in self._taken():
            signal.signal(number, self._before[number])

    def keep(self) -> None:
        """Raises no more: from now on a signal waits for `listen`."""
        self._raises = False

    def listen(self, tell: Callable[[], object] | None) -> None:
        """Has `tell` called when a signal comes, at once where one has; None: nobody listens."""
        self._tell = tell
        if tell is not None and self._has_come:
            tell()

    def _come(self, number: int, frame: FrameType | None) -> None:
        if self._raises:
            raise Interrupted(number)
        self._has_come = True
        if self._tell is not None:
            self._tell()

    def _taken(self) -> list[signal.Signals]:
        ignored = self._before[signal.SIGHUP] is signal.SIG_IGN
        return [each for each in NUMBERS if not (ignored and each == signal.SIGHUP)]
