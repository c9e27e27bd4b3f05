"""The supervisor: the command's first process, which owns every other one and every socket."""

import asyncio
import json
import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import msgspec

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.settings import Settings
from appengine.front.options import ConsoleOptions, FrontOptions
from appengine.front.routes import Routes, publish
from appengine.front.table import Table
from appengine.rpc.boot import MAX_MESSAGE_BYTES, Layer, NurseryReady, decode
from appengine.rpc.control import (
    AskCause,
    AskStatus,
    Done,
    Kill,
    NeedInstance,
    Question,
    Quit,
    Record,
    WorkerReady,
)
from appengine.storage.errors import StorageError
from appengine.storage.tokens import make_code
from appengine.supervisor import control
from appengine.supervisor.data import open_storage_directory
from appengine.supervisor.generations import readable
from appengine.supervisor.layers import SandboxError, choose_layers, describe_layers
from appengine.supervisor.logs import Logs
from appengine.supervisor.ports import PortError, listen
from appengine.supervisor.processes import start_python
from appengine.supervisor.runtime import Runtime, remove_stale
from appengine.supervisor.status import Statistics, make_status
from appengine.supervisor.versions import ModuleServer, Platform
from appengine.supervisor.watch import watch

USAGE_ERROR = 2
SANDBOX_ERROR = 78
"""Exit status where a needed layer of the sandbox is missing: EX_CONFIG."""

STOP_SECONDS = 1.5
NURSERY_SECONDS = 30.0
THREADS = 64
"""Of each worker of the front."""

CONSOLE_THREADS = 4
CAUSE_SECONDS = 0.5


def run(settings: Settings, applications: Sequence[ApplicationConfig]) -> int:
    """Serves applications until it is told to stop; returns the exit status."""
    remove_stale()
    _raise_file_limit()
    try:
        storage = open_storage_directory(settings, applications)
        listeners = _listen(settings, applications)
    except (PortError, StorageError) as error:
        print(f"dev_appserver.py: {error}", file=sys.stderr)
        return USAGE_ERROR
    runtime = Runtime()
    try:
        server = Supervisor(settings, applications, listeners, runtime, storage.path)
        return asyncio.run(server.serve())
    except SandboxError as error:
        print(f"dev_appserver.py: {error}", file=sys.stderr)
        return SANDBOX_ERROR
    finally:
        runtime.remove()
        storage.close()


def _listen(settings: Settings, applications: Sequence[ApplicationConfig]) -> list[socket.socket]:
    """Returns a listening socket for each application, then the console's."""
    listeners = []
    for number, _ in enumerate(applications):
        port = settings.port + number if settings.port else 0
        listeners.append(listen(settings.host, port))
    listeners.append(listen(settings.admin_host, settings.admin_port))
    return listeners


