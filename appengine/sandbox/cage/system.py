"""The door to the C library: the system calls that Python does not offer, by ctypes.

Everything here raises `OSError` with the call's name; nothing here decides anything.
"""

import ctypes
import errno
import os
import sys

from appengine.sandbox.cage.syscalls import this_architecture

Argument = int | bytes | ctypes.Array[ctypes.c_char]

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_NOATIME = 1024
MS_NODIRATIME = 2048
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19
MS_RELATIME = 1 << 21

MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_GET_NAME = 16
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39
PR_CAP_AMBIENT = 47
PR_SET_VMA = 0x53564D41
PR_CAP_AMBIENT_CLEAR_ALL = 4

M_ARENA_MAX = -8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_void_p


def _check(result: int, what: str) -> int:
    if result >= 0:
        return result
    number = ctypes.get_errno()
    raise OSError(number, f"{what}: {os.strerror(number)}")


def syscall(name: str, *arguments: Argument) -> int:
    """Returns what the kernel answers to a call by its number.

    Args:
        name: the call's, as in the kernel's tables.
        arguments: whole numbers, or bytes and buffers, whose addresses are passed.

    Raises:
        OSError: the kernel refused; ENOSYS also where this architecture has no such call.
    """
    number = _find_number(name)
    _libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *words), name)


def _find_number(name: str) -> int:
    """Returns a call's number; the same number is another call to another system."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{name}: {sys.platform} has none")
    architecture = this_architecture()
    if name not in architecture.numbers:
        raise OSError(errno.ENOSYS, f"{name}: {architecture.name} has none")
    return architecture.numbers[name]


def prctl(option: int, *arguments: int) -> int:
    """Returns the answer of prctl; arguments that are not given are 0.

    Raises:
        OSError: the kernel refused.
    """
    words = [ctypes.c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    return _check(_libc.prctl(ctypes.c_int(option), *words), f"prctl({option})")


def name_process(name: str) -> None:
    """Gives the process a name, of at most 15 bytes, for `ps` and `top`."""
    if sys.platform == "linux":
        _libc.prctl(ctypes.c_int(PR_SET_NAME), name.encode())


def unshare(flags: int) -> None:
    """Gives the process new namespaces.

    Args:
        flags: `CLONE_NEW...`, combined.

    Raises:
        OSError: the kernel refused one of them.
    """
    _check(_libc.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mounts a file system, or changes a mount; `flags` are `MS_...`, combined.

    Raises:
        OSError: the kernel refused.
    """
    words = [os.fsencode(word) or None for word in (source, target, kind, options)]
    result = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    _check(result, f"mount({source!r}, {target!r}, flags {flags:#x})")


def detach(target: str) -> None:
    """Takes a mount, and all below it, out of sight; it ends when nobody uses it any more.

    Raises:
        OSError: the kernel refused.
    """
    _check(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount2({target!r})")


def limit_arenas(count: int) -> None:
    """Limits the heaps that the C library spreads threads over, where it is one that does."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(ctypes.c_int(M_ARENA_MAX), ctypes.c_int(count))


def has_heap() -> bool:
    """Tells whether the C library is the GNU one, whose heap has one growing end."""
    return hasattr(_libc, "mallopt") and hasattr(_libc, "malloc_trim")


def allocate(size_bytes: int) -> int:
    """Returns the address of a new piece of the C library's heap; 0 where there is none."""
    return _libc.malloc(ctypes.c_size_t(size_bytes)) or 0


def release(address: int) -> None:
    """Gives a piece of the heap back."""
    _libc.free(ctypes.c_void_p(address))
