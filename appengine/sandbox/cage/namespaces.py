"""The outermost layer: a process alone with a tiny read-only root, and no other's users.

In order: `enter_namespaces`, `open_sources`, a fork (the child is process 1), a `Root` that is
filled and entered, `drop_privileges`.
"""

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable, Sequence

from msgspec import Struct

from appengine.sandbox.cage import system
from appengine.sandbox.cage.plan import Mount

NAMESPACES = (system.CLONE_NEWNS | system.CLONE_NEWUTS | system.CLONE_NEWIPC) | (
    system.CLONE_NEWPID | system.CLONE_NEWNET | system.CLONE_NEWCGROUP
)

PLACES = ("/tmp", "/run", "/mnt", "/dev")  # noqa: S108  # nothing is created there
"""Directories over which the tiny root may be mounted while it is made, unseen by others."""

ROOT_OPTIONS = "mode=755,size=64k,nr_inodes=1024"

MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
AT_RECURSIVE, AT_FDCWD = 0x8000, -100

SEEN_AS_MOUNTED = (system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC) | (
    system.MS_NOATIME | system.MS_NODIRATIME
)
"""Flags that statvfs gives by the numbers that mount takes; ST_RELATIME differs."""

ST_RELATIME = 4096

LAST_CAPABILITY = 63
CAPABILITY_VERSION_3 = 0x20080522


class HeldMount(Struct, frozen=True):
    """A source held open, so that it can be mounted when its path is hidden.

    Attributes:
        mode: of the file, as stat gives it.
    """

    descriptor: int
    inside: str
    mode: int


def enter_namespaces() -> None:
    """Gives the process its own namespaces; the next fork's child is process 1 there.

    Who is not root gets a user namespace too, in which it stays the same user. The process must
    have one thread.

    Raises:
        OSError: the machine does not let it; nothing has changed then.
    """
    if os.geteuid() == 0:
        system.unshare(NAMESPACES)
        return
    user, group = os.geteuid(), os.getegid()
    system.unshare(NAMESPACES | system.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def open_sources(mounts: Iterable[Mount]) -> list[HeldMount]:
    """Returns the sources, held open; parents come before what is mounted inside of them.

    It is called after `enter_namespaces`: mounts of the old namespace cannot be bound.

    Raises:
        OSError: one that is not optional cannot be opened.
    """
    held = []
    for mount in sorted(mounts, key=lambda mount: mount.inside.split("/")):
        try:
            descriptor = os.open(mount.source, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            if mount.optional:
                continue
            raise
        held.append(HeldMount(descriptor, mount.inside, os.fstat(descriptor).st_mode))
    return held


class Root:
    """A root directory in the making, of nothing but sources; the old one is still there."""

    def __init__(self) -> None:
        """Begins with nothing in it, over a directory of the old one.

        Raises:
            OSError: the machine does not let it.
        """
        # Until it is left, what others unmount goes here, too: nothing is held that they eject.
        system.mount("", "/", flags=system.MS_REC | system.MS_SLAVE)
        place = next(place for place in PLACES if os.path.isdir(place))
        self._place = os.path.realpath(place)
        self._covered = os.open(self._place, os.O_PATH | os.O_CLOEXEC)
        system.mount("tmpfs", place, "tmpfs", system.MS_NOSUID | system.MS_NODEV, ROOT_OPTIONS)

    def open(self, mounts: Iterable[Mount]) -> list[HeldMount]:
        """Returns sources, held open, also of what the new root covers; their paths are real.

        Raises:
            OSError: one cannot be opened.
        """
        held = []
        for mount in mounts:
            path, directory = mount.source, None
            if path.startswith(f"{self._place}/"):
                path, directory = os.path.relpath(path, self._place), self._covered
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC, dir_fd=directory)
            held.append(HeldMount(descriptor, mount.inside, os.fstat(descriptor).st_mode))
        return held

    def add(self, held: Sequence[HeldMount]) -> None:
        """Mounts sources, read-only, and closes them.

        Raises:
            OSError: the machine does not let it.
        """
        for source in held:
            _bind(source, self._place + source.inside)
            os.close(source.descriptor)

    def enter(self) -> None:
        """Makes it the root, read-only, and leaves the old one; the current directory is then `/`.

        Raises:
            OSError: the machine does not let it.
        """
        os.close(self._covered)
        os.chdir(self._place)
        system.syscall("pivot_root", b".", b".")  # the old root lies above the new one ...
        system.detach(".")  # ... and is taken off
        os.chdir("/")
        _make_read_only("/", system.MS_NOSUID | system.MS_NODEV, recursive=False)


def build_root(held: Sequence[HeldMount]) -> None:
    """Makes a root directory of nothing but the sources, read-only, and leaves the old one.

    The descriptors are closed. The current directory is then `/`.

    Raises:
        OSError: the machine does not let it.
    """
    root = Root()
    root.add(held)
    root.enter()


def _bind(source: HeldMount, target: str) -> None:
    if stat.S_ISDIR(source.mode):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mknod(target, stat.S_IFREG | 0o444)
    path = f"/proc/self/fd/{source.descriptor}"
    system.mount(path, target, flags=system.MS_BIND | system.MS_REC)
    system.mount("", target, flags=system.MS_PRIVATE | system.MS_REC)  # nothing comes in later
    flags = os.statvfs(target).f_flag | system.MS_NOSUID
    if not stat.S_ISCHR(source.mode):
        flags |= system.MS_NODEV
    _make_read_only(target, flags, recursive=True)


def _make_read_only(target: str, flags: int, *, recursive: bool) -> None:
    wanted = MOUNT_ATTR_RDONLY
    wanted |= MOUNT_ATTR_NOSUID if flags & system.MS_NOSUID else 0
    wanted |= MOUNT_ATTR_NODEV if flags & system.MS_NODEV else 0
    attributes = struct.pack("=4Q", wanted, 0, 0, 0)
    reach = AT_RECURSIVE if recursive else 0
    try:
        system.syscall(
            "mount_setattr", AT_FDCWD, os.fsencode(target), reach, attributes, len(attributes)
        )
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        _remount_read_only(target, flags)


def _remount_read_only(target: str, flags: int) -> None:
    """Before Linux 5.12; a user namespace may not take away flags, so all are given again."""
    kept = flags & SEEN_AS_MOUNTED | (system.MS_RELATIME if flags & ST_RELATIME else 0)
    system.mount("", target, flags=system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | kept)


def drop_privileges(uid: int | None) -> None:
    """Takes every capability from the process, for good; root becomes another user.

    Args:
        uid: user and group; None, or who is not root, stays the same user.

    Raises:
        OSError: the kernel refused.
    """
    _drop_bounding_set()
    if uid is not None and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    with contextlib.suppress(OSError):  # before Linux 4.3 there are none
        system.prctl(system.PR_CAP_AMBIENT, system.PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    system.syscall("capset", header, bytes(24))


def _drop_bounding_set() -> None:
    for capability in range(LAST_CAPABILITY + 1):
        try:
            system.prctl(system.PR_CAPBSET_DROP, capability)
        except OSError:  # EPERM: nothing to drop with; EINVAL: behind the last one
            return
