"""The system call filters: made of the rules in `allowed.py`, put up for good.

The zygote's filter allows what an application needs, and forking instances. An instance puts a
second one on top, which only takes away; the stricter verdict of the two counts. Calls of
another architecture, whose numbers mean something else, kill the process.
"""

import ctypes
import errno
import functools
import struct

from appengine.sandbox.cage import bpf
from appengine.sandbox.cage.allowed import (
    PLAIN,
    ZYGOTE_ONLY,
    filter_arguments,
    find_refusal,
)
from appengine.sandbox.cage.syscalls import X32_BIT, Architecture
from appengine.sandbox.cage.system import syscall

SET_MODE_FILTER = 1
TSYNC = 1
SPEC_ALLOW = 4
"""Leaves speculation as it is: an instance's memory holds nobody else's secret."""

MAX_INSTRUCTIONS = 4096
"""Source: Linux, include/uapi/linux/bpf_common.h, BPF_MAXINSNS."""

_ALLOW = bpf.finish(bpf.ALLOW)
_KILL = bpf.finish(bpf.KILL_PROCESS)


@functools.cache
def make_zygote_filter(
    architecture: Architecture, *, may_write_null: bool, shares_memory: bool = True
) -> bytes:
    """Returns the zygote's program; what it does not name is refused.

    The nursery makes all there are, once.

    Args:
        architecture: whose numbers the program compares.
        may_write_null: see `filter_arguments`.
        shares_memory: see there.
    """
    pieces = {
        number: bpf.finish(bpf.refuse(find_refusal(name)))
        for name, number in architecture.numbers.items()
    }
    for name in PLAIN.keys() | ZYGOTE_ONLY.keys():
        _place(pieces, architecture, name, _ALLOW)
    for name, rule in filter_arguments(0, may_write_null, shares_memory).items():
        refused = bpf.finish(bpf.refuse(rule.refusal))
        # zygote's alternatives alone, where an instance's depend on its own number
        piece = bpf.require_any(rule.zygote + rule.instance, _ALLOW, refused)
        _place(pieces, architecture, name, piece)
    # a number without a name is younger than the tables: it is as if the kernel had none
    return _finish(architecture, pieces, bpf.finish(bpf.refuse(errno.ENOSYS)))


def make_instance_filter(architecture: Architecture, own_process: int) -> bytes:
    """Returns an instance's program, which takes away what only its zygote may.

    Args:
        architecture: whose numbers the program compares.
        own_process: the instance's process number, as it sees it itself.
    """
    pieces: dict[int, bpf.Code] = {}
    for name in ZYGOTE_ONLY:
        _place(pieces, architecture, name, bpf.finish(bpf.refuse(find_refusal(name))))
    for name, rule in filter_arguments(own_process, may_write_null=True).items():
        if rule.zygote:
            refused = bpf.finish(bpf.refuse(rule.refusal))
            piece = bpf.require_any(rule.instance, _ALLOW, refused)
            _place(pieces, architecture, name, piece)
    return _finish(architecture, pieces, _ALLOW)


def _place(
    pieces: dict[int, bpf.Code], architecture: Architecture, name: str, piece: bpf.Code
) -> None:
    if name in architecture.numbers:
        pieces[architecture.numbers[name]] = piece


def _finish(architecture: Architecture, pieces: dict[int, bpf.Code], otherwise: bpf.Code) -> bytes:
    search = bpf.select(pieces, otherwise)
    if architecture.has_x32:
        search = bpf.branch(bpf.IF_AT_LEAST, X32_BIT, _KILL, search)
    known = (bpf.Instruction(bpf.LOAD, bpf.NUMBER_AT), *search)
    check = bpf.branch(bpf.IF_EQUAL, architecture.audit, known, _KILL)
    return bpf.pack((bpf.Instruction(bpf.LOAD, bpf.ARCHITECTURE_AT), *check))


def install(program: bytes) -> None:
    """Puts a filter up on all threads of the process, for good.

    Needs no_new_privs.

    Raises:
        OSError: the kernel refused it; ESRCH: a thread has filters of its own.
    """
    count = len(program) // 8
    if count > MAX_INSTRUCTIONS:
        raise ValueError(f"a filter of {count} instructions; at most {MAX_INSTRUCTIONS}")
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", count, ctypes.addressof(instructions))
    thread = syscall("seccomp", SET_MODE_FILTER, TSYNC | SPEC_ALLOW, header)
    if thread:
        raise OSError(errno.ESRCH, f"seccomp: thread {thread} has filters of its own")
