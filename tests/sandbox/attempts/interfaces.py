"""Attempts by interfaces that kernels have gained lately, or that few know: none is needed."""

import ctypes
import errno
import fcntl
import mmap
import os
import signal
import socket
import struct

from appengine.sandbox.cage.system import syscall
from tests.sandbox.attempts.attempt import (
    ARGUMENTS,
    AT_FDCWD,
    KERNEL,
    LIBC,
    ROOT,
    World,
    attempt,
    check,
)

FIOSETOWN, TIOCSTI = 0x8901, 0x5412
EVERY_MOUNT = 2**64 - 1


_pages: list[mmap.mmap] = []


def page() -> int:
    """Returns the address of a fresh page of memory, which stays."""
    _pages.append(mmap.mmap(-1, mmap.PAGESIZE))
    return ctypes.addressof(ctypes.c_char.from_buffer(_pages[-1]))


@attempt("mount_setattr", "mounts", KERNEL)
def change_mount(world: World) -> bool:
    return syscall("mount_setattr", AT_FDCWD, b"/", 0, bytes(32), 32) == 0


@attempt("fspick", "mounts", KERNEL)
def pick_filesystem(world: World) -> bool:
    return syscall("fspick", AT_FDCWD, b"/", 0) > 0


@attempt("listmount", "mounts", KERNEL, control=False)
def list_mounts(world: World) -> bool:
    request = struct.pack("=IIQQQ", 32, 0, EVERY_MOUNT, 0, 0)
    return syscall("listmount", request, ctypes.create_string_buffer(800), 100, 0) > 0


@attempt("statmount", "mounts", KERNEL, control=False)
def describe_mount(world: World) -> bool:
    """Asks for a mount that there is not: an answer at all is the kernel's."""
    request = struct.pack("=IIQQQ", 32, 0, 2**40, 1, 0)
    try:
        return syscall("statmount", request, ctypes.create_string_buffer(4096), 4096, 0) == 0
    except OSError as error:
        if error.errno == errno.ENOENT:
            return True
        raise


@attempt("name_to_handle_at", "file handle", KERNEL, control=False)
def name_handle(world: World) -> bool:
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0) + bytes(128))
    where = ctypes.create_string_buffer(8)
    return syscall("name_to_handle_at", AT_FDCWD, os.getcwd().encode(), handle, where, 0) == 0


@attempt("setns", "namespaces", KERNEL)
def join_namespaces(world: World) -> bool:
    return syscall("setns", syscall("pidfd_open", os.getpid(), 0), 0x8000000) == 0


@attempt("pidfd_open", "itself", KERNEL)
def hold_itself(world: World) -> bool:
    return syscall("pidfd_open", os.getpid(), 0) > 0


@attempt("process_madvise", "victim", KERNEL)
def advise_other(world: World) -> bool:
    holder = syscall("pidfd_open", world["victim"], 0)
    where = struct.pack("=2Q", world["address"] & ~(mmap.PAGESIZE - 1), mmap.PAGESIZE)
    return syscall("process_madvise", holder, where, 1, 20, 0) > 0  # 20: it is cold


@attempt("process_mrelease", "victim", KERNEL)
def release_other(world: World) -> bool:
    """Takes the memory of what dies; of what lives the kernel says EINVAL, and no more."""
    holder = syscall("pidfd_open", world["victim"], 0)
    try:
        return syscall("process_mrelease", holder, 0) == 0
    except OSError as error:
        if error.errno == errno.EINVAL:
            return True
        raise


@attempt("move_pages", "victim", KERNEL, control=False)
def look_for_pages_of_other(world: World) -> bool:
    where = struct.pack("=Q", world["address"] & ~(mmap.PAGESIZE - 1))
    found = ctypes.create_string_buffer(4)
    return syscall("move_pages", world["victim"], 1, where, 0, found, 0) == 0


@attempt("get_robust_list", "victim", KERNEL)
def read_locks_of_other(world: World) -> bool:
    head, size = ctypes.create_string_buffer(8), ctypes.create_string_buffer(8)
    return syscall("get_robust_list", world["victim"], head, size) == 0


@attempt("splice", "pipes", KERNEL)
def splice_pipes(world: World) -> bool:
    (first, begin), (end, last) = os.pipe(), os.pipe()
    os.write(begin, b"x")
    return syscall("splice", first, 0, last, 0, 1, 0) == 1 and os.read(end, 1) == b"x"


@attempt("vmsplice", "pages in a pipe", KERNEL)
def splice_memory(world: World) -> bool:
    return syscall("vmsplice", os.pipe()[1], struct.pack("=2Q", page(), 8), 1, 0) == 8


@attempt("tee", "pipes", KERNEL)
def copy_pipe(world: World) -> bool:
    (first, begin), (_, last) = os.pipe(), os.pipe()
    os.write(begin, b"x")
    return syscall("tee", first, last, 1, 0) == 1


@attempt("sendmmsg", "socket", KERNEL)
def send_many(world: World) -> bool:
    ours, _ = socket.socketpair()
    message = ctypes.create_string_buffer(64)
    return syscall("sendmmsg", ours.fileno(), message, 1, 0) == 1


@attempt("recvmmsg", "socket", KERNEL)
def receive_many(world: World) -> bool:
    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    return syscall("recvmmsg", ours.fileno(), ctypes.create_string_buffer(64), 1, 0x40, 0) == 1


