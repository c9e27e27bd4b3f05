"""The supervisor's children: nursery, front and console, from their start to their end."""

import asyncio
import os
import socket
import subprocess
from functools import partial
from pathlib import Path

from appengine.front.options import RunOptions
from appengine.rpc.boot import MAX_MESSAGE_BYTES, Layer, NurseryReady, decode
from appengine.supervisor.command import Command
from appengine.supervisor.forks import Fork, fork, share_memory
from appengine.supervisor.layers import SandboxError
from appengine.supervisor.messages import readable
from appengine.supervisor.processes import start_python

STOP_SECONDS = 1.5
"""What the servers get to end their requests."""

NURSERY_SECONDS = 30.0
SERVERS = ("front", "console")


class Children:
    """The processes by role."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes] | Fork] = {}
        self._command: Command | None = None

    @property
    def pids(self) -> dict[str, int]:
        """Process numbers by role."""
        return {role: process.pid for role, process in self._processes.items()}

    def start_nursery(self, view: Path) -> socket.socket:
        """Starts the nursery and returns its control socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            self._processes["nursery"] = start_python(
                "appengine.sandbox.nursery:main", [str(number), str(view)], [number]
            )
        ours.setblocking(False)
        return ours

    async def meet_nursery(self, nursery: socket.socket) -> list[Layer]:
        """Waits for the nursery; returns the layers that it has found on this machine.

        Raises:
            SandboxError: it did not start.
        """
        try:
            async with asyncio.timeout(NURSERY_SECONDS):
                await readable(nursery)
        except TimeoutError:
            raise SandboxError(f"the nursery did not start within {NURSERY_SECONDS:g} s") from None
        data = nursery.recv(MAX_MESSAGE_BYTES)
        if not data:
            raise SandboxError("the nursery died while it started")
        ready: NurseryReady = decode(data, NurseryReady)
        return ready.layers

    def start_servers(self, front: RunOptions, console: RunOptions) -> None:
        """Starts the front and the console; there must be no thread and no event loop yet."""
        # SQL and HTTP take 0.3 s to load, in which the nursery loads its own.
        from appengine.front.serve import serve_front  # noqa: PLC0415  # late is the point
        from appengine.runner.serve import load_servers, serve_console  # noqa: PLC0415  # likewise

        load_servers()
        share_memory()
        for name, role, serve, descriptors in (
            ("appengine-front", "front", partial(serve_front, front), front.descriptors),
            ("appengine-admin", "console", partial(serve_console, console), console.descriptors),
        ):
            self._processes[role] = fork(name, serve, descriptors)

    async def run_command(self, command: str, environ: dict[str, str]) -> int:
        """Runs the operator's command; returns its exit status.

        Raises:
            OSError: it cannot be started.
        """
        self._command = Command(command, {**os.environ, **environ})
        return await self._command.wait()

    async def first_end(self) -> tuple[str, int]:
        """Waits until one has ended; returns its role and exit status."""
        pidfds = {role: os.pidfd_open(pid) for role, pid in self.pids.items()}
        waiting = {asyncio.create_task(readable(fd)): role for role, fd in pidfds.items()}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            role = waiting[done.pop()]
            return role, self._processes[role].wait()
        finally:
            for task in waiting:
                task.cancel()
            for number in pidfds.values():
                os.close(number)

    async def stop_servers(self) -> None:
        """Ends the command, the front and the console, politely, for at most 1.5 s."""
        servers = [self._processes[role] for role in SERVERS if role in self._processes]
        for server in servers:
            server.terminate()
        if self._command is not None:
            self._command.end()
            servers.append(self._command.process)
        end = asyncio.get_running_loop().time() + STOP_SECONDS
        while any(server.poll() is None for server in servers):
            if asyncio.get_running_loop().time() > end:
                return
            await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Ends what is left."""
        for process in self._processes.values():
            process.kill()
            process.wait()
