"""The outermost layer: namespaces, the tiny root, and users without rights."""

import errno
import os
import socket

import pytest

from appengine.sandbox.cage import Mount, namespaces, system
from tests.sandbox.forked import in_child, refusal
from tests.sandbox.machine import needs


def read_capabilities():
    with open("/proc/self/status") as status:
        lines = [line.split() for line in status if line.startswith("Cap")]
    return {name.rstrip(":"): int(value, 16) for name, value in lines}


@needs("privileges")
def test_no_capability_is_left_and_root_is_somebody_else():
    def drop():
        namespaces.drop_privileges(61234)
        return [read_capabilities(), os.getresuid(), os.getresgid(), os.getgroups()]

    capabilities, users, groups, others = in_child(drop)
    left = {"CapInh", "CapPrm", "CapEff", "CapAmb"}
    assert all(capabilities[name] == 0 for name in left)
    if os.geteuid() == 0:
        assert capabilities["CapBnd"] == 0
        assert (users, groups, others) == ([61234] * 3, [61234] * 3, [])
    else:
        assert users == list(os.getresuid())


def in_namespaces(act, *mounts):
    """What `act` returns as process 1 of its own namespaces, in a root of the mounts."""

    def enter():
        namespaces.enter_namespaces()
        held = namespaces.open_sources(mounts)

        def become_first():
            namespaces.build_root(held)
            return act()

        return in_child(become_first)

    return in_child(enter)


def list_files():
    return sorted(os.path.join(place, name) for place, _, names in os.walk("/") for name in names)


@needs("namespaces")
def test_the_root_holds_the_mounts_and_nothing_else(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "file").write_text("x")
    (tmp_path / "two").write_text("y")
    mounts = [Mount(str(tmp_path / "two"), "/etc/two"), Mount(str(tmp_path / "one"), "/app")]
    assert in_namespaces(list_files, *mounts) == ["/app/file", "/etc/two"]
    assert (tmp_path / "two").read_text() == "y"


@needs("namespaces")
def test_a_mount_may_lie_in_another(tmp_path):
    for name in ("outer", "outer/inner", "inner"):
        (tmp_path / name).mkdir()
    (tmp_path / "inner" / "file").write_text("x")
    (tmp_path / "outer" / "inner" / "hidden").write_text("x")
    mounts = [Mount(str(tmp_path / "inner"), "/a/inner"), Mount(str(tmp_path / "outer"), "/a")]
    assert in_namespaces(list_files, *mounts) == ["/a/inner/file"]


@needs("namespaces")
def test_everything_is_read_only_even_for_process_one(tmp_path):
    (tmp_path / "file").write_text("x")

    def write():
        return [
            refusal(lambda: open("/app/file", "w"))[1],
            refusal(lambda: os.mkdir("/new"))[1],
            refusal(lambda: os.mkdir("/app/new"))[1],
            refusal(lambda: os.chmod("/app/file", 0o600))[1],
            refusal(lambda: os.unlink("/app/file"))[1],
        ]

    assert in_namespaces(write, Mount(str(tmp_path), "/app")) == [errno.EROFS] * 5


@needs("namespaces")
def test_the_older_way_of_remounting_is_read_only_too(tmp_path, monkeypatch):
    """Before Linux 5.12 there is no mount_setattr."""
    (tmp_path / "file").write_text("x")
    original = system.syscall

    def old_kernel(name, *arguments):
        if name == "mount_setattr":
            raise OSError(errno.ENOSYS, name)
        return original(name, *arguments)

    monkeypatch.setattr(system, "syscall", old_kernel)

    def write():
        refused = refusal(lambda: open("/app/file", "w"))[1], refusal(lambda: os.mkdir("/n"))[1]
        with open(os.devnull, "w") as null:
            null.write("x")
        return refused

    mounts = [Mount(str(tmp_path), "/app"), Mount(os.devnull, os.devnull)]
    assert in_namespaces(write, *mounts) == [errno.EROFS] * 2


@needs("namespaces")
def test_process_one_sees_no_network_and_nobody_else():
    parent = os.getpid()

    def look():
        interfaces = [name for _, name in socket.if_nameindex()]
        return [os.getpid(), interfaces, refusal(lambda: os.kill(parent, 0))[1]]

    assert in_namespaces(look) == [1, ["lo"], errno.ESRCH]


@needs("namespaces")
def test_a_missing_source_is_an_error_unless_it_is_optional(tmp_path):
    present = Mount(str(tmp_path), "/app")
    missing = Mount("/missing/source", "/there", optional=True)
    assert in_namespaces(lambda: os.listdir("/"), present, missing) == ["app"]
    with pytest.raises(OSError, match="No such file or directory: '/missing/source'"):
        in_namespaces(list_files, Mount("/missing/source", "/there"))


@needs("namespaces")
def test_nothing_stays_mounted_outside():
    with open("/proc/self/mounts") as mounts:
        before = mounts.read()
    in_namespaces(list_files, Mount(os.devnull, os.devnull))
    with open("/proc/self/mounts") as mounts:
        assert mounts.read() == before


@needs("namespaces")
def test_a_source_is_added_late_also_where_the_new_root_covers_it(tmp_path):
    """Which application will be inside is known only when the root is begun."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "file").write_text("x")

    def enter():
        namespaces.enter_namespaces()

        def become_first():
            root = namespaces.Root()
            covered = os.path.exists(tmp_path)
            (late,) = root.open([Mount(os.path.realpath(tmp_path / "first"), "/app")])
            root.add([late])
            root.enter()
            return [covered, list_files(), refusal(lambda: open("/app/file", "w"))[1]]

        return in_child(become_first)

    covered, files, refused = in_child(enter)
    assert covered == (not os.path.realpath(tmp_path).startswith("/tmp/"))
    assert (files, refused) == (["/app/file"], errno.EROFS)
