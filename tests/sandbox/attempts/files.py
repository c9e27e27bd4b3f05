"""Attempts to read what is outside."""

import ctypes
import importlib
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
    ROOT,
    World,
    attempt,
    check,
    new_file,
    secret,
)


@attempt("openat", "file outside", ROOT, "secret")
def read_by_open(world: World) -> str:
    with open(secret(world)) as text:
        return text.read()


@attempt("openat", "file outside", ROOT, "secret")
def read_by_c(world: World) -> bytes:
    descriptor = check(LIBC.open(secret(world).encode(), 0))
    return os.read(descriptor, 100)


@attempt("openat", "file outside", ROOT, "secret")
def read_by_openat(world: World) -> bytes:
    return os.read(syscall("openat", AT_FDCWD, secret(world).encode(), 0, 0), 100)


@attempt("openat2", "file outside", KERNEL, "secret")
def read_by_openat2(world: World) -> bytes:
    how = struct.pack("=3Q", 0, 0, 0)
    return os.read(syscall("openat2", AT_FDCWD, secret(world).encode(), how, len(how)), 100)


@attempt("openat", "file outside", ROOT, "secret")
def read_by_machine_code(world: World) -> bytes:
    path = machine_code.address_of(secret(world))
    return os.read(machine_code.call("openat", AT_FDCWD, path, 0), 100)


@attempt("openat", "link in the application", ROOT, "secret")
def read_by_link(world: World) -> str:
    with open("link") as text:
        return text.read()


@attempt("openat", "link to the root", ROOT, "secret")
def read_by_linked_root(world: World) -> str:
    with open("root" + secret(world)) as text:
        return text.read()


@attempt("openat", "file outside", ROOT, "secret")
def read_by_dots(world: World) -> str:
    with open("../" * 30 + secret(world)) as text:
        return text.read()


@attempt("openat", "/proc/self/root", ROOT, "secret")
def read_by_proc_root(world: World) -> str:
    with open("/proc/self/root" + secret(world)) as text:
        return text.read()


@attempt("openat", "/proc/N/root", ROOT, "secret")
def read_by_proc_of_other(world: World) -> str:
    with open(f"/proc/{world['victim']}/root" + secret(world)) as text:
        return text.read()


@attempt("openat", "descriptor", "close_range", "secret")
def read_by_inherited(world: World) -> bytes:
    return os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=world["descriptor"]), 100)


@attempt("fchdir", "descriptor", "close_range", "secret")
def read_by_fchdir(world: World) -> str:
    os.fchdir(world["descriptor"])
    with open("secret.txt") as text:
        return text.read()


@attempt("chroot", "root directory", KERNEL, "secret")
def read_by_chroot(world: World) -> str:
    os.chroot(world["outside"])
    with open("/secret.txt") as text:
        return text.read()


@attempt("open_by_handle_at", "file handle", KERNEL, "secret")
def read_by_handle(world: World) -> bytes:
    handle = bytearray(struct.pack("=Ii", 128, 0) + bytes(128))
    buffer = (ctypes.c_char * len(handle)).from_buffer(handle)
    number = ctypes.create_string_buffer(8)
    syscall("name_to_handle_at", AT_FDCWD, secret(world).encode(), buffer, number, 0)
    place = os.open("/", os.O_RDONLY)
    return os.read(syscall("open_by_handle_at", place, buffer, 0), 100)


@attempt("openat", "O_PATH descriptor", ARGUMENTS, "secret")
def read_by_opath(world: World) -> bytes:
    path = os.open(secret(world), os.O_PATH)
    return os.read(os.open(f"/proc/self/fd/{path}", os.O_RDONLY), 100)


@attempt("mmap", "file outside", ROOT, "secret")
def read_by_mmap(world: World) -> bytes:
    with open(secret(world), "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ).read()


@attempt("openat", "database outside", ROOT, "file")
def read_by_sqlite(world: World) -> str:
    sqlite3 = importlib.import_module("sqlite3")
    with sqlite3.connect(":memory:") as database:
        database.execute("attach ? as other", (new_file(world),))
        database.execute("create table other.t (x)")
    return "attached"


@attempt("openat", "/etc/passwd", ROOT)
def read_passwords(world: World) -> bool:
    with open("/etc/passwd") as text:
        return "root:" in text.read()


@attempt("openat", "/proc/N/environ", ROOT)
def read_environment_of_other(world: World) -> bool:
    with open(f"/proc/{world['victim']}/environ", "rb") as data:
        return data.read() is not None


@attempt("getdents64", "/proc", ROOT)
def list_processes(world: World) -> bool:
    return str(world["victim"]) in os.listdir("/proc")


@attempt("getdents64", "/dev", ROOT)
def list_devices(world: World) -> bool:
    return len(os.listdir("/dev")) > 10


@attempt("getdents64", "/sys", ROOT)
def list_kernel(world: World) -> bool:
    return len(os.listdir("/sys/kernel")) > 0


@attempt("getdents64", "root directory", "Landlock")
def list_root(world: World) -> bool:
    """Its own root is tiny, but says where the platform is installed."""
    return len(os.listdir("/")) > 0


@attempt("openat", "file that its mode locks", "privileges", "secret")
def read_locked_page(world: World) -> str:
    """Only who starts the cage may read it, and only with a capability."""
    with open("locked.txt") as text:
        return text.read()


@attempt("newfstatat", "metadata", "namespaces (tiny root)")
def stat_outside(world: World) -> int:
    return os.stat(secret(world)).st_size


@attempt("statx", "metadata", "namespaces (tiny root)")
def statx_outside(world: World) -> bool:
    buffer = ctypes.create_string_buffer(256)
    return syscall("statx", AT_FDCWD, secret(world).encode(), 0, 0x7FF, buffer) == 0


@attempt("listxattr", "metadata", KERNEL)
def read_attributes(world: World) -> bool:
    return os.listxattr(secret(world)) is not None


@attempt("openat", "/proc/net", ROOT)
def read_tcp_table(world: World) -> bool:
    with open("/proc/net/tcp") as text:
        return f":{world['tcp']:04X}" in text.read()
