"""One generation of a version: a zygote in its cage, and the instances forked from it."""

import array
import asyncio
import os
import secrets
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from appengine.config.app_yaml import ApplicationConfig
from appengine.rpc.boot import (
    MAX_MESSAGE_BYTES,
    READY,
    CageFailed,
    FromKeeper,
    KeeperStarted,
    Plan,
    Spawn,
    ZygoteReady,
    decode,
    encode,
)
from appengine.supervisor.cgroups import Cgroup, CgroupTree
from appengine.supervisor.endings import why_it_ended
from appengine.supervisor.instance_processes import (
    InstanceProcess,
    kill,
    kill_child,
    open_child,
    parent_of,
)
from appengine.supervisor.logs import Logs
from appengine.supervisor.module_files import remove_files

MAX_PENDING = 64
"""Requests of a version that may wait for an instance: the backlog of its socket."""

START_SECONDS = 60.0
"""The most that loading the application may take."""

INSTANCE_SECONDS = 10.0
"""The most that one more instance may take."""

REAPED_SECONDS = 0.3
"""After the end of a request's process, the kernel says by then how it ended."""

CREDENTIALS = struct.Struct("3i")


class GenerationError(Exception):
    """There will be no instances: the cage or the loading of the application failed."""


class ZygoteGoneError(GenerationError):
    """The zygote has ended; whoever owns the generation is told of that by itself."""


