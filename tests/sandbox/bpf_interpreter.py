"""An interpreter of classic BPF, as the kernel runs seccomp's filters, for both architectures."""

import struct
from collections.abc import Sequence

LOAD, AND, JUMP, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000


def run(program: bytes, audit: int, number: int, arguments: Sequence[int] = ()) -> int:
    """Returns the verdict of a program about one call."""
    words = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    masked = [word & (1 << 64) - 1 for word in words]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, audit, 0x7F0000001000, *masked)
    steps = list(struct.iter_unpack("<HBBI", program))
    accumulator = at = 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == LOAD:
            assert value % 4 == 0
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == AND:
            accumulator &= value
        elif code == JUMP:
            at += value
        elif code == IF_EQUAL:
            at += if_true if accumulator == value else if_false
        elif code == IF_AT_LEAST:
            at += if_true if accumulator >= value else if_false
        else:
            assert code == RETURN, f"instruction {at - 1} has the unknown code {code:#x}"
            return value


def name_verdict(verdict: int) -> int | str:
    """Returns `"allow"`, `"kill"` or the `errno`."""
    if verdict & 0xFFFF0000 == 0x00050000:
        return verdict & 0xFFFF
    return {ALLOW: "allow", KILL_PROCESS: "kill"}[verdict]
