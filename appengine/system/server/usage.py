"""What a process uses, over time: read where it is asked for, from the kernel's files."""

import os
from collections import deque
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LONGEST_SECONDS = 600.0
MOST = 600
"""Samples that are kept: one a second of ten minutes, if it is asked for so often."""


class Usage:
    """Samples of one process: when, CPU seconds, bytes of memory."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float, int]] = deque(maxlen=MOST)

    @property
    def memory_bytes(self) -> int:
        """Bytes at the last sample."""
        return self._samples[-1][2] if self._samples else 0

    def add(self, now: float, cpu_seconds: float, memory_bytes: int) -> None:
        """Takes a sample, and forgets those of more than ten minutes ago."""
        self._samples.append((now, cpu_seconds, memory_bytes))
        while self._samples[0][0] < now - LONGEST_SECONDS:
            self._samples.popleft()

    def rate(self, now: float, seconds: float) -> float:
        """Returns CPU seconds a second since the first sample of the last `seconds`."""
        since = next((each for each in self._samples if each[0] >= now - seconds), None)
        last = self._samples[-1] if self._samples else None
        if since is None or last is None or last[0] <= since[0]:
            return 0.0
        return (last[1] - since[1]) / (last[0] - since[0])

    def average(self, now: float, seconds: float) -> float:
        """Returns the mean of the bytes at the samples of the last `seconds`."""
        found = [each[2] for each in self._samples if each[0] >= now - seconds]
        return sum(found) / len(found) if found else 0.0


def read_cpu_seconds(pid: int) -> float:
    """Returns the CPU seconds of a process; 0 where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def read_memory_bytes(pid: int) -> int:
    """Returns the bytes that a process holds in memory; 0 where there is none."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0
