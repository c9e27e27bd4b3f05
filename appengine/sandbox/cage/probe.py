"""The probe: tries each layer of the cage in a process of its own, and tells which ones hold.

What a kernel claims to have, its distribution may refuse, so nothing is looked up: it is done.
"""

import contextlib
import errno
import os
import resource
import socket
import sys
from collections.abc import Callable

from appengine.rpc.boot import Layer
from appengine.sandbox.cage import landlock, limits, namespaces, seccomp
from appengine.sandbox.cage.plan import LAYERS, Mount
from appengine.sandbox.cage.python_wall import raise_python_wall
from appengine.sandbox.cage.syscalls import this_architecture

NOBODY = 65534
"""The user number that root becomes to try it."""

MAX_DETAIL_BYTES = 4096
HOLDS, FAILS = b"+", b"-"


def probe() -> list[Layer]:
    """Returns all layers, in the order of `LAYERS`, each with what happened when it was tried.

    Must be called from a trusted process with one thread. It takes some 10 ms: the layers are
    tried side by side.
    """
    started = [(name, *_start(TRIALS[name])) for name in LAYERS]
    return [_finish(name, process, pipe) for name, process, pipe in started]


def _start(trial: Callable[[], str]) -> tuple[int, int]:
    """Returns the number of the process that tries, and the pipe that it answers by."""
    receiver, sender = os.pipe()
    process = os.fork()
    if process:
        os.close(sender)
        return process, receiver
    try:
        limits.die_with_parent()
        os.write(sender, HOLDS + trial().encode()[:MAX_DETAIL_BYTES])
    except BaseException as error:  # the trial's answer, whatever it is
        os.write(sender, FAILS + (str(error) or type(error).__name__).encode()[:MAX_DETAIL_BYTES])
    finally:
        os._exit(0)


def _finish(name: str, process: int, pipe: int) -> Layer:
    with open(pipe, "rb") as answers:
        answer = answers.read()
    with contextlib.suppress(ChildProcessError):  # the nursery has the kernel reap its children
        os.waitpid(process, 0)
    detail = answer[1:].decode(errors="replace") or "the trial's process died"
    return Layer(name, answer[:1] == HOLDS, detail)


def _require_linux() -> None:
    if sys.platform != "linux":
        raise OSError(f"{sys.platform} has none")


def _expect(refusals: tuple[int, ...], act: Callable[[], object], what: str) -> None:
    try:
        act()
    except OSError as error:
        if error.errno in refusals:
            return
        raise
    raise OSError(f"{what} is still possible")


def _try_namespaces() -> str:
    _require_linux()
    namespaces.enter_namespaces()
    held = namespaces.open_sources([Mount(os.devnull, os.devnull)])
    child, pipe = _start(lambda: _look_around(held))
    layer = _finish("namespaces", child, pipe)
    if not layer.on:
        raise OSError(layer.detail)
    return layer.detail


def _look_around(held: list[namespaces.HeldMount]) -> str:
    namespaces.build_root(held)
    if os.getpid() != 1:
        raise OSError(f"process {os.getpid()}, not 1, of its namespace")
    if os.listdir("/") != ["dev"]:
        raise OSError(f"the new root holds {sorted(os.listdir('/'))!r}")
    _expect((errno.EROFS,), lambda: os.mkdir("/new"), "mkdir")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        _expect((errno.ENETUNREACH,), lambda: probe_socket.connect(("192.0.2.1", 9)), "the network")
    who = "root's" if os.geteuid() == 0 else "a user's"
    return f"mount, process, network, IPC, host name and cgroup, {who}; read-only root"


def _try_privileges() -> str:
    _require_linux()
    is_root = os.geteuid() == 0
    namespaces.drop_privileges(NOBODY if is_root else None)
    limits.renounce_new_privileges()
    _expect((errno.EPERM,), lambda: os.setgroups([0]), "setgroups")
    if os.geteuid() == 0:
        raise OSError("still root")
    _expect((errno.EPERM,), lambda: os.setuid(0), "setuid(0)")
    what = "root becomes another user" if is_root else f"user {os.geteuid()} stays"
    return f"{what}; no capabilities, no new privileges"


def _try_limits() -> str:
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    _expect((errno.EMFILE,), lambda: os.open("/", os.O_RDONLY), "a further open file")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size = 2**28
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    try:
        bytearray(2 * size)
    except MemoryError:
        return "memory, open files, core dumps, CPU time"
    raise OSError("memory is not limited")


def _try_landlock() -> str:
    _require_linux()
    limits.renounce_new_privileges()
    version = landlock.restrict_files([], writable=[os.devnull])
    _expect((errno.EACCES,), lambda: os.listdir("/"), "reading a directory")
    os.close(os.open(os.devnull, os.O_RDWR))
    return f"version {version} of its interface"


def _try_seccomp() -> str:
    _require_linux()
    architecture = this_architecture()
    limits.renounce_new_privileges()
    seccomp.install(seccomp.make_zygote_filter(architecture, may_write_null=False))
    seccomp.install(seccomp.make_instance_filter(architecture, os.getpid()))
    _expect((errno.EPERM,), socket.socket, "a socket")
    _expect((errno.EPERM,), os.fork, "a fork")
    _expect((errno.EROFS,), lambda: os.open(os.devnull, os.O_WRONLY), "opening for writing")
    _expect((errno.EPERM,), lambda: os.kill(os.getppid(), 0), "a signal to another process")
    os.close(os.open("/", os.O_RDONLY))
    return f"two filters, {architecture.name}"


def _try_python() -> str:
    raise_python_wall()
    _expect((errno.EPERM,), socket.socket, "a socket")
    return "names the service to use; no safety rests on it"


TRIALS: dict[str, Callable[[], str]] = {
    "namespaces": _try_namespaces,
    "privileges": _try_privileges,
    "limits": _try_limits,
    "landlock": _try_landlock,
    "seccomp": _try_seccomp,
    "python": _try_python,
}
