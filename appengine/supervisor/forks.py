"""The servers: forks of the supervisor, so that what all of them have loaded is in memory once.

They run our own code only (docs/decisions/0018-the-servers-are-forks.md). Like an exec'd child,
each has nothing of the supervisor's but what is named: descriptors, environment, session.
"""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection
from typing import NoReturn

from appengine.front.parents import die_with_parent, name_process
from appengine.supervisor.processes import child_environment


class Fork:
    """A child of this process, as far as the supervisor asks: the part of `Popen` that it uses.

    Attributes:
        pid: its process number.
        returncode: its exit status, negative for a signal; None while it runs.
    """

    def __init__(self, pid: int) -> None:
        """Takes the number of a child that has not been waited for."""
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Returns the exit status, or None while it runs."""
        if self.returncode is None:
            self._wait(os.WNOHANG)
        return self.returncode

    def wait(self) -> int:
        """Waits for its end; returns the exit status."""
        while self.returncode is None:
            self._wait(0)
        return self.returncode

    def terminate(self) -> None:
        """Asks it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _wait(self, options: int) -> None:
        found, status = os.waitpid(self.pid, options)
        if found:
            self.returncode = os.waitstatus_to_exitcode(status)


def share_memory() -> None:
    """Prepares what is loaded for forks: no collection will write to its pages."""
    gc.collect()
    gc.freeze()


def fork(name: str, serve: Callable[[], None], descriptors: Collection[int]) -> Fork:
    """Starts a child that serves, and ends when `serve` returns or with this process.

    There must be no thread and no event loop yet.

    Args:
        name: at most 15 bytes, for `ps` and `top`.
        descriptors: what it inherits, beside its standard output and standard error.
    """
    parent = os.getpid()
    if pid := os.fork():
        return Fork(pid)
    status = 1
    try:
        _leave(parent, name, descriptors)
        serve()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # nothing may return into the supervisor's code
        traceback.print_exc()
    _exit(status)


def _leave(parent: int, name: str, descriptors: Collection[int]) -> None:
    """Gives up what is the supervisor's."""
    die_with_parent(parent)
    os.setsid()
    name_process(name)
    signal.set_wakeup_fd(-1)
    for handled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(handled, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    kept = {0, 1, 2, *descriptors}
    for number in [int(entry) for entry in os.listdir("/dev/fd")]:
        if number not in kept:
            _close(number)
    environ = child_environment()
    for variable in os.environ.keys() - environ.keys():
        del os.environ[variable]


def _close(number: int) -> None:
    try:
        os.close(number)
    except OSError:  # that with which the list was read
        return


def _exit(status: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(status)
