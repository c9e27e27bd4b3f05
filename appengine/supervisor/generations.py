"""One generation of a version: a zygote in its cage, and the instances forked from it."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.rpc.boot import READY, Plan, Spawn, ZygoteReady, encode
from appengine.supervisor.cgroups import CgroupTree, Limits, remove_soon
from appengine.supervisor.debugger import Debugger
from appengine.supervisor.endings import wait_for_cause, why_it_ended
from appengine.supervisor.instance_processes import (
    InstanceProcess,
    children_of,
    is_living,
    kill,
    kill_child,
    open_child,
    parent_of,
)
from appengine.supervisor.keepers import Keeper, KeeperError, Keepers
from appengine.supervisor.logs import Logs
from appengine.supervisor.messages import receive_from, send_descriptors
from appengine.supervisor.module_files import remove_files
from appengine.supervisor.ports import listen_unix
from appengine.supervisor.readiness import GenerationError, ZygoteGoneError, read_ready

MAX_PENDING = 512
"""Requests of a version that may wait for an instance: the backlog of its socket."""

OWN_DIGITS = 12
"""Of an instance's name in that of its own socket: paths of sockets are short."""

START_SECONDS = 60.0
"""The most that loading the application may take."""

INSTANCE_SECONDS = 10.0
"""The most that one more instance may take."""

REAPED_SECONDS = 0.3
"""After the end of a request's process, the kernel says by then how it ended."""


