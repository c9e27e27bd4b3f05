"""Cgroups of instances: limits that the kernel keeps, and nothing left behind."""

import asyncio
import mmap
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appengine.supervisor import cgroups
from appengine.supervisor.cgroups import CgroupTree, Limits, open_cgroups

MIB = 2**20


@pytest.fixture
def tree() -> Iterator[CgroupTree]:
    made, layer = open_cgroups()
    if made is None:
        pytest.skip(f"no cgroups here: {layer.detail}")
    yield made
    asyncio.run(made.remove())


def run_in(cgroup: cgroups.Cgroup, act: Callable[[], object]) -> int:
    """Returns the wait status of a process in a cgroup; 0 if `act` returns."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.close(writer)
        os.read(reader, 1)
        try:
            act()
            os._exit(0)
        except BaseException:
            os._exit(1)
    cgroup.take(child)
    os.close(writer)
    os.close(reader)
    return os.waitpid(child, 0)[1]


def share(size: int) -> None:
    """Fills shared memory, which no limit of a process counts."""
    memory = mmap.mmap(-1, size)
    for place in range(0, size, mmap.PAGESIZE):
        memory[place] = 1


def fork_many() -> None:
    for _ in range(20):
        if os.fork() == 0:
            signal.pause()


def leave(tree: CgroupTree) -> list[Path]:
    return [path for top in tree._directories for path in top.glob("*") if path.is_dir()]


def test_memory_beyond_the_limit_kills_and_is_known(tree):
    cgroup = tree.make("one", Limits(memory_bytes=32 * MIB, processes=50))
    assert os.waitstatus_to_exitcode(run_in(cgroup, lambda: share(8 * MIB))) == 0
    assert not cgroup.has_killed()
    assert os.waitstatus_to_exitcode(run_in(cgroup, lambda: share(64 * MIB))) == -signal.SIGKILL
    assert cgroup.has_killed()
    assert not cgroup.has_killed(), "it has been told"
    assert cgroup.remove()
    assert leave(tree) == []


def test_processes_beyond_the_limit_are_not_started(tree):
    cgroup = tree.make("two", Limits(processes=5))
    assert os.waitstatus_to_exitcode(run_in(cgroup, fork_many)) == 1
    for top in tree._directories:
        for word in (top / "two" / "cgroup.procs").read_text().split():
            os.kill(int(word), signal.SIGKILL)
    asyncio.run(tree.remove())
    assert not any(top.exists() for top in tree._directories)


def test_a_cgroup_with_a_living_process_is_not_removed(tree):
    cgroup = tree.make("three", Limits(processes=5))
    seen = []
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    cgroup.take(child)
    seen.append(cgroup.remove())
    os.close(writer)
    os.close(reader)
    os.waitpid(child, 0)
    seen.append(cgroup.remove())
    assert seen == [False, True]


def test_one_name_is_one_cgroup(tree):
    tree.make("four", Limits(processes=5))
    with pytest.raises(FileExistsError):
        tree.make("four", Limits(processes=5))


def test_what_a_killed_server_has_left_is_removed(tree):
    left = [top.with_name(f"{cgroups.PREFIX}{2**22 + 1}") for top in tree._directories]
    for directory in left:
        directory.mkdir()
    again, _ = open_cgroups_as("appengine-trial")
    assert not any(directory.exists() for directory in left)
    asyncio.run(again.remove())


def open_cgroups_as(name: str) -> tuple[CgroupTree, str]:
    return cgroups._make_tree(name)


def test_a_machine_without_hierarchies_says_so(monkeypatch):
    monkeypatch.setattr(cgroups, "_mounts", lambda: iter(()))
    tree, layer = open_cgroups()
    assert tree is None
    assert (layer.name, layer.on) == ("cgroups", False)
    assert layer.detail.startswith("no mounted hierarchy controls memory; limits of each process")


def test_a_hierarchy_that_may_not_be_written_says_so(monkeypatch):
    mount = cgroups._Mount(Path("/proc"), Path("/proc/self"), ("memory", "pids"), 2)
    monkeypatch.setattr(cgroups, "_mounts", lambda: iter((mount,)))
    tree, layer = open_cgroups()
    assert tree is None
    assert "no cgroup can be made: " in layer.detail


def test_version_2_gives_its_controllers_on_from_where_they_are(tmp_path):
    """The files of a hierarchy without its kernel: what is written where."""
    parent = tmp_path / "session"
    parent.mkdir()
    mount = cgroups._Mount(tmp_path, parent, ("memory", "pids"), 2)
    made = cgroups._make_below(mount, "appengine-trial")
    assert made == parent / "appengine-trial"
    assert (parent / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (made / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_version_2_limits_memory_without_swap(tmp_path):
    for name in ("memory.max", "memory.swap.max", "pids.max"):
        (tmp_path / name).write_text("max")
    cgroups.Cgroup((tmp_path,)).limit(Limits(memory_bytes=256 * MIB))
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"memory.max": str(256 * MIB), "memory.swap.max": "0", "pids.max": "200"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 0\n"),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"),
    ],
)
def test_kills_are_counted_in_both_versions(tmp_path, name, text):
    cgroup = cgroups.Cgroup((tmp_path,))
    assert not cgroup.has_killed()
    (tmp_path / name).write_text(text)
    assert [cgroup.has_killed(), cgroup.has_killed()] == [True, False]


def burn_two_processors() -> None:
    """Uses as much processor time as it gets, twice at once, for a second by the clock."""
    end = time.monotonic() + 1
    if (child := os.fork()) == 0:
        while time.monotonic() < end:
            pass
        os._exit(0)
    while time.monotonic() < end:
        pass
    os.waitpid(child, 0)


def test_processors_beyond_the_limit_wait(tree):
    limits = Limits(processors=1)
    cgroup = tree.make("five", limits)
    found = {name: path for top in tree._directories for name, path in quotas(top / "five")}
    if not found:
        pytest.skip("no hierarchy here controls processors")
    assert {path.read_text().strip() for path in found.values()} <= {"100000", "100000 100000"}
    for name, text in (("cpu.cfs_quota_us", "20000"), ("cpu.max", "20000 100000")):
        if name in found:  # so little that a machine that is busy with others has it, too
            found[name].write_text(text)
    run_in(cgroup, burn_two_processors)
    told = next(iter(found.values())).with_name("cpu.stat").read_text()
    assert int(re.search(r"nr_throttled (\d+)", told)[1]) > 0
    assert cgroup.remove()


def quotas(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yields the files, by name, that say how much processor time a cgroup has."""
    for name in ("cpu.cfs_quota_us", "cpu.max"):
        if (directory / name).exists():
            yield name, directory / name
