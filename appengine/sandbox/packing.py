"""The memory that forks share, packed: what they add is written beside it, not between it.

A page that a fork writes to is copied for it alone. Python puts a new object into the first gap of
its size, and gaps are all over the pages that a fork shares with whoever forked it. So before
forking they are filled, once for all: each fork's own objects then lie together, in few pages.
"""

import gc
from collections.abc import Callable, Container
from types import CodeType, FunctionType

POOL_BYTES = 2**14
"""Python's small objects of one size lie in pools of this size. Source: CPython, obmalloc.c."""

POOL_HEADER = 48
STEP, LARGEST = 16, 512
"""Sizes of small objects, in bytes; larger ones are the C library's."""

BYTES_HEADER = 33
"""Of a `bytes` object, with the zero at its end."""

MAX_FILLERS = 20_000
"""Of one size: where memory is laid out in another way than is assumed here, filling ends."""

_fillers: list[object] = []


def settle_memory() -> None:
    """Throws away what nobody needs, fills the gaps, and leaves what there is to no collector."""
    gc.collect()
    for size in range(LARGEST, 0, -STEP):
        _fill_gaps(size)
    gc.freeze()


def _fill_gaps(size: int) -> None:
    """Makes objects of a size until half a pool of them lies in one row: then no gap is left."""
    make = _maker(size)
    wanted = (POOL_BYTES - POOL_HEADER) // size // 2
    row, last = 0, 0
    for _ in range(MAX_FILLERS):
        filler = make()
        _fillers.append(filler)
        row = row + 1 if id(filler) == last + size else 0
        if row >= wanted:
            return
        last = id(filler)


def _maker(size: int) -> Callable[[], object]:
    """Returns what makes a new object of so many bytes."""
    if size == STEP:
        return object
    if size <= BYTES_HEADER:
        return lambda: float("0.5")
    return lambda: bytes(size - BYTES_HEADER)


def move_code(addresses: Container[int]) -> None:
    """Puts the code at those addresses into new places, which lie together.

    A call writes into the code that it runs. Nothing else of the functions changes.
    """
    moved: dict[int, CodeType] = {}
    kept = []
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and id(function.__code__) in addresses:
            kept.append(function.__code__)  # else a new one could have its address
            function.__code__ = moved.setdefault(id(kept[-1]), kept[-1].replace())