class Generation:
    """A zygote and its instances, all accepting on one socket.

    Attributes:
        name: unique while the server runs.
        failures: the traceback of each script that could not be loaded.
        loaded: when its files were read, in seconds since 1970.
        has_threads: loading the application has left threads running, which no fork takes along.
        owns_socket: requests that wait there are its own, no other generation's.
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
        debugger: Debugger | None = None,
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
        self._debugger = debugger
        self._limits = Limits()
        self._keeper: Keeper | None = None
        self.loaded = 0.0
        self.zygote_pid = 0
        self.import_seconds = 0.0
        self.has_threads = False
        self._logs = logs
        self._on_death = on_death
        self._on_end = on_end
        self._zygote = -1  # its pidfd: a number may be another process's by now
        self.owns_socket = True
        if ended is not None:
            self.socket, self._listener = ended.socket, ended.give_socket()
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self.socket))
            self.socket.chmod(0o600)
            self._listener.listen(MAX_PENDING)
        self._has_own_sockets = False
        self._spawning = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, keepers: Keepers, plan: Plan, processors: int) -> None:
        """Makes keeper and zygote, and waits until the application is loaded.

        Raises:
            GenerationError: it failed, or took longer than 60 s.
        """
        self._has_own_sockets = plan.has_own_socket
        self._limits = Limits(
            memory_bytes=plan.memory_bytes, processes=plan.processes, processors=processors
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                self._keeper = keeper = await keepers.take()
                keeper.label.text = self.label
                await self._greet(keeper, plan)
        except TimeoutError:
            self.close()
            raise GenerationError(
                f"{self.label}: loading the application took longer than {START_SECONDS:.0f} s"
            ) from None
        except (OSError, KeeperError) as error:
            raise GenerationError(f"{self.label}: its first process is gone: {error}") from error

    async def _greet(self, keeper: Keeper, plan: Plan) -> None:
        if keeper.cgroup is not None:
            keeper.cgroup.limit(self._limits)
        with suppress(OSError):  # it has ended; why, is to be received
            keeper.control.send(encode(plan))
        self.zygote_pid, ready = await self._receive(keeper)
        self.failures = ready.failures
        self.import_seconds = ready.import_seconds
        self.has_threads = ready.threads > 1
        try:
            self._zygote = open_child(self.zygote_pid, keeper.pid)
        except ProcessLookupError:
            raise GenerationError(f"{self.label}: its zygote died at once") from None
        asyncio.get_running_loop().add_reader(self._zygote, self._notice_end)

    def _notice_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._zygote)
        self._run(self._tell_end(self._zygote))

    async def _tell_end(self, zygote: int) -> None:
        cause = await wait_for_cause(zygote)  # the keeper takes a moment to reap it
        if self._zygote == zygote:
            self._forget_zygote()
            self._on_end(self, self._describe_memory() if self._has_killed() else cause)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _forget_zygote(self) -> None:
        if self._zygote >= 0:
            asyncio.get_running_loop().remove_reader(self._zygote)
            os.close(self._zygote)
            self._zygote = -1

    async def _receive(self, keeper: Keeper) -> tuple[int, ZygoteReady]:
        """Returns the number of the zygote, by the kernel's word, and what it says."""
        pid, data = await receive_from(keeper.control)
        if not data:
            what = f"{self.label}: its first process died while it started"
            cause = await wait_for_cause(keeper.pidfd)
            cause = self._describe_memory() if self._has_killed() else cause
            raise GenerationError(f"{what}: {cause}")
        return pid, read_ready(self.label, data)

    @property
    def is_spawning(self) -> bool:
        """Whether the zygote has been told to fork and has not done so yet."""
        return self._spawning.locked()

    @property
    def has_ended(self) -> bool:
        """Whether its zygote has been there and is no more."""
        return bool(self.zygote_pid) and self._zygote < 0

    def staying(self) -> dict[int, InstanceProcess]:
        """Returns the instances that take requests, by process number."""
        return {pid: each for pid, each in self.instances.items() if not each.is_leaving}

    @property
    def forks(self) -> bool:
        """Whether instances fork for each request."""
        return self.config.isolation == "request"

    @property
    def keeper_pid(self) -> int:
        """The keeper's process number; 0: there is none."""
        return self._keeper.pid if self._keeper is not None else 0

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
                own = await self._send_spawn(theirs, instance_id)
                try:
                    async with asyncio.timeout(INSTANCE_SECONDS):
                        pid, data = await receive_from(mine)
                except TimeoutError:
                    raise GenerationError(f"{self.label}: an instance did not start") from None
                if data != READY:
                    raise GenerationError(f"{self.label}: an instance died while it started")
                return self._adopt(pid, instance_id, own)  # before that it takes no request

    async def _send_spawn(self, boot: socket.socket, instance_id: str) -> Path | None:
        """Tells the zygote to fork; returns the new instance's own socket, if it has one."""
        output, errors = self._logs.pipe(self.label), self._logs.pipe(self.label)
        own: Path | None = None
        further: list[socket.socket] = []
        try:
            numbers = [self._listener.fileno(), boot.fileno(), output, errors]
            if self._has_own_sockets:
                own = self.socket.with_name(f"{self.name}.{instance_id[:OWN_DIGITS]}.sock")
                further.append(listen_unix(own))
            if self._debugger is not None:
                further.append(self._debugger.attach(instance_id))
            numbers += [each.fileno() for each in further]
            if self._keeper is None:
                raise OSError("no keeper")
            send_descriptors(self._keeper.control, encode(Spawn(instance_id)), numbers)
        except OSError as error:
            raise ZygoteGoneError(f"{self.label}: its zygote is gone") from error
        else:
            return own
        finally:
            for each in (boot, *further):
                each.close()
            os.close(output)
            os.close(errors)

    def _adopt(self, pid: int, instance_id: str, own: Path | None) -> InstanceProcess:
        if pid in self.instances:  # the zygote has run the application: it may say anything
            raise GenerationError(f"{self.label}: instance {pid} says that it is a second one")
        try:
            instance = InstanceProcess(pid, self.zygote_pid, instance_id)
        except ProcessLookupError:
            raise GenerationError(f"{self.label}: an instance died at once") from None
        instance.socket = own
        self.instances[pid] = instance
        if self._cgroups is not None:
            self._run(self._confine(instance, self._cgroups))
        asyncio.get_running_loop().add_reader(instance.pidfd, self._bury, instance)
        return instance

    async def _confine(self, instance: InstanceProcess, cgroups: CgroupTree) -> None:
        """Puts an instance into a cgroup of its own; until then it is in its zygote's."""
        try:
            cgroup = await cgroups.confine(instance.id, self._limits, instance.pid)
        except OSError as error:
            self._logs.add(f"[{self.label}] an instance without a cgroup: {error}")
            return
        if instance.pid in self.instances:
            instance.cgroup = cgroup
        else:
            remove_soon(cgroup)

    def find(self, pid: int) -> InstanceProcess | None:
        """Returns the instance of a process number, or the fork in which one serves a request.

        Nobody tells of the forks, there may be hundreds a second: the kernel says whose they are.
        """
        if (known := self.instances.get(pid) or self._requests.get(pid)) is not None:
            return known
        instance = self.instances.get(parent_of(pid)) if self.forks else None
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

    def find_strays(self) -> set[int]:
        """Returns the living processes of the application that we have not asked for.

        Call it while nothing is spawned.
        """
        found = set(children_of(self.zygote_pid)) if self.zygote_pid else set()
        if self._keeper is not None and self._keeper.cgroup is not None:
            found |= self._keeper.cgroup.processes()
        known = {self.keeper_pid, self.zygote_pid, *self.instances}
        if not self.zygote_pid and self.keeper_pid:  # it loads the application
            known |= set(children_of(self.keeper_pid))
        return {
            pid for pid in found - known if parent_of(pid) not in self.instances and is_living(pid)
        }

    def let_go(self, instance: InstanceProcess, cause: str, seconds: float) -> None:
        """Has an instance finish its requests and end; kills it after so many seconds."""
        if not instance.is_leaving:
            instance.leave(cause)
            asyncio.get_running_loop().call_later(seconds, self._end_late, instance)

    def _end_late(self, instance: InstanceProcess) -> None:
        if self.instances.get(instance.pid) is instance:
            instance.kill(instance.cause)

    def _bury(self, instance: InstanceProcess) -> None:
        asyncio.get_running_loop().remove_reader(instance.pidfd)
        if instance.is_request and not instance.cause:  # its parent takes a moment to reap it
            asyncio.get_running_loop().call_later(REAPED_SECONDS, self._forget, instance)
        else:
            self._forget(instance)

    def _forget(self, instance: InstanceProcess) -> None:
        if not instance.cause and self._has_killed(instance):
            instance.cause = self._describe_memory()
        instance.cause = instance.cause or why_it_ended(instance.pidfd)
        if instance.cgroup is not None and not instance.is_request:
            remove_soon(instance.cgroup)
        instance.forget()
        self.instances.pop(instance.pid, None)
        self._requests.pop(instance.pid, None)
        self._on_death(self, instance)

    def _has_killed(self, instance: InstanceProcess | None = None) -> bool:
        """Returns whether the kernel has killed for memory, in any cgroup that it may have been in.

        An instance is in its zygote's at first, and so are the forks that it makes then.
        """
        parents = [each for each in self.instances.values() if instance and each.id == instance.id]
        found = [each.cgroup for each in (instance, self._keeper, *parents) if each is not None]
        return any([cgroup.has_killed() for cgroup in dict.fromkeys(found) if cgroup is not None])

    def _describe_memory(self) -> str:
        mebibytes = (self._limits.memory_bytes or 0) // 2**20
        return f"killed by SIGKILL: it held more memory than its {mebibytes} MiB"

    def give_socket(self) -> socket.socket:
        """Returns the listening socket, which is another generation's from now on."""
        self.owns_socket = False
        return self._listener

    def take_socket_back(self, other: "Generation") -> None:
        """Owns the socket again: the other generation has failed."""
        other.give_socket()
        self.owns_socket = True

    def refuse(self) -> None:
        """Closes its socket, if it is its own: requests that wait there are told so."""
        if self.owns_socket:
            self._listener.close()
            self.socket.unlink(missing_ok=True)
            self.owns_socket = False

    def kill_zygote(self) -> None:
        """Ends all processes of the generation; its owner is then told that it has ended."""
        if self._zygote >= 0:
            kill(self._zygote)
        elif self._keeper is not None:
            kill_child(self._keeper.pid)

    def close(self) -> None:
        """Ends the zygote and with it, by the kernel's hand, every instance."""
        self._forget_zygote()
        self.refuse()
        if self._keeper is not None:
            self._keeper.close()
        if self.files is not None:
            remove_files(self.files)
            self.files = None
