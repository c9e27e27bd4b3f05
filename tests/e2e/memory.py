"""Searches the memory of other processes; needs root."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

PIECE = 2**22


def find_in_memory(pid: int, needles: Iterable[bytes]) -> set[bytes]:
    """Returns those of the needles that stand in the readable memory of a process."""
    wanted, found = set(needles), set()
    overlap = max(map(len, wanted)) - 1
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end in readable_regions(pid):
            for piece in read_pieces(memory.fileno(), start, end, overlap):
                found |= {needle for needle in wanted - found if needle in piece}
    return found


def readable_regions(pid: int) -> Iterator[tuple[int, int]]:
    """Yields first and last address of each region of memory that its owner may read."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, rights, *rest = line.split()
        if rights.startswith("r") and not rest[-1].startswith(("[vvar", "[vsyscall")):
            first, _, last = addresses.partition("-")
            yield int(first, 16), int(last, 16)


def read_pieces(memory: int, start: int, end: int, overlap: int) -> Iterator[bytes]:
    """Yields the bytes of a region; each piece begins with the end of the one before."""
    before = b""
    while start < end:
        try:
            piece = os.pread(memory, min(PIECE, end - start), start)
        except OSError:  # behind the end of a file that is mapped
            return
        if not piece:
            return
        yield before + piece
        before = piece[-overlap:]
        start += len(piece)
