"""The supervisor: the command's first process, which owns every other one and every socket."""

import asyncio
import os
import socket
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.dispatch_yaml import DispatchConfig
from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings
from appengine.front.options import RunOptions
from appengine.front.routes import Routes, publish
from appengine.front.table import Table
from appengine.rpc.boot import Layer
from appengine.rpc.control import (
    AskPause,
    AskStatus,
    Done,
    InstanceQuestion,
    Question,
    Quit,
    Record,
    WorkerReady,
)
from appengine.storage.errors import StorageError
from appengine.storage.tokens import make_code
from appengine.supervisor import control, questions
from appengine.supervisor.addresses import Addresses, ApplicationAddress, make_url
from appengine.supervisor.cgroups import CgroupTree, open_cgroups
from appengine.supervisor.children import SERVERS, Children
from appengine.supervisor.data import open_seed, open_storage_directory, prepare_data
from appengine.supervisor.debugger import Debugger
from appengine.supervisor.dispatching import DispatchRules
from appengine.supervisor.keepers import Keepers
from appengine.supervisor.layers import SandboxError, choose_layers, describe_layers, missing_system
from appengine.supervisor.lifecycle import Lifecycle
from appengine.supervisor.logs import Logs
from appengine.supervisor.options import make_options
from appengine.supervisor.ports import PortError, is_loopback, listen_for, listen_unix, port_of
from appengine.supervisor.processes import raise_file_limit
from appengine.supervisor.runtime import Runtime, check_place, remove_stale
from appengine.supervisor.signals import Interrupted, StopSignals
from appengine.supervisor.status import Statistics, make_status
from appengine.supervisor.users import Users
from appengine.supervisor.versions import ModuleServer, Platform
from appengine.supervisor.watch import watch

USAGE_ERROR = 2
SANDBOX_ERROR = 78
"""Exit status where a needed layer of the sandbox is missing: EX_CONFIG."""

GOODBYE_SECONDS = 0.4
"""What instances get that are asked to stop when the server does."""

NO_DEBUGGER = "--debugger: only where nobody else can reach the server, as at --host=localhost"

QUIT_SECONDS = 0.1
"""The page that stops the server is still answered."""


def run(
    settings: Settings,
    applications: Sequence[ApplicationConfig],
    dispatch: Sequence[DispatchConfig] = (),
) -> int:
    """Serves applications until it is told to stop; returns the exit status."""
    if lacking := missing_system():
        print(f"dev_appserver.py: {lacking}", file=sys.stderr)
        return SANDBOX_ERROR
    raise_file_limit()
    with StopSignals() as signals:
        try:
            check_place([config.directory for config in applications])
            remove_stale()
            storage = open_storage_directory(settings, applications)
            with open_seed(settings, applications, storage.path) as seed:
                listeners = listen_for(settings, [config.module for config in applications])
                if settings.debugger and not all(map(is_loopback, listeners)):
                    raise PortError(NO_DEBUGGER)
                for line in prepare_data(settings, applications, storage.path, seed):
                    print(line, file=sys.stderr)
            signals.keep()
        except (PortError, StorageError) as error:
            print(f"dev_appserver.py: {error}", file=sys.stderr)
            return USAGE_ERROR
        except ConfigurationError as error:
            print(error, file=sys.stderr)
            return USAGE_ERROR
        except OSError as error:
            print(f"dev_appserver.py: no directory for temporary files: {error}", file=sys.stderr)
            return USAGE_ERROR
        except Interrupted as interrupted:
            return interrupted.status
        try:
            return _serve(settings, applications, listeners, storage.path, dispatch, signals)
        finally:
            storage.close()


def _serve(
    settings: Settings,
    applications: Sequence[ApplicationConfig],
    listeners: list[socket.socket],
    storage: Path,
    dispatch: Sequence[DispatchConfig],
    signals: StopSignals,
) -> int:
    """Serves in a directory of its own for this run; returns the exit status."""
    runtime = None
    try:
        runtime = Runtime(settings.memcache_size * 2**20 * len(applications))
        server = Supervisor(settings, applications, listeners, runtime, storage, dispatch)
        server.fork()
        return asyncio.run(server.serve(signals))
    except SandboxError as error:
        print(f"dev_appserver.py: {error}", file=sys.stderr)
        return SANDBOX_ERROR
    except OSError as error:  # no room for what the processes share
        print(f"dev_appserver.py: cannot be started: {error}", file=sys.stderr)
        return 1
    finally:
        if runtime is not None:
            runtime.remove()