@attempt("ioctl", "owner of a socket", ARGUMENTS)
def own_by_ioctl(world: World) -> bool:
    """Who owns a socket gets its signals: FIOSETOWN names another process."""
    ours, _ = socket.socketpair()
    fcntl.ioctl(ours.fileno(), FIOSETOWN, struct.pack("=i", world["victim"]))
    return True


@attempt("ioctl", "input of a terminal", ROOT, control=False)
def type_into_terminal(world: World) -> bool:
    master, slave = os.openpty()
    fcntl.ioctl(slave, TIOCSTI, b"x")
    return master > 0


@attempt("ioctl", "input of its streams", ARGUMENTS)
def type_into_own_streams(world: World) -> bool:
    """They are no terminal here: that the kernel says so shows that it was asked."""
    try:
        fcntl.ioctl(1, TIOCSTI, b"x")
    except OSError as error:
        if error.errno == errno.ENOTTY:
            return True
        raise
    return True


@attempt("openat", "/proc/self/mem", ROOT)
def write_itself_by_proc(world: World) -> bool:
    kept = ctypes.create_string_buffer(b"same", 4)
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(ctypes.addressof(kept))
        memory.write(b"then")
    return kept.raw == b"then"


@attempt("openat", "/proc/self/fd", ROOT)
def reopen_for_writing(world: World) -> bool:
    """Opens what is open for reading once more, by its descriptor's name."""
    page = os.open(os.path.join(os.getcwd(), "page.txt"), os.O_RDONLY)
    return os.open(f"/proc/self/fd/{page}", os.O_RDWR) >= 0


@attempt("signalfd4", "kernel memory", KERNEL)
def read_signals(world: World) -> bool:
    mask = struct.pack("=Q", 1 << (signal.SIGUSR2 - 1))
    return syscall("signalfd4", -1, mask, 8, 0) > 0


@attempt("sched_setattr", "scheduler", KERNEL)
def schedule_by_attributes(world: World) -> bool:
    return syscall("sched_setattr", 0, struct.pack("=IIQiIQQQ", 48, 3, 0, 0, 0, 0, 0, 0), 0) == 0


@attempt("ioprio_set", "disks' schedule", KERNEL)
def hurry_disks(world: World) -> bool:
    return syscall("ioprio_set", 1, 0, 2 << 13 | 4) == 0


@attempt("set_mempolicy", "places of memory", KERNEL, control=False)
def place_memory(world: World) -> bool:
    return syscall("set_mempolicy", 0, 0, 0) == 0


@attempt("setrlimit", "limits", KERNEL)
def set_limits_by_old_call(world: World) -> bool:
    return syscall("setrlimit", 4, struct.pack("=2Q", 0, 0)) == 0  # core dumps


@attempt("sync", "all disks", KERNEL)
def flush_disks(world: World) -> bool:
    return syscall("sync") == 0


@attempt("clock_adjtime", "clock", KERNEL)
def ask_clock(world: World) -> bool:
    return syscall("clock_adjtime", 0, ctypes.create_string_buffer(208)) >= 0


@attempt("remap_file_pages", "memory", KERNEL, control=False)
def remap_pages(world: World) -> bool:
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return syscall("remap_file_pages", address, mmap.PAGESIZE, 0, 1, 0) == 0


@attempt("mseal", "memory", KERNEL, control=False)
def seal_memory(world: World) -> bool:
    return syscall("mseal", page(), mmap.PAGESIZE, 0) == 0


@attempt("cachestat", "page cache", KERNEL, control=False)
def count_cache(world: World) -> bool:
    file = os.open(os.path.join(os.getcwd(), "page.txt"), os.O_RDONLY)
    return syscall("cachestat", file, bytes(16), ctypes.create_string_buffer(40), 0) == 0


@attempt("futex_wake", "newer futexes", KERNEL, control=False)
def wake_by_new_call(world: World) -> bool:
    return syscall("futex_wake", page(), 1, 1, 2 | 128) == 0


@attempt("lsm_list_modules", "kernel", KERNEL, control=False)
def list_security(world: World) -> bool:
    size = ctypes.create_string_buffer(struct.pack("=I", 256))
    return syscall("lsm_list_modules", ctypes.create_string_buffer(256), size, 0) > 0


@attempt("finit_module", "kernel", KERNEL, control=False)
def load_module(world: World) -> bool:
    """Loads no file: who may load modules is told that there is none."""
    try:
        return syscall("finit_module", -1, b"", 0) == 0
    except OSError as error:
        if error.errno == errno.EBADF:
            return True
        raise


@attempt("prctl", "orphans", ARGUMENTS)
def adopt_orphans(world: World) -> bool:
    return check(LIBC.prctl(36, 1, 0, 0, 0)) == 0


@attempt("prctl", "timers", ARGUMENTS)
def sharpen_timers(world: World) -> bool:
    return check(LIBC.prctl(29, 1, 0, 0, 0)) == 0


@attempt("prctl", "all its equal pages", ARGUMENTS, control=False)
def merge_all_pages(world: World) -> bool:
    return check(LIBC.prctl(67, 1, 0, 0, 0)) == 0


@attempt("prctl", "speculation", ARGUMENTS, control=False)
def speculate(world: World) -> bool:
    return check(LIBC.prctl(53, 0, 2, 0, 0)) == 0
