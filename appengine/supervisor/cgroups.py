"""Cgroups of instances: memory, processes and processors of each, limited by the kernel.

Where none can be made, the limits of processes hold alone. What they cannot count is shared
memory, pages of files and what a request's forks use together.

To put a process into a cgroup takes the kernel some 10 ms, in which nothing forks: nobody waits
for that. An instance begins in the cgroup of its zygote, and the zygote in that of its keeper,
which has been put there before it is needed.

Source: Linux, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
"""

import asyncio
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from appengine.rpc.boot import Layer

NAME = "cgroups"
PREFIX = "appengine-"
CONTROLLERS = ("memory", "pids")
PROCESSORS = "cpu"
"""The controller that may be missing: the others are what holds an instance back."""

KNOWN = (*CONTROLLERS, PROCESSORS)

PERIOD_MICROSECONDS = 100_000
"""Over which processor time is counted."""

SHARES = 1024
"""Of the processors where all want them, in version 1: of the smallest class."""

WEIGHT = 100
"""The same in version 2."""

MEMORY_MAX = ("memory.max", "memory.limit_in_bytes")
"""The files that hold the most memory: of version 2, of version 1."""

SWAP_MAX = ("memory.swap.max", "memory.memsw.limit_in_bytes")
"""The most swap, in version 2; the most memory and swap together, in version 1."""

OOM_COUNTS = ("memory.events", "memory.oom_control")
_OOM_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


class CgroupsError(Exception):
    """This machine lets the server make no cgroups; the text says why."""


class Limits(Struct, frozen=True, kw_only=True):
    """What the processes of a cgroup may use together.

    Attributes:
        memory_bytes: swap included; None: no limit.
        processes: and threads.
        processors: kept busy at a time; also its share of them where others want them too.
    """

    memory_bytes: int | None = None
    processes: int = 200
    processors: int = 1


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

    def limit(self, limits: Limits) -> None:
        """Sets the limits.

        Raises:
            OSError: one cannot be set.
        """
        texts = {"pids.max": str(limits.processes)} | _processor_texts(limits.processors)
        if limits.memory_bytes is not None:
            texts |= dict.fromkeys(MEMORY_MAX, str(limits.memory_bytes))
        self._write(texts)
        if limits.memory_bytes is not None:
            swap = dict(zip(SWAP_MAX, ("0", str(limits.memory_bytes)), strict=True))
            with suppress(OSError):  # a machine without swap may refuse
                self._write(swap)

    def _write(self, texts: Mapping[str, str]) -> None:
        """Writes those files that there are, in the order given."""
        for directory in self._directories:
            for name, text in texts.items():
                if (directory / name).exists():
                    (directory / name).write_text(text)

    def processes(self) -> set[int]:
        """Returns the numbers of the processes in it."""
        try:
            text = (self._directories[0] / "cgroup.procs").read_text()
        except OSError:  # it has been removed
            return set()
        return {int(word) for word in text.split()}

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


def remove_soon(cgroup: Cgroup, tries: int = 40) -> None:
    """Removes a cgroup in a while: its processes may not have ended quite."""
    loop = asyncio.get_running_loop()

    def look(removal: asyncio.Future[bool]) -> None:
        if tries and not removal.cancelled() and not removal.result():
            remove_soon(cgroup, tries - 1)

    def remove() -> None:
        with suppress(RuntimeError):  # the server stops, which removes all of them
            loop.run_in_executor(None, cgroup.remove).add_done_callback(look)

    loop.call_later(0.05, remove)


class CgroupTree:
    """The cgroups of one run of the server, below a directory of its own."""

    def __init__(self, directories: tuple[Path, ...]) -> None:
        """Takes the directories of this run."""
        self._directories = directories

    def make(self, name: str, limits: Limits) -> Cgroup:
        """Returns a new cgroup with its limits.

        Raises:
            OSError: it cannot be made.
        """
        made = tuple(directory / name for directory in self._directories)
        for directory in made:
            directory.mkdir()
        cgroup = Cgroup(made)
        try:
            cgroup.limit(limits)
        except OSError:
            cgroup.remove()
            raise
        return cgroup

    async def confine(self, name: str, limits: Limits, pid: int) -> Cgroup:
        """Makes a cgroup and puts a process in, beside everything else.

        Raises:
            OSError: it cannot be made. A process that has just ended is no error.
        """

        def work() -> Cgroup:
            cgroup = self.make(name, limits)
            with suppress(OSError):
                cgroup.take(pid)
            return cgroup

        return await asyncio.to_thread(work)

    async def remove(self) -> None:
        """Removes what is left, as soon as its processes have ended, within half a second."""
        for _ in range(50):
            for directory in self._directories:
                _remove_below(directory)
            if not any(directory.exists() for directory in self._directories):
                return
            await asyncio.sleep(0.01)


def _processor_texts(processors: int) -> dict[str, str]:
    quota = processors * PERIOD_MICROSECONDS
    return {
        "cpu.cfs_period_us": str(PERIOD_MICROSECONDS),
        "cpu.cfs_quota_us": str(quota),
        "cpu.shares": str(processors * SHARES),
        "cpu.max": f"{quota} {PERIOD_MICROSECONDS}",
        "cpu.weight": str(processors * WEIGHT),
    }


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
    chosen = _choose(mounts)
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
    files = ("cpu.cfs_quota_us", "cpu.max")
    limits_processors = any((each / file).exists() for each in made for file in files)
    counted = "memory, processes and processors" if limits_processors else "memory and processes"
    return tree, f"{counted} of each instance, version {versions[0]}"


def _choose(mounts: list[_Mount]) -> list[_Mount]:
    """Returns the hierarchies of all controllers, each once.

    Raises:
        CgroupsError: one that is needed has none.
    """
    chosen: list[_Mount] = []
    for controller in KNOWN:
        mount = next((each for each in mounts if controller in each.controllers), None)
        if mount is None and controller != PROCESSORS:
            raise CgroupsError(f"no mounted hierarchy controls {controller}")
        if mount is not None and mount not in chosen:
            chosen.append(mount)
    return chosen


def _try(tree: CgroupTree) -> None:
    """Puts a process into a cgroup with limits: what looks writable may be refused all the same."""
    cgroup = tree.make("trial", Limits(memory_bytes=2**24, processes=10))
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
            found = tuple(each for each in KNOWN if each in options.split(","))
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
            if not (made / "pids.max").exists():
                _give_on(parent, mount)
            _give_on(made, mount)
    except OSError:
        made.rmdir()
        raise
    return made


def _give_on(directory: Path, mount: _Mount) -> None:
    needed = " ".join(f"+{controller}" for controller in CONTROLLERS)
    (directory / "cgroup.subtree_control").write_text(needed)
    if PROCESSORS in mount.controllers:
        with suppress(OSError):  # a process with a real-time schedule stands in the way
            (directory / "cgroup.subtree_control").write_text(f"+{PROCESSORS}")


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
