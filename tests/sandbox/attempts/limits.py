"""Attempts to take more than is given."""

import fcntl
import mmap
import os
import resource
import threading

from tests.sandbox.attempts.attempt import ARGUMENTS, World, attempt


@attempt("brk, mmap", "memory", "limits")
def take_memory(world: World) -> bool:
    return len(bytearray(300 * 2**20)) > 0


@attempt("mmap", "memory", "limits")
def take_shared_memory(world: World) -> bool:
    return len(mmap.mmap(-1, 4 * 2**30)) > 0


@attempt("mmap", "huge pages of the machine", ARGUMENTS, control=False)
def take_huge_pages(world: World) -> bool:
    kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000  # MAP_HUGETLB, where some are set aside
    return len(mmap.mmap(-1, 2**21, flags=kind)) > 0


@attempt("dup", "open files", "limits")
def take_descriptors(world: World) -> bool:
    return len([os.dup(0) for _ in range(250)]) == 250


@attempt("clone", "threads", "limits")
def take_threads(world: World) -> bool:
    done = threading.Event()
    threads = [threading.Thread(target=done.wait, daemon=True) for _ in range(400)]
    try:
        for thread in threads:
            thread.start()
    finally:
        done.set()
    return True


@attempt("prlimit64", "limits", "seccomp, limits")
def raise_limits(world: World) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
    return hard > 64


@attempt("fcntl", "kernel memory", ARGUMENTS)
def grow_pipe(world: World) -> bool:
    _, sender = os.pipe()
    return fcntl.fcntl(sender, 1031, 2**20) > 0
