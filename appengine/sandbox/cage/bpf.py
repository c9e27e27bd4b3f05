"""A small assembler of seccomp's filter programs (classic BPF).

A program is put together from pieces that are relative to themselves, so they only need to be
laid one behind the other. Every path through a piece ends in a verdict.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/filter.h.
"""

import struct
from collections.abc import Mapping, Sequence

from msgspec import Struct

NUMBER_AT = 0
"""Offset of the call's number in `struct seccomp_data`; bytes, as all offsets here."""
ARCHITECTURE_AT = 4
ARGUMENTS_AT = 16

LOAD = 0x20
AND = 0x54
JUMP = 0x05
IF_EQUAL = 0x15
IF_AT_LEAST = 0x35
RETURN = 0x06

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000

LOW_WORD = 0xFFFFFFFF
FARTHEST = 255
"""A conditional jump skips at most so many instructions."""


class Instruction(Struct, frozen=True):
    """One `struct sock_filter`; the jumps count the instructions that are skipped."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


Code = tuple[Instruction, ...]


class Condition(Struct, frozen=True):
    """One half of an argument, compared: `half(argument) & mask == value`.

    Attributes:
        argument: 0 to 5.
        high: compares the upper 32 bits, otherwise the lower ones.
    """

    argument: int
    value: int
    mask: int = LOW_WORD
    high: bool = False


def finish(verdict: int) -> Code:
    """Returns the piece that ends the program: `ALLOW`, `KILL_PROCESS` or `refuse(...)`."""
    return (Instruction(RETURN, verdict),)


def refuse(number: int) -> int:
    """Returns the verdict that makes the call fail with an `errno`."""
    return ERRNO | number


def branch(test: int, value: int, yes: Code, no: Code) -> Code:
    """Returns `yes` where the loaded word passes the test, and else `no`."""
    if len(yes) <= FARTHEST:
        return (Instruction(test, value, 0, len(yes)), *yes, *no)
    return (Instruction(test, value, 1, 0), Instruction(JUMP, len(yes)), *yes, *no)


def require(conditions: Sequence[Condition], yes: Code, no: Code) -> Code:
    """Returns `yes` where all conditions hold, and else `no`."""
    if not conditions:
        return yes
    first = conditions[0]
    offset = ARGUMENTS_AT + 8 * first.argument + 4 * first.high
    narrow = () if first.mask == LOW_WORD else (Instruction(AND, first.mask),)
    rest = require(conditions[1:], yes, no)
    return (Instruction(LOAD, offset), *narrow, *branch(IF_EQUAL, first.value, rest, no))


def require_any(alternatives: Sequence[Sequence[Condition]], yes: Code, no: Code) -> Code:
    """Returns `yes` where all conditions of one alternative hold, and else `no`."""
    code = no
    for conditions in reversed(alternatives):
        code = require(conditions, yes, code)
    return code


def select(pieces: Mapping[int, Code], otherwise: Code) -> Code:
    """Returns a binary search: the loaded word's own piece, or `otherwise`.

    The kernel tries every number when a filter is put up, so a short search makes that quick.
    """
    starts: list[tuple[int, Code]] = [(0, otherwise)]
    for number, piece in sorted(pieces.items()):
        _start(starts, number, piece)
        _start(starts, number + 1, otherwise)
    return _search(starts)


def _start(starts: list[tuple[int, Code]], number: int, piece: Code) -> None:
    if starts[-1][0] == number:
        starts.pop()
    if not starts or starts[-1][1] != piece:
        starts.append((number, piece))


def _search(starts: list[tuple[int, Code]]) -> Code:
    if len(starts) == 1:
        return starts[0][1]
    middle = len(starts) // 2
    above, below = _search(starts[middle:]), _search(starts[:middle])
    return branch(IF_AT_LEAST, starts[middle][0], above, below)


def pack(code: Code) -> bytes:
    """Returns a program as the kernel takes it: an array of `struct sock_filter`."""
    return b"".join(
        struct.pack("=HBBI", step.code, step.if_true, step.if_false, step.value) for step in code
    )