class Supervisor:
    """One run of the server."""

    def __init__(
        self,
        settings: Settings,
        applications: Sequence[ApplicationConfig],
        listeners: list[socket.socket],
        runtime: Runtime,
        storage: Path,
        dispatch: Sequence[DispatchConfig] = (),
    ) -> None:
        self._settings = settings
        self._applications = applications
        self._listeners = listeners[:-1]
        self._console_listener = listeners[-1]
        self._runtime = runtime
        self._storage = storage
        self._children = Children()
        self._ready = {role: asyncio.Event() for role in SERVERS}
        self._stop = asyncio.Event()
        self._status = 0
        self._layers: list[Layer] = []
        self._cgroups: CgroupTree | None = None
        self._keepers: Keepers | None = None
        self._debugger = Debugger(sys.stdin.fileno()) if settings.debugger else None
        self._lifecycle = Lifecycle(runtime.door, self._report)
        self._modules: list[ModuleServer] = []
        self._dispatch = DispatchRules(dispatch, applications)
        self._statistics = Statistics()
        self._tasks: list[asyncio.Task[None]] = []
        is_local = all(is_loopback(listener) for listener in listeners)
        self._login_code = "" if is_local else make_code()

    def fork(self) -> None:
        """Starts the processes that are there for the whole run, before the event loop."""
        self._remove_status_file()  # of a server that was killed
        self._table = Table(self._runtime.table, self._settings.workers)
        view = self._runtime.path / "view"
        view.mkdir(mode=0o755)
        self._runtime.path.chmod(0o711)  # a version's user reaches its view; it cannot list
        self._control = listen_unix(self._runtime.control)
        self._door = listen_unix(self._runtime.door)
        try:
            self._nursery = self._children.start_nursery(view)
            self._publish()
            self._children.start_servers(*self._make_options())
        except BaseException:
            self._children.kill()
            raise

    def _make_options(self) -> tuple[RunOptions, RunOptions]:
        return make_options(
            self._settings,
            self._applications,
            self._runtime,
            self._storage,
            [*self._listeners, self._door],
            self._console_listener,
            self._login_code,
        )

    async def serve(self, signals: StopSignals) -> int:
        """Starts everything else, serves until it is told to stop, stops everything."""
        self._logs = Logs()
        loop = asyncio.get_running_loop()
        signals.listen(lambda: loop.call_soon_threadsafe(self._stop.set))
        asking = await control.listen(self._control, self._answer)
        starting = asyncio.create_task(self._start())
        starting.add_done_callback(lambda _: self._stop.set() if _has_failed(starting) else None)
        try:
            await self._stop.wait()
            if starting.done():
                starting.result()
        finally:
            asking.close()
            starting.cancel()
            await asyncio.wait({starting})
            await self._stop_all()
            signals.listen(None)
        return self._status

    async def _start(self) -> None:
        """Starts the versions, waits until all serve, and says so."""
        self._run(self._watch_children())
        self._cgroups, layer = open_cgroups()
        if self._debugger is not None:
            self._debugger.open()
        self._layers = [*await self._children.meet_nursery(self._nursery), layer]
        layers = choose_layers(self._layers, self._settings)
        isolated = "namespaces" in layers
        self._keepers = Keepers(self._nursery, self._logs, self._cgroups, isolated)
        self._keepers.prepare()
        platform = self._make_platform(self._keepers, layers)
        for config, listener in zip(self._applications, self._listeners, strict=True):
            self._modules.append(ModuleServer(config, port_of(listener), platform))
        if self._settings.automatic_restart:
            for module in self._modules:
                self._run(self._watch(module))
            for watching in self._dispatch.watch(self._publish, self._logs.add):
                self._run(watching)
        await asyncio.gather(*(module.start() for module in self._modules))
        for event in self._ready.values():
            await event.wait()
        self._announce()

    def _make_platform(self, keepers: Keepers, layers: list[str]) -> Platform:
        return Platform(
            settings=self._settings,
            directory=self._runtime.path,
            keepers=keepers,
            layers=layers,
            logs=self._logs,
            table=self._table,
            columns=set(),
            users=Users(),
            cgroups=self._cgroups,
            lifecycle=self._lifecycle,
            debugger=self._debugger,
            publish=self._publish,
            report=self._logs.add,
        )

    def _publish(self) -> None:
        others = {n: each for module in self._modules for n, each in module.other_routes().items()}
        ports = {module.port: module.route() for module in self._modules if module.is_started}
        routes = Routes(
            ports=ports, others=others, dispatch=self._dispatch.rules(), layers=self._layers
        )
        publish(self._runtime.routes, routes)

    def _announce(self) -> None:
        """Says where to go, writes the status file, runs the command."""
        addresses = self._find_addresses()
        lines = addresses.lines()
        if any(self._settings.certificate):
            lines.append("HTTPS: applications answer https:// at the same addresses, too")
        if self._login_code:
            lines.append(f"code for signing in from other machines: {self._login_code}")
        lines += self._dispatch.left_out()
        for line in (*lines, *describe_layers(self._layers)):
            self._logs.add(line)
        if self._settings.status_file is not None:
            try:
                addresses.write(Path(self._settings.status_file))
            except OSError as error:
                self._give_up(f"--status_file {self._settings.status_file!r}: {error.strerror}")
        if self._settings.run_command is not None:
            self._run(self._run_command(self._settings.run_command, addresses))

    def _find_addresses(self) -> Addresses:
        return Addresses(
            pid=os.getpid(),
            admin=make_url(self._settings.admin_host, port_of(self._console_listener)),
            applications=[
                ApplicationAddress(
                    application=module.config.application,
                    module=module.config.module,
                    version=module.config.version,
                    url=self._url(module),
                )
                for module in self._modules
            ],
        )

    def _url(self, module: ModuleServer) -> str:
        return make_url(self._settings.host, module.port)

    async def _run_command(self, command: str, addresses: Addresses) -> None:
        """Runs the operator's command, then stops with its status."""
        try:
            self._status = await self._children.run_command(command, addresses.environ())
        except OSError as error:
            self._give_up(f"--run_command {command!r}: {error.strerror}")
        self._stop.set()

    def _give_up(self, line: str) -> None:
        self._logs.add(line)
        self._status = USAGE_ERROR
        self._stop.set()

    async def _watch(self, module: ModuleServer) -> None:
        settings = self._settings
        try:
            polls, ignored = settings.use_mtime_file_watcher, settings.watcher_ignore_re
            await watch(module.config, module.reload, polls=polls, ignored=ignored or "")
        except Exception as error:  # of the system's watching, or of a reload
            name = f"{type(error).__name__}: {error}"
            self._logs.add(f"{module.config.file}: changes need a restart from now on: {name}")

    async def _watch_children(self) -> None:
        """Stops the server when a part of it has ended: it cannot serve without."""
        role, status = await self._children.first_end()
        if self._stop.is_set():  # a signal to all of a group may have met it at its birth
            return
        self._logs.add(f"the {role} ended with status {status}; stopping")
        self._status = self._status or 1
        self._stop.set()

    async def _answer(self, question: Question) -> msgspec.Struct:
        """Answers a worker of the front, or the console."""
        if isinstance(question, InstanceQuestion):
            return await questions.answer(question, self._modules)
        if isinstance(question, AskPause):
            return questions.find_pause(question, self._modules, self._debugger)
        if isinstance(question, AskStatus):
            return self._make_status()
        if isinstance(question, Record):
            self._statistics.record(question.traces)
        elif isinstance(question, WorkerReady):
            self._ready[question.role].set()
        elif isinstance(question, Quit):
            asyncio.get_running_loop().call_later(QUIT_SECONDS, self._stop.set)
        return Done()

    def _make_status(self) -> msgspec.Struct:
        return make_status(
            self._children.pids,
            [(module, self._url(module)) for module in self._modules],
            self._layers,
            self._logs,
            self._statistics,
            self._table,
        )

    def _report(self, line: str) -> None:
        self._logs.add(line)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def _remove_status_file(self) -> None:
        if self._settings.status_file is not None:
            with suppress(OSError):
                Path(self._settings.status_file).unlink(missing_ok=True)

    async def _stop_all(self) -> None:
        """Ends all processes within 2 s: first the servers, politely, then what is left."""
        for task in self._tasks:
            task.cancel()
        self._remove_status_file()
        await asyncio.gather(*(module.say_goodbye(GOODBYE_SECONDS) for module in self._modules))
        await self._children.stop_servers()
        for module in self._modules:
            module.close()
        if self._keepers is not None:
            self._keepers.close()
        self._children.kill()
        if self._cgroups is not None:
            await self._cgroups.remove()


def _has_failed(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is not None
