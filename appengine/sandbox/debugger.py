"""The debugger in an instance: Python's debugger, on the terminal of `dev_appserver.py`.

The standard input of an instance is then a socket to the supervisor, which carries both ways. Two
bytes tell when the debugger begins to ask and when it has let the application go on: meanwhile
deadlines pause.
"""

import os
import pdb
import sys
import threading
from types import FrameType, TracebackType
from typing import IO, cast

from appengine.rpc.boot import DEBUGGER_BEGINS, DEBUGGER_ENDS
from appengine.rpc.client import transport
from appengine.rpc.pipe import Pipe
from appengine.sandbox.deadlines import SoftDeadlines

TERMINAL = 0
"""The descriptor that reads from the terminal, and writes to it."""


class _Output:
    """What the debugger prints."""

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "backslashreplace")
        os.write(TERMINAL, data.translate(None, DEBUGGER_BEGINS + DEBUGGER_ENDS))
        return len(text)

    def flush(self) -> None:
        """Does nothing: all is written at once."""


class InstanceDebugger(pdb.Pdb):
    """Python's debugger, at the other end of a socket; one thread at a time is asked."""

    turn = threading.Lock()

    def __init__(self, deadlines: SoftDeadlines) -> None:
        """Takes what pauses meanwhile."""
        self._deadlines = deadlines
        typed = open(
            TERMINAL, encoding="utf-8", errors="replace", closefd=False
        )  # as long as the process
        shown = cast(IO[str], _Output())
        super().__init__(stdin=typed, stdout=shown, nosigint=True, readrc=False)
        self.prompt = "(Pdb) "

    def interaction(self, frame: FrameType | None, traceback: object) -> None:
        """Asks what to do, until the application goes on."""
        pipe = transport.get()
        with (
            self.turn,
            self._deadlines.paused(pipe.interruption if isinstance(pipe, Pipe) else None),
        ):
            os.write(TERMINAL, DEBUGGER_BEGINS)
            try:
                super().interaction(frame, cast(TracebackType, traceback))
            finally:
                os.write(TERMINAL, DEBUGGER_ENDS)


def install(deadlines: SoftDeadlines) -> None:
    """Makes `breakpoint()` and `pdb.set_trace()` stop on the server's terminal."""

    def stop(*_: object, **__: object) -> None:
        InstanceDebugger(deadlines).set_trace(sys._getframe(1))

    sys.breakpointhook = stop
    pdb.set_trace = stop
