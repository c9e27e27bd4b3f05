"""Processor time of other processes, by the kernel's own clock of each."""

import time


def process_cpu(pid: int) -> float:
    """Returns the processor seconds that a process has used; 0: there is none."""
    clock = (~pid << 3) | 2  # the kernel's encoding of a process's scheduler clock
    try:
        return time.clock_gettime(clock)
    except OSError:  # it has ended
        return 0.0