class Generation:
    """A zygote and its instances, all accepting on one socket.

    Attributes:
        name: unique while the server runs.
        failures: the traceback of each script that could not be loaded.
        has_threads: loading the application has left threads running, which no fork takes along.
    """

    def __init__(
        self,
        config: ApplicationConfig,
        name: str,
        column: int,
        directory: Path,
        logs: Logs,
        on_death: Callable[["Generation", InstanceProcess], None],
        on_end: Callable[["Generation", str], None],
        ended: "Generation | None" = None,
        cgroups: CgroupTree | None = None,
    ) -> None:
        """Takes what it is made of; one that has `ended` leaves it its socket.

        The requests that wait there are then accepted by the new instances.
        """
        self.config = config
        self.name = name
        self.column = column
        self.socket = directory / f"{name}.sock"
        self.failures: dict[str, str] = {}
        self.files: Path | None = None
        self.instances: dict[int, InstanceProcess] = {}
        self._requests: dict[int, InstanceProcess] = {}
        self._cgroups = cgroups
        self._limits: tuple[int | None, int] = (None, 1)
        self.keeper_pid = self.zygote_pid = 0
        self.import_seconds = 0.0
        self.has_threads = False
        self._logs = logs
        self._on_death = on_death
        self._on_end = on_end
        self._keeper = self._zygote = -1  # pidfds: a number may be another process's by now
        self._owns_socket = True
        if ended is not None:
            self.socket, self._listener = ended.socket, ended.give_socket()
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.socket))
            self.socket.chmod(0o600)
            self._listener.listen(MAX_PENDING)
        self._control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._control.setblocking(False)
        self._spawning = asyncio.Lock()

    async def start(self, nursery: socket.socket, plan: Plan) -> None:
        """Makes keeper and zygote, and waits until the application is loaded.

        Raises:
            GenerationError: it failed, or took longer than 60 s.
        """
        self._limits = plan.memory_bytes, plan.processes
        output, errors = self._logs.pipe(self.label), self._logs.pipe(self.label)
        with self._theirs:
            _send_descriptors(nursery, b"keeper", [self._theirs.fileno(), output, errors])
        os.close(output)
        os.close(errors)
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._greet(plan)
        except TimeoutError:
            self.close()
            raise GenerationError(
                f"{self.label}: loading the application took longer than {START_SECONDS:.0f} s"
            ) from None
        except OSError as error:
            raise GenerationError(f"{self.label}: its first process is gone: {error}") from error

    async def _greet(self, plan: Plan) -> None:
        self.keeper_pid, _ = await self._receive(KeeperStarted)
        self._keeper = os.pidfd_open(self.keeper_pid)  # it lives: it waits for its plan
        self._control.send(encode(plan))
        self.zygote_pid, ready = await self._receive(ZygoteReady)
        self.failures = ready.failures
        self.import_seconds = ready.import_seconds
        self.has_threads = ready.threads > 1
        try:
            self._zygote = open_child(self.zygote_pid, self.keeper_pid)
        except ProcessLookupError:
            raise GenerationError(f"{self.label}: its zygote died at once") from None
        asyncio.get_running_loop().add_reader(self._zygote, self._notice_end)

    def _notice_end(self) -> None:
        cause = why_it_ended(self._zygote)
        self._forget_zygote()
        self._on_end(self, cause)

    def _forget_zygote(self) -> None:
        if self._zygote >= 0:
            asyncio.get_running_loop().remove_reader(self._zygote)
            os.close(self._zygote)
            self._zygote = -1

    async def _receive(self, kind: type[msgspec.Struct]) -> tuple[int, ZygoteReady]:
        """Returns who sent the next message, by the kernel's word, and the message."""
        pid, data = await _receive_from(self._control)
        if not data:
            raise GenerationError(f"{self.label}: its first process died while it started")
        try:
            message: KeeperStarted | ZygoteReady | CageFailed = decode(data, FromKeeper)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:  # the application may write too
            raise GenerationError(f"{self.label}: what it sent is no message: {error}") from error
        if isinstance(message, CageFailed):
            raise GenerationError(f"{self.label}: the sandbox cannot be put up: {message.reason}")
        if not isinstance(message, kind):
            raise GenerationError(f"{self.label}: unexpected {type(message).__name__}")
        return pid, message  # type: ignore[return-value]  # a KeeperStarted has no field to read

    @property
    def label(self) -> str:
        """The version's name in logs."""
        module = "" if self.config.module == "default" else f"/{self.config.module}"
        return f"{self.config.application}{module}"

    async def spawn(self, instance_id: str = "") -> InstanceProcess:
        """Starts one more instance and waits until it accepts.

        Args:
            instance_id: what it is called; by default, a number of its own.

        Raises:
            GenerationError: it did not become ready within 10 s, or is no new child of the zygote.
        """
        instance_id = instance_id or secrets.token_hex(16)
        async with self._spawning:
            mine, theirs = socket.socketpair()
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            mine.setblocking(False)
            with mine:
                await self._send_spawn(theirs, instance_id)
                try:
                    async with asyncio.timeout(INSTANCE_SECONDS):
                        pid, data = await _receive_from(mine)
                except TimeoutError:
                    raise GenerationError(f"{self.label}: an instance did not start") from None
            if data != READY:
                raise GenerationError(f"{self.label}: an instance died while it started")
            return self._adopt(pid, instance_id)

    async def _send_spawn(self, boot: socket.socket, instance_id: str) -> None:
        output, errors = self._logs.pipe(self.label), self._logs.pipe(self.label)
        try:
            numbers = [self._listener.fileno(), boot.fileno(), output, errors]
            _send_descriptors(self._control, encode(Spawn(instance_id)), numbers)
        except OSError as error:
            raise ZygoteGoneError(f"{self.label}: its zygote is gone") from error
        finally:
            boot.close()
            os.close(output)
            os.close(errors)

    def _adopt(self, pid: int, instance_id: str) -> InstanceProcess:
        if pid in self.instances:  # the zygote has run the application: it may say anything
            raise GenerationError(f"{self.label}: instance {pid} says that it is a second one")
        try:
            instance = InstanceProcess(pid, self.zygote_pid, instance_id)
        except ProcessLookupError:
            raise GenerationError(f"{self.label}: an instance died at once") from None
        instance.cgroup = self._make_cgroup(instance)
        self.instances[pid] = instance
        asyncio.get_running_loop().add_reader(instance.pidfd, self._bury, instance)
        return instance

    def _make_cgroup(self, instance: InstanceProcess) -> Cgroup | None:
        """Returns the instance's cgroup with it in it; None: its other limits hold alone."""
        if self._cgroups is None:
            return None
        try:
            cgroup = self._cgroups.make(instance.id, *self._limits)
        except OSError as error:
            self._logs.add(f"[{self.label}] an instance without a cgroup: {error}")
            return None
        with suppress(OSError):  # it has just ended
            cgroup.take(instance.pid)
        return cgroup

    def find(self, pid: int) -> InstanceProcess | None:
        """Returns the instance of a process number, or the fork in which one serves a request.

        Nobody tells of the forks, there may be hundreds a second: the kernel says whose they are.
        """
        if (known := self.instances.get(pid) or self._requests.get(pid)) is not None:
            return known
        instance = (
            self.instances.get(parent_of(pid)) if self.config.isolation == "request" else None
        )
        if instance is None:
            return None
        try:
            request = InstanceProcess(pid, instance.pid, instance.id, is_request=True)
        except ProcessLookupError:
            return None
        request.cgroup = instance.cgroup
        self._requests[pid] = request
        asyncio.get_running_loop().add_reader(request.pidfd, self._bury, request)
        return request

    def _bury(self, instance: InstanceProcess) -> None:
        asyncio.get_running_loop().remove_reader(instance.pidfd)
        if instance.is_request and not instance.cause:  # its parent takes a moment to reap it
            asyncio.get_running_loop().call_later(REAPED_SECONDS, self._forget, instance)
        else:
            self._forget(instance)

    def _forget(self, instance: InstanceProcess) -> None:
        if instance.cgroup is not None and instance.cgroup.has_killed() and not instance.cause:
            instance.cause = f"killed by SIGKILL: {_describe_memory(self._limits[0])}"
        instance.cause = instance.cause or why_it_ended(instance.pidfd)
        if instance.cgroup is not None and not instance.is_request:
            remove_cgroup(instance.cgroup)
        os.close(instance.pidfd)
        self.instances.pop(instance.pid, None)
        self._requests.pop(instance.pid, None)
        self._on_death(self, instance)

    def give_socket(self) -> socket.socket:
        """Returns the listening socket, which is another generation's from now on."""
        self._owns_socket = False
        return self._listener

    def take_socket_back(self, other: "Generation") -> None:
        """Owns the socket again: the other generation has failed."""
        other.give_socket()
        self._owns_socket = True

    def kill_zygote(self) -> None:
        """Ends all processes of the generation; its owner is then told that it has ended."""
        if self._zygote >= 0:
            kill(self._zygote)

    def close(self) -> None:
        """Ends the zygote and with it, by the kernel's hand, every instance."""
        self._forget_zygote()
        self._control.close()
        if self._owns_socket:
            self._listener.close()
            self.socket.unlink(missing_ok=True)
        if self._keeper >= 0:
            kill_child(self.keeper_pid)
            kill(self._keeper)
            os.close(self._keeper)
            self._keeper = -1
        if self.files is not None:
            remove_files(self.files)
            self.files = None


def _describe_memory(memory_bytes: int | None) -> str:
    return f"it held more memory than its {(memory_bytes or 0) // 2**20} MiB"


def remove_cgroup(cgroup: Cgroup, tries: int = 40) -> None:
    """Removes a cgroup, soon: its processes may not have ended quite."""
    if not cgroup.remove() and tries:
        asyncio.get_running_loop().call_later(0.05, remove_cgroup, cgroup, tries - 1)


def _send_descriptors(control: socket.socket, data: bytes, numbers: list[int]) -> None:
    rights = array.array("i", numbers)
    control.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


async def _receive_from(control: socket.socket) -> tuple[int, bytes]:
    """Returns the sender's process number, by the kernel's word, and the next message."""
    await readable(control)
    data, ancillary, _, _ = control.recvmsg(MAX_MESSAGE_BYTES, socket.CMSG_SPACE(CREDENTIALS.size))
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return CREDENTIALS.unpack(value)[0], data
    return 0, b""


async def readable(file: socket.socket | int) -> None:
    """Waits until there is something to read."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    number = file if isinstance(file, int) else file.fileno()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    loop.add_reader(number, wake)
    try:
        await future
    finally:
        loop.remove_reader(number)
