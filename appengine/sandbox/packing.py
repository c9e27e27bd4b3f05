"""The memory that forks share, packed: what they add is written beside it, not between it.

A page that a fork writes to is copied for it alone. Python puts a new object into the first gap of
its size, and gaps are all over the pages that a fork shares with whoever forked it. So before
forking they are filled, once for all: each fork's own objects then lie together, in few pages.
"""

import gc
from collections.abc import Callable, Container
from types import CodeType, FunctionType

from appengine.sandbox.cage.system import allocate, has_heap, release

POOL_BYTES = 2**14
"""Python's small objects of one size lie in pools of this size. Source: CPython, obmalloc.c."""

POOL_HEADER = 48
STEP, LARGEST = 16, 512
"""Sizes of small objects, in bytes; larger ones are the C library's."""

BYTES_HEADER = 33
"""Of a `bytes` object, with the zero at its end."""

MAX_FILLERS = 20_000
"""Of one size: where memory is laid out in another way than is assumed here, filling ends."""

NUMBER_BYTES, MAX_NUMBERS = 32, 3000
"""Addresses are objects of this size: they lie between the fillers, so no row of these is seen."""

HEAP_HEADER = 8
"""Bytes before each piece of the C library's heap. Source: glibc, malloc/malloc.c."""

HEAP_SIZES = [n - HEAP_HEADER for n in (*(2**k for k in range(16, 10, -1)), *range(1040, 16, -16))]
"""Of pieces, in bytes: small ones are kept by their size, in steps of 16."""

MAX_PIECES = 5000
"""Of one size."""

ROW = 4

_fillers: list[object] = []


def settle_memory() -> None:
    """Throws away what nobody needs, fills the gaps, and leaves what there is to no collector."""
    gc.collect()
    for size in range(LARGEST, 0, -STEP):
        _fill_gaps(size)
    _fill_heap()  # now that the list of fillers has stopped to grow
    gc.freeze()


def _fill_gaps(size: int) -> None:
    """Makes objects of a size until they fill a pool to its end: then no gap is left.

    The next one begins a pool, and is written into the page that holds the pool's own figures.
    """
    make = _maker(size)
    blocks = (POOL_BYTES - POOL_HEADER) // size
    end = POOL_HEADER + (blocks - 1) * size
    row, last = 0, 0
    for _ in range(MAX_NUMBERS if size == NUMBER_BYTES else MAX_FILLERS):
        filler = make()
        _fillers.append(filler)
        row = row + 1 if id(filler) == last + size else 0
        last = id(filler)
        if row >= blocks // 2 and last % POOL_BYTES == end:
            return


def _fill_heap() -> None:
    """Takes pieces of the C library's heap, large ones first, until its small gaps are gone.

    What comes from the heap's end, or from a large gap, lies in one row; it is given back.
    """
    for size in HEAP_SIZES if has_heap() else ():
        row = [allocate(size)]
        for _ in range(MAX_PIECES):
            piece = allocate(size)
            row = [*row, piece] if piece == row[-1] + size + HEAP_HEADER else [piece]
            if len(row) == ROW or not piece:
                break
        for piece in reversed(row):
            release(piece)


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
    gc.unfreeze()  # what is frozen is not found
    moved: dict[int, CodeType] = {}
    kept = []
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and id(function.__code__) in addresses:
            kept.append(function.__code__)  # else a new one could have its address
            function.__code__ = moved.setdefault(id(kept[-1]), kept[-1].replace())
