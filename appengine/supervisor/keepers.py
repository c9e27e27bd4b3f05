"""Keepers: the first process of each generation, one of them made before it is needed.

A keeper and its zygote know nothing until they are told their plan, so any will do for any version.
To fork one, to put it into a cgroup, and to begin the zygote's namespaces and root takes 30 ms,
which a new version need not wait for.
"""

import asyncio
import os
import socket
from pathlib import Path

import msgspec

from appengine.rpc.boot import FromKeeper, KeeperStarted, Prepare, decode, encode
from appengine.supervisor.cgroups import Cgroup, CgroupTree, Limits, remove_soon
from appengine.supervisor.instance_processes import kill, kill_child
from appengine.supervisor.logs import Label, Logs
from appengine.supervisor.messages import receive_from, send_descriptors

MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where. The kernel gives a keeper's namespace what there is when it is made."""

SPARE_SECONDS = 0.2
"""After one has been taken the next one is made: whoever took it is busy until then."""


class KeeperError(Exception):
    """There is no keeper: the nursery is gone, or the machine has no process to give."""


class Keeper:
    """A keeper that waits for its plan, or works by it.

    Attributes:
        control: the socket on which it, and later its zygote, are spoken to.
        pidfd: of its process, whose number is `pid`.
        label: what its lines in the log begin with.
        cgroup: of all processes that it will start; None: there are no cgroups here.
        mounts: what was mounted when it began: it sees nothing that was mounted later.
    """

    def __init__(self, control: socket.socket, pid: int, label: Label, mounts: bytes) -> None:
        """Takes what the kernel says of a keeper that has just started."""
        self.mounts = mounts
        self.control = control
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)  # it lives: it waits for its plan
        self.label = label
        self.cgroup: Cgroup | None = None

    def close(self) -> None:
        """Ends it and, by the kernel's hand, all processes that it has started."""
        if self.pidfd < 0:
            return
        self.control.close()
        kill_child(self.pid)
        kill(self.pidfd)
        os.close(self.pidfd)
        self.pidfd = -1
        if self.cgroup is not None:
            remove_soon(self.cgroup)


class Keepers:
    """Makes keepers; holds one in reserve."""

    def __init__(
        self, nursery: socket.socket, logs: Logs, cgroups: CgroupTree | None, isolated: bool
    ) -> None:
        """Takes the nursery's control socket; `isolated`: zygotes have namespaces of their own."""
        self._prepare = encode(Prepare(isolated))
        self._nursery = nursery
        self._logs = logs
        self._cgroups = cgroups
        self._spare: asyncio.Task[Keeper] | None = None

    def prepare(self) -> None:
        """Makes the one in reserve, if there is none."""
        if self._spare is None:
            self._spare = asyncio.get_running_loop().create_task(self._make())

    async def take(self) -> Keeper:
        """Returns a keeper, which is the caller's to close.

        Raises:
            KeeperError: none can be made.
        """
        self.prepare()
        spare, self._spare = self._spare, None
        assert spare is not None  # noqa: S101  # it has just been made
        asyncio.get_running_loop().call_later(SPARE_SECONDS, self.prepare)
        try:
            keeper = await spare
            if keeper.mounts != MOUNTS.read_bytes():  # its version may lie on what is new
                keeper.close()
                keeper = await self._make()
            return keeper
        except (OSError, msgspec.MsgspecError) as error:
            raise KeeperError(f"no process can be started: {error}") from error

    async def _make(self) -> Keeper:
        mounts = MOUNTS.read_bytes()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ours.setblocking(False)
        label = Label("keeper")
        try:
            output, errors = self._logs.pipe(label), self._logs.pipe(label)
            with theirs:
                send_descriptors(self._nursery, b"keeper", [theirs.fileno(), output, errors])
            os.close(output)
            os.close(errors)
            pid, data = await receive_from(ours)
            if not isinstance(decode(data, FromKeeper), KeeperStarted):
                raise KeeperError("a keeper did not start")
            keeper = Keeper(ours, pid, label, mounts)
        except BaseException:
            ours.close()
            raise
        try:
            keeper.cgroup = await self._confine(pid)
            ours.send(self._prepare)
        except BaseException:
            keeper.close()
            raise
        return keeper

    async def _confine(self, pid: int) -> Cgroup | None:
        if self._cgroups is None:
            return None
        try:
            return await self._cgroups.confine(f"keeper-{pid}", Limits(), pid)
        except OSError as error:
            self._logs.add(f"an application without a cgroup: {error}")
            return None

    def close(self) -> None:
        """Ends the one in reserve."""
        if self._spare is not None:
            self._spare.cancel()
            if self._spare.done() and not self._spare.cancelled():
                if self._spare.exception() is None:
                    self._spare.result().close()
        self._spare = None
