"""The processes of instances: held by pidfd, so that no number means another process."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from appengine.supervisor.cgroups import Cgroup


class InstanceProcess:
    """One instance, by the process number that the kernel gave us.

    Attributes:
        socket: on which it alone accepts; None: it has none.
    """

    def __init__(
        self, pid: int, parent: int, instance_id: str = "", *, is_request: bool = False
    ) -> None:
        """Takes the child of its parent.

        Args:
            pid: of an instance, or of the fork in which one serves a request.
            parent: the zygote, or the instance.
            instance_id: what it is called.
            is_request: whether it ends with one request.
        """
        self.pid = pid
        self.id = instance_id
        self.is_request = is_request
        self.pidfd = open_child(pid, parent)
        self.started = time.time()
        self.began = time.monotonic()
        self.cause = ""
        self.cgroup: Cgroup | None = None
        self.is_leaving = False
        self.socket: Path | None = None

    def release(self) -> None:
        """Lets an instance with a socket of its own take requests: a connection without one."""
        if self.socket is not None:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:  # it may have died
                connection.connect(str(self.socket))

    def forget(self) -> None:
        """Lets go of what belongs to a process that has ended."""
        os.close(self.pidfd)
        if self.socket is not None:
            self.socket.unlink(missing_ok=True)

    def kill(self, cause: str) -> None:
        """Kills it; `cause` is what its open requests and the log are told."""
        self.cause = self.cause or cause
        kill(self.pidfd)

    def leave(self, cause: str) -> None:
        """Asks it to finish its requests and to end."""
        self.is_leaving = True
        self.cause = self.cause or cause
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)


def open_child(pid: int, parent: int) -> int:
    """Returns a pidfd of a process.

    Raises:
        ProcessLookupError: it has ended; its number may be another's by now, who has another
            parent.
    """
    pidfd = os.pidfd_open(pid)
    if parent_of(pid) != parent:
        os.close(pidfd)
        raise ProcessLookupError(f"process {pid} is no child of {parent}")
    return pidfd


def children_of(pid: int) -> list[int]:
    """Returns the numbers of the children of all threads of a process, as the kernel tells."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, thread.read_text().split())
    return found


def parent_of(pid: int) -> int:
    """Returns the number of a process's parent; 0: there is no such process."""
    fields = _status(pid)
    return int(fields[1]) if fields else 0


def is_living(pid: int) -> bool:
    """Tells whether a process runs: it is there, and does not only wait to be reaped."""
    return _status(pid)[:1] not in ([], ["Z"], ["X"])


def _status(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def kill_child(keeper: int) -> None:
    """Kills a keeper's zygote, and with it all processes there, even while its walls are put up.

    Later on the keeper's end would do: it is tied to that.
    """
    for child in children_of(keeper):
        with suppress(OSError):  # it has ended
            zygote = open_child(child, keeper)
            kill(zygote)
            os.close(zygote)


def kill(pidfd: int) -> None:
    """Kills a process; nothing happens to one that has just died of something else."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
