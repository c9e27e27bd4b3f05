"""The numbers of Linux's system calls, by architecture; this file reads the generated tables."""

import functools
import os
from collections.abc import Mapping

from msgspec import Struct

from appengine.sandbox.cage import syscalls_aarch64, syscalls_x86_64

X32_BIT = 0x40000000
"""Calls of x86-64's x32 interface carry this bit; the same number means something else there."""


class Architecture(Struct, frozen=True, kw_only=True, eq=False):
    """One architecture as a seccomp filter sees it.

    Attributes:
        audit: `AUDIT_ARCH_...`, which the kernel puts beside each call's number.
        numbers: a call's number by its name.
        has_x32: numbers with `X32_BIT` are another interface's.
    """

    name: str
    audit: int
    numbers: Mapping[str, int]
    has_x32: bool = False


def _number(runs: Mapping[int, str]) -> dict[str, int]:
    return {
        name: first + offset
        for first, names in runs.items()
        for offset, name in enumerate(names.split())
    }


X86_64 = Architecture(
    name="x86_64", audit=0xC000003E, numbers=_number(syscalls_x86_64.RUNS), has_x32=True
)
AARCH64 = Architecture(name="aarch64", audit=0xC00000B7, numbers=_number(syscalls_aarch64.RUNS))

ARCHITECTURES = {architecture.name: architecture for architecture in (X86_64, AARCH64)}


@functools.cache
def this_architecture() -> Architecture:
    """Returns the architecture of this machine.

    Raises:
        OSError: there is no table for it.
    """
    name = os.uname().machine
    if name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise OSError(f"no system call table for the architecture {name!r}; known: {known}")
    return ARCHITECTURES[name]
