"""Memory and processor time of a process and all its descendants, as the kernel tells."""

import os
import signal
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Returns a process and its descendants."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for thread in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            waiting += [int(word) for word in thread.read_text().split()]
    return found


def idle_figures(pid: int, seconds: float) -> tuple[float, float]:
    """Returns the family's proportional memory in MB, and its use of one CPU in percent."""
    members = family(pid)
    before = sum(map(cpu_seconds, members))
    signal.sigtimedwait([], seconds)
    used = sum(map(cpu_seconds, members)) - before
    return sum(map(memory_mb, members)), used / seconds * 100


def cpu_seconds(pid: int) -> float:
    """Returns the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    """Returns a process's proportional share of memory."""
    return sum_mb(pid, "Pss:")


def file_share_mb(pid: int) -> float:
    """Returns how much of it is of files' pages, shared with everybody who has the same mapped."""
    return sum_mb(pid, "Pss_File:")


def private_mb(pid: int) -> float:
    """Returns the memory that is a process's own alone."""
    return sum_mb(pid, "Private_")


def sum_mb(pid: int, field: str) -> float:
    """Returns the sum of the fields of memory whose names begin so; 0 at the process's end."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024
