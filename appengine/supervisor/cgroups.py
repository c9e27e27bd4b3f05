"""Cgroups of instances: memory and processes of each, counted and limited by the kernel.

Where none can be made, the limits of processes hold alone. What they cannot count is shared
memory, pages of files and what a request's forks use together.

Source: Linux, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from appengine.rpc.boot import Layer

NAME = "cgroups"
PREFIX = "appengine-"
CONTROLLERS = ("memory", "pids")

MEMORY_MAX = ("memory.max", "memory.limit_in_bytes")
"""The files that hold the most memory: of version 2, of version 1."""

SWAP_MAX = ("memory.swap.max", "memory.memsw.limit_in_bytes")
"""The most swap, in version 2; the most memory and swap together, in version 1."""

OOM_COUNTS = ("memory.events", "memory.oom_control")
_OOM_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


class CgroupsError(Exception):
    """This machine lets the server make no cgroups; the text says why."""


class Cgroup:
    """The cgroup of one instance: one directory, or with version 1 one for each controller."""

    def __init__(self, directories: tuple[Path, ...]) -> None:
        """Takes the directories, which exist."""
        self._directories = directories
        self._kills = 0

    def take(self, pid: int) -> None:
        """Puts a process in, with all that it will start.

        Raises:
            OSError: it has ended, or may not be put in.
        """
        for directory in self._directories:
            (directory / "cgroup.procs").write_text(str(pid))

    def limit(self, memory_bytes: int | None, processes: int) -> None:
        """Sets the most memory, swap included, and the most processes and threads.

        Raises:
            OSError: a limit cannot be set.
        """
        for directory in self._directories:
            if (directory / "pids.max").exists():
                (directory / "pids.max").write_text(str(processes))
            for name in MEMORY_MAX:
                if memory_bytes is not None and (directory / name).exists():
                    (directory / name).write_text(str(memory_bytes))
            for name in SWAP_MAX:
                if memory_bytes is not None and (directory / name).exists():
                    with suppress(OSError):  # a machine without swap may refuse
                        most = 0 if name == SWAP_MAX[0] else memory_bytes
                        (directory / name).write_text(str(most))

    def has_killed(self) -> bool:
        """Returns whether the kernel has killed for memory since the last look."""
        before, self._kills = self._kills, self._count_kills()
        return self._kills > before

    def _count_kills(self) -> int:
        for directory in self._directories:
            for name in OOM_COUNTS:
                with suppress(OSError):
                    if found := _OOM_KILLS.search((directory / name).read_text()):
                        return int(found[1])
        return 0

    def remove(self) -> bool:
        """Removes it; returns False where a process of it has not quite ended."""
        for directory in self._directories:
            try:
                directory.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
        return True


class CgroupTree:
    """The cgroups of one run of the server, below a directory of its own."""

    def __init__(self, directories: tuple[Path, ...]) -> None:
        """Takes the directories of this run."""
        self._directories = directories

    def make(self, name: str, memory_bytes: int | None, processes: int) -> Cgroup:
        """Returns a new cgroup with its limits.

        Raises:
            OSError: it cannot be made.
        """
        made = tuple(directory / name for directory in self._directories)
        for directory in made:
            directory.mkdir()
        cgroup = Cgroup(made)
        try:
            cgroup.limit(memory_bytes, processes)
        except OSError:
            cgroup.remove()
            raise
        return cgroup

    async def remove(self) -> None:
        """Removes what is left, as soon as its processes have ended, within half a second."""
        for _ in range(50):
            for directory in self._directories:
                _remove_below(directory)
            if not any(directory.exists() for directory in self._directories):
                return
            await asyncio.sleep(0.01)


class _Mount(Struct, frozen=True):
    """One hierarchy: its root, our own place in it, and what it controls."""

    root: Path
    own: Path
    controllers: tuple[str, ...]
    version: int


def open_cgroups() -> tuple[CgroupTree | None, Layer]:
    """Returns this run's cgroups, tried by doing, and the layer that they are.

    Must be called while the process has one thread.
    """
    try:
        tree, detail = _make_tree(f"{PREFIX}{os.getpid()}")
    except (CgroupsError, OSError) as error:
        return None, Layer(NAME, False, f"{error}; limits of each process hold instead")
    return tree, Layer(NAME, True, detail)


def _make_tree(name: str) -> tuple[CgroupTree, str]:
    mounts = list(_mounts())
    chosen = []
    for controller in CONTROLLERS:
        mount = next((each for each in mounts if controller in each.controllers), None)
        if mount is None:
            raise CgroupsError(f"no mounted hierarchy controls {controller}")
        if mount not in chosen:
            chosen.append(mount)
    made: list[Path] = []
    try:
        for mount in chosen:
            made.append(_make_below(mount, name))
        tree = CgroupTree(tuple(made))
        _try(tree)
    except BaseException:
        for directory in made:
            _remove_below(directory)
        raise
    versions = sorted({mount.version for mount in chosen})
    return tree, f"memory and processes of each instance, version {versions[0]}"


def _try(tree: CgroupTree) -> None:
    """Puts a process into a cgroup with limits: what looks writable may be refused all the same."""
    cgroup = tree.make("trial", 2**24, 10)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    try:
        os.close(reader)
        cgroup.take(child)
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        cgroup.remove()


def _mounts() -> Iterator[_Mount]:
    """Yields the mounted hierarchies with our own place in each."""
    places = _own_places()
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        root = Path(point.replace("\\040", " "))
        if kind == "cgroup2":
            controllers = tuple((root / "cgroup.controllers").read_text().split())
            yield _Mount(root, root / places.get("", ""), controllers, 2)
        elif kind == "cgroup":
            found = tuple(each for each in CONTROLLERS if each in options.split(","))
            if found:
                yield _Mount(root, root / places.get(found[0], ""), found, 1)


def _own_places() -> dict[str, str]:
    """Returns our own path in each hierarchy by controller; version 2 has the name ""."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path.lstrip("/")
    return found


def _make_below(mount: _Mount, name: str) -> Path:
    """Returns a new directory as near to our own place as there may be one.

    Raises:
        CgroupsError: there may be none anywhere.
    """
    reason = "there is no directory of ours"
    for parent in (mount.own, *mount.own.parents):
        if parent.is_dir() and parent.is_relative_to(mount.root):
            _remove_stale(parent)
            try:
                return _make_in(parent, name, mount)
            except OSError as error:
                reason = f"{error.filename or parent}: {error.strerror}"
    raise CgroupsError(f"no cgroup can be made: {reason}")


def _make_in(parent: Path, name: str, mount: _Mount) -> Path:
    made = parent / name
    made.mkdir()
    try:
        if mount.version > 1:  # there, children have the controllers that the parent gives on
            given = " ".join(f"+{controller}" for controller in CONTROLLERS)
            if not (made / "pids.max").exists():
                (parent / "cgroup.subtree_control").write_text(given)
            (made / "cgroup.subtree_control").write_text(given)
    except OSError:
        made.rmdir()
        raise
    return made


def _remove_stale(parent: Path) -> None:
    """Removes the cgroups of servers that were killed."""
    for directory in parent.glob(f"{PREFIX}[0-9]*"):
        if not Path("/proc", directory.name.removeprefix(PREFIX)).exists():
            _remove_below(directory)


def _remove_below(directory: Path) -> None:
    with suppress(OSError):  # somebody else's, or a process in it has not quite ended
        for child in directory.iterdir():
            if child.is_dir():
                _remove_below(child)
        directory.rmdir()
