"""An instance that forks for each request: a child serves it, alone, and ends with it.

The forking process itself reads nothing of a request. It stands where the zygote stands: the
zygote's wall is around it, and each child puts an instance's on top.
"""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from appengine.rpc.boot import READY
from appengine.sandbox.instance import take

HELD_SECONDS = 0.2
"""A child that did not end well stays findable for so long: the supervisor may ask how it ended."""

ENDS = (signal.SIGCHLD, signal.SIGALRM)


class ForkingInstance:
    """Accepts requests and forks for each."""

    def __init__(
        self,
        listener: socket.socket,
        most: int,
        fork: Callable[[], int],
        serve: Callable[[socket.socket], None],
    ) -> None:
        """Takes what a child is made of.

        Args:
            listener: of the version.
            most: children at a time.
            fork: forks, as `os.fork` does.
            serve: what a child does with its connection.
        """
        self._listener = listener
        self._most = most
        self._fork = fork
        self._serve = serve
        self._children: set[int] = set()
        self._dead: set[int] = set()

    def run(self, boot: socket.socket) -> NoReturn:
        """Tells the supervisor that it is ready, then serves for ever."""
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        signal.signal(signal.SIGALRM, lambda *_: self._bury())
        boot.send(READY)
        boot.recv(1)  # until the supervisor closes it: then it knows whose end to tell of
        boot.close()
        while True:
            self._wait_for_room()
            with take(self._listener) as connection:  # goes on after a child's end
                self._fork_for(connection)

    def _fork_for(self, connection: socket.socket) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until the child is known
        try:
            child = self._fork()
        except OSError:  # no process to be had: the front tries another instance
            child = -1
        if child == 0:
            self._become_child(connection)
        if child > 0:
            self._children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)

    def _become_child(self, connection: socket.socket) -> NoReturn:
        status = 70
        try:
            for number in ENDS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
            self._serve(connection)
            status = 0
        finally:
            os._exit(status)

    def _wait_for_room(self) -> None:
        if len(self._children) < self._most:
            return
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        self._reap()
        while len(self._children) >= self._most:
            if signal.sigwait(ENDS) == signal.SIGALRM:
                self._bury()
            self._reap()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)

    def _reap(self) -> None:
        """Lets go of the children that have ended; of those that ended badly, in a moment.

        The next child's end may interrupt it, and let go of all of them first.
        """
        for child in self._children - self._dead:
            with suppress(ChildProcessError):
                self._look_at(child)

    def _look_at(self, child: int) -> None:
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if (end := os.waitid(os.P_PID, child, look)) is None:
            return
        if (end.si_code, end.si_status) != (os.CLD_EXITED, 0):
            self._dead.add(child)
            signal.setitimer(signal.ITIMER_REAL, HELD_SECONDS)
            return
        os.waitpid(child, 0)
        self._children.discard(child)

    def _bury(self) -> None:
        while self._dead:
            child = self._dead.pop()
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
            self._children.discard(child)
