"""The zygote: puts the walls up, imports the application once, and forks its instances.

It is begun before it is known for which version: in namespaces of its own, in whose root is what
all versions see. So it waits, trusted and with nothing of anybody's, until it is told its plan.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from appengine.logservice.client.buffering import RequestHandler
from appengine.rpc.boot import (
    MAX_MESSAGE_BYTES,
    MAX_SPAWN_BYTES,
    CageFailed,
    Plan,
    Spawn,
    ZygoteReady,
    encode,
)
from appengine.rpc.failures import Failure
from appengine.sandbox import environment
from appengine.sandbox.cage import limits, lock, namespaces
from appengine.sandbox.cage.namespaces import HeldMount, Root
from appengine.sandbox.cage.plan import CageConfig, Mount
from appengine.sandbox.cage.python_wall import PythonWall, raise_python_wall
from appengine.sandbox.cage.system import name_process
from appengine.sandbox.forking import ForkingInstance
from appengine.sandbox.instance import Instance
from appengine.sandbox.packing import settle_memory
from appengine.sandbox.scripts import Scripts
from appengine.sandbox.view import APPLICATION, LIBRARIES, PACKAGES, own_mounts

LOG_FORMAT = "%(levelname)-8s %(asctime)s %(filename)s:%(lineno)d] %(message)s"
"""Source: the original development server's lines on the terminal."""

FAILURE_BYTES = MAX_MESSAGE_BYTES // 2
"""Of all tracebacks that the supervisor is told; whole ones are shown in the pages."""

DESCRIPTORS = 6
"""Of a spawn message, at the most."""

FILES = 64
"""Descriptors of an instance: ten threads with a request and some files each."""

FILES_EACH = 4
"""More of them for each further thread."""

_plans = msgspec.msgpack.Decoder(Plan)
_spawns = msgspec.msgpack.Decoder(Spawn)
"""Made before forking: to make one reads the class, and writes into much memory."""


def run(
    control: socket.socket, mounts: Sequence[Mount], held: Sequence[HeldMount] | None
) -> NoReturn:
    """Runs in the keeper's fork, process 1 of its namespaces; ends with the supervisor.

    Args:
        control: to the supervisor.
        mounts: what all versions see.
        held: the same, to be mounted; None: there is no root of its own.
    """
    name_process("zygote")
    try:
        limits.die_with_parent()
        root = _begin_root(held)
        data = control.recv(MAX_MESSAGE_BYTES)
        if not data:  # it is not needed any more
            os._exit(0)
        plan = _plans.decode(data)
        own = own_mounts(plan.directory, root is not None, plan.libraries)
        config = _configure(plan, [*mounts, *own])
        if root is not None:
            root.add(root.open(own))
            root.enter()
        wall = _put_walls_up(control, config)
    except BaseException as error:  # without its walls nothing may run
        control.send(encode(CageFailed(f"{type(error).__name__}: {error}")))
        os._exit(70)
    environment.install(plan.environ | {"PWD": config.workdir})
    _prepare_python(plan, config)
    started = time.monotonic()
    scripts = Scripts(config.workdir)
    scripts.preload(plan.scripts)  # untrusted from here on
    settle_memory()
    ready = ZygoteReady(
        _shortened(scripts.failures), time.monotonic() - started, threading.active_count()
    )
    control.send(encode(ready))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps instances
    _serve(control, plan, config, scripts, wall)


def _begin_root(held: Sequence[HeldMount] | None) -> Root | None:
    if held is None:
        return None
    root = Root()
    root.add(held)
    return root


def _configure(plan: Plan, mounts: list[Mount]) -> CageConfig:
    return CageConfig(
        layers=plan.layers,
        mounts=mounts,
        workdir=APPLICATION if "namespaces" in plan.layers else plan.directory,
        uid=plan.uid,
        memory_bytes=plan.memory_bytes,
        processes=plan.processes,
        files=max(FILES, FILES_EACH * plan.threads),
        cpu_seconds=None,
        shares_memory=not plan.forks,  # no request finds there what another has left
    )