def _raise_file_limit() -> None:
    """Takes as many descriptors as the system allows: connections, bodies, instances."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(most, 65536) if most != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Supervisor:
    """One run of the server."""

    def __init__(
        self,
        settings: Settings,
        applications: Sequence[ApplicationConfig],
        listeners: list[socket.socket],
        runtime: Runtime,
        storage: Path,
    ) -> None:
        self._settings = settings
        self._applications = applications
        self._listeners = listeners[:-1]
        self._console_listener = listeners[-1]
        self._runtime = runtime
        self._storage = storage
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._ready: dict[str, asyncio.Event] = {
            "front": asyncio.Event(),
            "console": asyncio.Event(),
        }
        self._stop = asyncio.Event()
        self._status = 0
        self._layers: list[Layer] = []
        self._modules: list[ModuleServer] = []
        self._statistics = Statistics()
        self._tasks: list[asyncio.Task[None]] = []
        self._command = 0
        is_local = all(_is_loopback(listener) for listener in listeners)
        self._login_code = "" if is_local else make_code()

    async def serve(self) -> int:
        """Starts everything, serves until it is told to stop, stops everything."""
        self._logs = Logs()
        self._watch_signals()
        asking = await control.listen(self._runtime.control, self._answer)
        try:
            await self._start()
            if not self._stop.is_set():
                self._announce()
            await self._stop.wait()
        finally:
            asking.close()
            await self._stop_all()
        return self._status

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)

    async def _start(self) -> None:
        self._table = table = Table(self._runtime.table)
        nursery = self._start_nursery()
        self._start_servers()
        self._run(self._watch_children())
        self._layers = await self._meet(nursery)
        chosen = choose_layers(self._layers, self._settings)
        platform = Platform(
            settings=self._settings,
            directory=self._runtime.path,
            nursery=nursery,
            layers=chosen,
            logs=self._logs,
            table=table,
            columns=set(),
            publish=self._publish,
            report=self._report,
        )
        for config, listener in zip(self._applications, self._listeners, strict=True):
            port = listener.getsockname()[1]
            self._modules.append(ModuleServer(config, port, platform))
        await asyncio.gather(*(module.start() for module in self._modules))
        if self._settings.automatic_restart:
            for module in self._modules:
                self._run(watch(module.config, module.reload))
        waits = [asyncio.create_task(event.wait()) for event in self._ready.values()]
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait(
            {asyncio.create_task(_all(waits)), stopping}, return_when="FIRST_COMPLETED"
        )

    def _start_nursery(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        view = self._runtime.path / "view"
        view.mkdir(mode=0o755)
        self._runtime.path.chmod(0o711)  # a version's user reaches its view; no listing
        with theirs:
            self._children["nursery"] = start_python(
                "appengine.sandbox.nursery:main",
                [str(theirs.fileno()), str(view)],
                [theirs.fileno()],
            )
        ours.setblocking(False)
        return ours

    async def _meet(self, nursery: socket.socket) -> list[Layer]:
        try:
            async with asyncio.timeout(NURSERY_SECONDS):
                await readable(nursery)
        except TimeoutError:
            raise SandboxError("the nursery did not start within 30 s") from None
        data = nursery.recv(MAX_MESSAGE_BYTES)
        if not data:
            raise SandboxError("the nursery died while it started")
        ready: NurseryReady = decode(data, NurseryReady)
        return ready.layers

    def _start_servers(self) -> None:
        self._publish()
        front = FrontOptions(
            runtime=str(self._runtime.path),
            storage=str(self._storage),
            descriptors=[listener.fileno() for listener in self._listeners],
            workers=self._settings.workers,
            threads=THREADS,
            settings=self._settings,
            login_code=self._login_code,
            index_files={
                config.application: str(config.directory / "index.yaml")
                for config in self._applications
            },
        )
        self._start_server("front", front, front.descriptors)
        number = self._console_listener.fileno()
        console = ConsoleOptions(
            runtime=str(self._runtime.path),
            storage=str(self._storage),
            descriptors=[number],
            threads=CONSOLE_THREADS,
            settings=self._settings,
            login_code=self._login_code,
            index_files=front.index_files,
        )
        self._start_server("console", console, [number])

    def _start_server(self, role: str, options: msgspec.Struct, descriptors: list[int]) -> None:
        """Starts the front or the console; what it has to know comes through a pipe."""
        reader, writer = os.pipe()
        try:
            self._children[role] = start_python(
                f"appengine.front.serve:serve_{role}", [str(reader)], [reader, *descriptors]
            )
        finally:
            os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(msgspec.msgpack.encode(options))

    def _publish(self) -> None:
        ports = {module.port: module.route() for module in self._modules}
        publish(self._runtime.routes, Routes(ports=ports))

    def _announce(self) -> None:
        """Says where to go, writes the status file, runs the command."""
        for module in self._modules:
            module_name = (
                "" if module.config.module == "default" else f" module {module.config.module}"
            )
            self._report(f"{module.config.application}{module_name}: {self._url(module.port)}")
        self._report(f"Admin Console: {self._console_url}")
        if self._login_code:
            self._report(f"code for signing in from other machines: {self._login_code}")
        for line in describe_layers(self._layers):
            self._report(line)
        self._write_status_file()
        if self._settings.run_command:
            self._run(self._run_command(self._settings.run_command))

    def _url(self, port: int) -> str:
        return f"http://{_bracket(self._settings.host)}:{port}"

    @property
    def _console_url(self) -> str:
        port = self._console_listener.getsockname()[1]
        return f"http://{_bracket(self._settings.admin_host)}:{port}"

    def _write_status_file(self) -> None:
        if self._settings.status_file is None:
            return
        content = {
            "pid": os.getpid(),
            "admin": self._console_url,
            "applications": [
                {
                    "application": module.config.application,
                    "module": module.config.module,
                    "version": module.config.version,
                    "url": self._url(module.port),
                }
                for module in self._modules
            ],
        }
        path = Path(self._settings.status_file)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            fresh.write_text(json.dumps(content, indent=2) + "\n")
            os.replace(fresh, path)
        except OSError as error:
            self._report(f"--status_file {str(path)!r}: {error.strerror}")
            self._status = USAGE_ERROR
            self._stop.set()

    async def _run_command(self, command: str) -> None:
        """Runs the operator's command, then stops with its status."""
        environ = dict(os.environ)
        environ["APPENGINE_ADMIN_URL"] = self._console_url
        environ["APPENGINE_URL"] = self._url(self._modules[0].port)
        for module in self._modules:
            name = f"{module.config.application}_{module.config.module}".upper().replace("-", "_")
            environ[f"APPENGINE_URL_{name}"] = self._url(module.port)
        try:
            process = await asyncio.create_subprocess_shell(
                command, env=environ, start_new_session=True
            )
        except OSError as error:
            self._report(f"--run_command {shlex.quote(command)}: {error.strerror}")
            self._status = USAGE_ERROR
        else:
            self._command = process.pid
            status = await process.wait()
            self._status = status if status >= 0 else 128 - status
            self._command = 0
        self._stop.set()

    async def _watch_children(self) -> None:
        """Stops the server when a part of it has ended: it cannot serve without."""
        pidfds = {role: os.pidfd_open(child.pid) for role, child in self._children.items()}
        waiting = {asyncio.create_task(readable(fd)): role for role, fd in pidfds.items()}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            role = waiting[done.pop()]
            self._report(f"the {role} ended with status {self._children[role].wait()}; stopping")
            self._status = self._status or 1
            self._stop.set()
        finally:
            for task in waiting:
                task.cancel()
            for number in pidfds.values():
                os.close(number)

    async def _answer(self, question: Question) -> msgspec.Struct:
        if isinstance(question, NeedInstance):
            for module in self._modules:
                module.need_instance(question.version)
        elif isinstance(question, Kill):
            return self._kill(question)
        elif isinstance(question, AskCause):
            return Done(await self._cause(question.pid))
        elif isinstance(question, AskStatus):
            return make_status(
                {role: child.pid for role, child in self._children.items()},
                [(module, self._url(module.port)) for module in self._modules],
                self._layers,
                self._logs,
                self._statistics,
                self._table,
            )
        elif isinstance(question, Record):
            self._statistics.record(question.traces)
        elif isinstance(question, WorkerReady):
            self._ready[question.role].set()
        elif isinstance(question, Quit):
            asyncio.get_running_loop().call_later(0.1, self._stop.set)
        return Done()

    def _kill(self, question: Kill) -> Done:
        for module in self._modules:
            if (instance := module.find(question.pid)) is not None:
                instance.kill(question.cause)
                return Done("killed")
        return Done("gone")

    async def _cause(self, pid: int) -> str:
        """Returns why an instance died; its death may be a moment away from us still."""
        end = asyncio.get_running_loop().time() + CAUSE_SECONDS
        while asyncio.get_running_loop().time() < end:
            for module in self._modules:
                if pid in module.causes:
                    return module.causes[pid]
            await asyncio.sleep(0.005)
        return "died"

    def _report(self, line: str) -> None:
        self._logs.add(line)

    def _run(self, work: "asyncio._CoroutineLike[None]") -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _stop_all(self) -> None:
        """Ends all processes within 2 s: first the servers, politely, then what is left."""
        for task in self._tasks:
            task.cancel()
        if self._settings.status_file is not None:
            with suppress(OSError):
                Path(self._settings.status_file).unlink(missing_ok=True)
        if self._command:
            with suppress(ProcessLookupError):
                os.killpg(self._command, signal.SIGTERM)
        for role in ("front", "console"):
            if child := self._children.get(role):
                child.terminate()
        end = asyncio.get_running_loop().time() + STOP_SECONDS
        while asyncio.get_running_loop().time() < end and any(
            self._children[role].poll() is None
            for role in ("front", "console")
            if role in self._children
        ):
            await asyncio.sleep(0.02)
        for module in self._modules:
            module.close()
        for child in self._children.values():
            child.kill()
            child.wait()


async def _all(tasks: Sequence[asyncio.Task[Literal[True]]]) -> None:
    for task in tasks:
        await task


def _is_loopback(listener: socket.socket) -> bool:
    return ip_address(listener.getsockname()[0]).is_loopback


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
