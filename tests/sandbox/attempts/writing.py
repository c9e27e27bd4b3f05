"""Attempts to write: outside, and in the application itself."""

import fcntl
import mmap
import os
import struct

from appengine.sandbox.cage.system import syscall
from tests.sandbox import machine_code
from tests.sandbox.attempts.attempt import (
    ARGUMENTS,
    AT_FDCWD,
    KERNEL,
    LIBC,
    METADATA,
    READ_ONLY,
    ROOT,
    World,
    attempt,
    changed,
    check,
    new_file,
    secret,
)


@attempt("openat", "new file outside", ROOT, "file")
def write_by_open(world: World) -> bool:
    with open(new_file(world), "w") as file:
        return file.write(world["name"]) > 0


@attempt("openat", "new file outside", ROOT, "file")
def write_by_c(world: World) -> int:
    return check(LIBC.creat(new_file(world).encode(), 0o644)) + 1


@attempt("openat", "new file", ROOT, "file")
def write_by_machine_code(world: World) -> int:
    path = machine_code.address_of(new_file(world))
    return machine_code.call("openat", AT_FDCWD, path, os.O_WRONLY | os.O_CREAT, 0o644) + 1


@attempt("creat", "new file", KERNEL, "file")
def write_by_old_creat(world: World) -> int:
    path = machine_code.address_of(new_file(world))
    return machine_code.call("creat", path, 0o644) + 1


@attempt("openat", "application", READ_ONLY, "file")
def write_in_application(world: World) -> bool:
    with open(world["name"], "w") as file:
        return file.write("x") > 0


@attempt("openat", "application's file", READ_ONLY, "file")
def append_to_page(world: World) -> bool:
    with open("page.txt", "a") as file:
        return file.write(f" {world['name']}") > 0


@attempt("openat", "file", READ_ONLY, "file")
def append_by_machine_code(world: World) -> bool:
    path = machine_code.address_of("page.txt")
    descriptor = machine_code.call("openat", AT_FDCWD, path, os.O_WRONLY | os.O_APPEND)
    return os.write(descriptor, f" {world['name']}".encode()) > 0


@attempt("openat", "application's file", READ_ONLY)
def append_by_mmap(world: World) -> bool:
    descriptor = os.open("page.txt", os.O_RDWR)
    with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ | mmap.PROT_WRITE) as memory:
        return memory is not None


@attempt("openat", "nameless file", ARGUMENTS)
def make_temporary(world: World) -> bool:
    return os.open(os.path.dirname(new_file(world)), os.O_TMPFILE | os.O_RDWR) > 0


@attempt("mkdirat", "directory outside", KERNEL, "file")
def make_directory(world: World) -> bool:
    syscall("mkdirat", AT_FDCWD, new_file(world).encode(), 0o755)
    return True


@attempt("symlinkat", "link outside", KERNEL, "file")
def make_symlink(world: World) -> bool:
    syscall("symlinkat", b"/", AT_FDCWD, new_file(world).encode())
    return True


@attempt("linkat", "hard link", KERNEL, "file")
def make_link(world: World) -> bool:
    there = changed(world).encode()
    syscall("linkat", AT_FDCWD, there, AT_FDCWD, new_file(world).encode(), 0)
    return True


@attempt("mknodat", "pipe", KERNEL, "file")
def make_fifo(world: World) -> bool:
    os.mkfifo(new_file(world))
    return True


@attempt("mknodat", "device", KERNEL, "file")
def make_device(world: World) -> bool:
    syscall("mknodat", AT_FDCWD, new_file(world).encode(), 0o20666, 0x103)
    return True


@attempt("mknodat", "device", KERNEL, "file")
def make_device_inside(world: World) -> bool:
    syscall("mknodat", AT_FDCWD, world["name"].encode(), 0o20666, 0x103)
    return True


@attempt("renameat2", "application's file", KERNEL, "file")
def rename_inside(world: World) -> bool:
    syscall("symlinkat", b"/", AT_FDCWD, b"renamed")
    syscall("renameat2", AT_FDCWD, b"renamed", AT_FDCWD, world["name"].encode(), 0)
    return True


@attempt("fchmodat", "mode", METADATA, "change", sign="mode 640 of changed.txt")
def change_mode(world: World) -> bool:
    syscall("fchmodat", AT_FDCWD, changed(world).encode(), 0o640)
    return True


@attempt("fchmodat", "mode", METADATA, "change", sign="mode 664 of mode.txt")
def change_mode_inside(world: World) -> bool:
    syscall("fchmodat", AT_FDCWD, b"mode.txt", 0o664)
    return True


@attempt("fchmod", "mode", METADATA, "change", sign="mode 646 of open.txt")
def change_mode_of_open_file(world: World) -> bool:
    os.fchmod(os.open("open.txt", os.O_RDONLY), 0o646)
    return True


@attempt("fchown", "owner", METADATA)
def change_owner_inside(world: World) -> bool:
    os.fchown(os.open("page.txt", os.O_RDONLY), os.getuid(), os.getgid())
    return True


@attempt("utimensat", "time", METADATA, "change", sign="time 77 of time.txt")
def change_time_inside(world: World) -> bool:
    os.utime("time.txt", (77, 77))
    return True


@attempt("fsetxattr", "attribute", METADATA)
def change_attribute_inside(world: World) -> bool:
    descriptor = os.open("page.txt", os.O_RDONLY)
    syscall("fsetxattr", descriptor, b"user.cage", b"1", 1, 0)
    return True


@attempt("openat", "application's file", READ_ONLY, "change", sign="size 0 of size.txt")
def truncate_by_open(world: World) -> bool:
    """Truncates a file that is only opened for reading."""
    return os.open("size.txt", os.O_RDONLY | os.O_TRUNC) > 0


@attempt("openat", "new file", READ_ONLY, "file")
def write_by_old_open(world: World) -> bool:
    path = machine_code.address_of(world["name"])
    descriptor = machine_code.call("open", path, os.O_RDWR | os.O_CREAT, 0o644)
    return os.write(descriptor, b"x") == 1


@attempt("truncate", "file outside", KERNEL)
def truncate_outside(world: World) -> bool:
    syscall("truncate", secret(world).encode(), 32)
    return True


@attempt("flock", "lock on a shared file", KERNEL)
def lock_page(world: World) -> bool:
    fcntl.flock(os.open("page.txt", os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


@attempt("fcntl", "lock of an open file", ARGUMENTS)
def lock_by_description(world: World) -> bool:
    whole = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0)
    fcntl.fcntl(os.open("page.txt", os.O_RDONLY), 37, whole)  # F_OFD_SETLK
    return True


@attempt("fcntl", "lease that holds writers up", ARGUMENTS)
def lease_page(world: World) -> bool:
    return fcntl.fcntl(os.open("page.txt", os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0


@attempt("fcntl", "changes of a directory", ARGUMENTS, control=False)
def watch_directory(world: World) -> bool:
    return fcntl.fcntl(os.open(".", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_CREATE) == 0


@attempt("openat", "/dev/mem", ROOT, control=False)
def write_to_device(world: World) -> bool:
    return os.open("/dev/mem", os.O_RDWR) > 0