def _prepare_python(plan: Plan, config: CageConfig) -> None:
    """Sets what applications find: where they import from, and where their log goes."""
    if plan.libraries:
        libraries = LIBRARIES if "namespaces" in plan.layers else plan.libraries
        sys.path.insert(0, libraries)
        _forget_preloaded(libraries)
    sys.path.insert(0, config.workdir)
    sys.dont_write_bytecode = True  # there is nowhere to write it
    # Made anew: the nursery's know what the descriptors were before, a file perhaps.
    sys.stdout, sys.stderr = (
        open(number, "w", 1, "utf-8", "backslashreplace", closefd=False) for number in (1, 2)
    )
    logging.basicConfig(stream=sys.stderr, level=plan.log_level.upper(), format=LOG_FORMAT)
    logging.getLogger().addHandler(RequestHandler())


def _forget_preloaded(libraries: str) -> None:
    """Lets the application import its own version of what the SDK has imported for itself."""
    brought = {name for name in PACKAGES if os.path.isdir(f"{libraries}/{name}")}
    for name in list(sys.modules):
        if name.partition(".")[0] in brought:
            del sys.modules[name]


def _shortened(failures: Mapping[str, Failure]) -> dict[str, str]:
    """Returns tracebacks that go into one message together: of each its end, where the error is."""
    share = FAILURE_BYTES // max(1, len(failures))
    return {
        script: failure.text.encode()[-share:].decode(errors="ignore")
        for script, failure in failures.items()
    }


def _put_walls_up(control: socket.socket, config: CageConfig) -> PythonWall | None:
    if "privileges" in config.layers:
        namespaces.drop_privileges(config.uid)
    if "namespaces" not in config.layers:
        _check_ways([mount.inside for mount in config.mounts])
    limits.close_all_but((control.fileno(),))
    os.chdir(config.workdir)
    lock.lock_zygote(config)
    return raise_python_wall() if "python" in config.layers else None


def _check_ways(paths: Sequence[str]) -> None:
    """Refuses, in words, what no namespace can show in another place.

    Raises:
        PermissionError: a folder on the way to a file of Python's or of the application's is
            closed to the user that the application runs as.
    """
    for path in paths:
        folder = Path(path).parent
        if closed := [each for each in (folder, *folder.parents) if not os.access(each, os.X_OK)]:
            text = f"user {os.geteuid()}, as whom it runs here, may not enter {closed[-1]}"
            advice = "without namespaces, Python and the application must lie where everybody may"
            raise PermissionError(f"{text}: {advice}")


def _serve(
    control: socket.socket,
    plan: Plan,
    config: CageConfig,
    scripts: Scripts,
    wall: PythonWall | None,
) -> NoReturn:
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, MAX_SPAWN_BYTES, DESCRIPTORS)
        if not data:  # the supervisor has gone
            os._exit(0)
        try:
            child = _fork(wall)
        except OSError:  # no process is to be had; the supervisor sees the boot socket close
            traceback.print_exc()
            child = -1
        if child == 0:
            try:
                spawn = _spawns.decode(data)
                _become_instance(spawn, descriptors, plan, config, scripts, wall)
            except BaseException:  # printed to the version's log; the boot socket closes
                traceback.print_exc()
            os._exit(70)
        for number in descriptors:
            os.close(number)


def _fork(wall: PythonWall | None) -> int:
    if wall is None:
        return os.fork()
    with wall.permit_fork():
        return os.fork()


def _become_instance(
    spawn: Spawn,
    descriptors: list[int],
    plan: Plan,
    config: CageConfig,
    scripts: Scripts,
    wall: PythonWall | None,
) -> None:
    name_process("instance")
    listener_number, boot_number, output, errors, *rest = descriptors
    os.dup2(output, 1)
    os.dup2(errors, 2)
    own_number = rest.pop(0) if plan.has_own_socket else -1
    if plan.has_terminal:
        os.dup2(rest.pop(0), 0)
    kept = (listener_number, boot_number, own_number)
    limits.close_all_but(number for number in kept if number >= 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    own = {"INSTANCE_ID": spawn.instance_id, "PWD": config.workdir}
    if "GAE_ENV" in plan.environ:
        own["GAE_INSTANCE"] = spawn.instance_id
    listener = socket.socket(fileno=listener_number)
    boot = socket.socket(fileno=boot_number)
    own_listener = socket.socket(fileno=own_number) if plan.has_own_socket else None
    instance = Instance(plan, scripts, own)
    if not plan.forks:
        lock.lock_instance(config)
        instance.run(listener, boot, own_listener)

    def serve(connection: socket.socket) -> None:
        limits.close_all_but((connection.fileno(),))
        lock.lock_instance(config)
        instance.serve_one(connection)

    limits.seal_process()
    ForkingInstance(listener, plan.forks, lambda: _fork(wall), serve).run(boot)
