"""What other processes use of processors and memory, by the kernel's own counts."""

import os
import time

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def process_cpu(pid: int) -> float:
    """Returns the processor seconds that a process has used; 0: there is none."""
    clock = (~pid << 3) | 2  # the kernel's encoding of a process's scheduler clock
    try:
        return time.clock_gettime(clock)
    except OSError:  # it has ended
        return 0.0


def private_bytes(pid: int) -> int:
    """Returns the memory that a process holds beside files and what is shared; 0: it has ended."""
    try:
        counts = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _, resident, shared, *_ = os.read(counts, 200).split()
        finally:
            os.close(counts)
    except OSError:
        return 0
    return (int(resident) - int(shared)) * PAGE_BYTES


def describe_excess(held_bytes: int, soft_bytes: int) -> str:
    """Returns why an instance goes after its request."""
    return f"it held {held_bytes // 2**20} MiB, more than its {soft_bytes // 2**20} MiB"
