"""The operator's command, `--run_command`: it ends with the server, also where that is killed.

A guard of our own is its parent, whom the kernel tells of the server's end by closing a pipe.
"""

import os
import select
import signal
import subprocess
from contextlib import suppress

from appengine.supervisor.messages import readable
from appengine.supervisor.processes import start_python

SHELL = "/bin/sh"
GRACE_SECONDS = 1.0
"""From SIGTERM to SIGKILL."""

SIGNALLED = 128
"""The exit status of a command that a signal has ended is this and the signal's number."""


class Command:
    """A command that runs in a process group of its own."""

    def __init__(self, text: str, environ: dict[str, str]) -> None:
        """Starts a command of the shell.

        Args:
            text: the command.
            environ: all of its variables.

        Raises:
            OSError: no process can be started.
        """
        reader, self._lifeline = os.pipe()
        try:
            self._guard = start_python(
                "appengine.supervisor.command:guard",
                [str(reader), text],
                [reader],
                environ=environ,
                stdin=None,
            )
        finally:
            os.close(reader)

    async def wait(self) -> int:
        """Returns its exit status when it has ended."""
        pidfd = os.pidfd_open(self._guard.pid)
        try:
            await readable(pidfd)
        finally:
            os.close(pidfd)
        return self._guard.wait()

    def end(self) -> None:
        """Asks it to end; a second later what is left of its group is killed."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that ends when all of the group has been ended."""
        return self._guard


def guard(descriptor: str, text: str) -> None:
    """Runs a command until it ends, or the pipe's other end is closed; exits with its status."""
    lifeline = int(descriptor)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(lifeline)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and exec keeps so
            signal.signal(number, signal.SIG_DFL)
        os.execv(SHELL, [SHELL, "-c", text])  # noqa: S606  # the operator's own words
    with suppress(OSError):  # the child may have done it and begun
        os.setpgid(child, child)
    ended = os.pidfd_open(child)
    if not _is_readable(ended, lifeline):
        _signal(child, signal.SIGTERM)
        _is_readable(ended, seconds=GRACE_SECONDS)
    _signal(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else SIGNALLED - status)


def _is_readable(wanted: int, other: int = -1, seconds: float | None = None) -> bool:
    """Waits for one of two descriptors, or the time's end; returns whether it was the first."""
    watched = [wanted] if other < 0 else [wanted, other]
    found, _, _ = select.select(watched, [], [], seconds)
    return wanted in found


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
