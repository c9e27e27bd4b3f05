"""The limits of a process, and what it inherits: resources, descriptors, its end."""

import os
import resource
import signal
import sys
import threading
from collections.abc import Iterable

from appengine.sandbox.cage.plan import CageConfig
from appengine.sandbox.cage.system import (
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    limit_arenas,
    prctl,
    syscall,
)

SHARED_BYTES = 2**30
"""Address space beside private memory: shared libraries, and the reserve of each thread's heap.

RLIMIT_DATA does not count shared memory, so only RLIMIT_AS stops that.
"""

STACK_BYTES = 2**20
"""Of each thread that Python starts; the C library's 8 MiB would leave room for few."""

ARENAS = 2
"""Heaps that malloc spreads the threads over; by itself it makes 8 for each processor."""

ZYGOTE_FILES = 256
"""Open files of a zygote, which holds sockets of its instances for a moment."""

LAST_DESCRIPTOR = 2**32 - 1


def die_with_parent() -> None:
    """Has the kernel kill the process when the thread that started it ends.

    A fork and a change of the user undo it.
    """
    if sys.platform == "linux":  # elsewhere the control socket's end has to do
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def seal_process() -> None:
    """Ties the process's life to its parent's, and hides its memory from its equals.

    A fork undoes the first, a change of the user both: it is called again after either.
    """
    if sys.platform == "linux":
        prctl(PR_SET_DUMPABLE, 0)
    die_with_parent()


def renounce_new_privileges() -> None:
    """Makes set-user-id programs and file capabilities worthless to the process, for good."""
    if sys.platform == "linux":
        prctl(PR_SET_NO_NEW_PRIVS, 1)


def limit_zygote(config: CageConfig) -> None:
    """Lowers a zygote's resource limits for good; its instances inherit them."""
    _limit(resource.RLIMIT_NOFILE, ZYGOTE_FILES)
    for kind in (
        resource.RLIMIT_CORE,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_MEMLOCK,
        resource.RLIMIT_MSGQUEUE,
    ):
        _limit(kind, 0)
    _limit(resource.RLIMIT_SIGPENDING, 64)
    if config.uid is not None or "namespaces" in config.layers:
        _limit(resource.RLIMIT_NPROC, config.processes)  # else it would count its owner's others
    if config.memory_bytes is not None:
        _economise()
        _limit(resource.RLIMIT_DATA, config.memory_bytes)
        _limit(resource.RLIMIT_AS, config.memory_bytes + SHARED_BYTES)


def _economise() -> None:
    """Makes threads small: a stack counts as data in full, an arena as address space."""
    threading.stack_size(STACK_BYTES)
    limit_arenas(ARENAS)


def limit_instance(config: CageConfig) -> None:
    """Lowers an instance's limits below its zygote's, for good."""
    _limit(resource.RLIMIT_NOFILE, config.files)
    if config.cpu_seconds is not None:
        _limit(resource.RLIMIT_CPU, config.cpu_seconds)


def _limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)  # who is not root cannot raise it
    resource.setrlimit(kind, (value, value))


def close_all_but(descriptors: Iterable[int]) -> None:
    """Closes every descriptor but the standard three and those given."""
    first = 3
    for descriptor in sorted(set(descriptors)):
        if descriptor > first:
            _close(first, descriptor - 1)
        first = max(first, descriptor + 1)
    _close(first, LAST_DESCRIPTOR)


def _close(first: int, last: int) -> None:
    try:
        syscall("close_range", first, last, 0)
    except OSError:  # before Linux 5.9
        os.closerange(first, min(last + 1, os.sysconf("SC_OPEN_MAX")))
