"""What a process remembers of the host's own cache, and how it knows that nobody has changed it.

All processes share a file of marks, in memory. A key has one of them; whoever has changed the key's
item puts a new random mark there, after the change. A remembered item is good for as long as the
mark is what it was before the item was read.
"""

import mmap
import os
import random
import threading
from pathlib import Path
from zlib import crc32

from appengine.memcache.service import Found

MARKS = 2**16
"""Keys share them by chance: then the change of one makes the other be read again."""

REMEMBERED_BYTES = 16 * 2**20
"""Of an application's items that a process remembers, with what each costs beside its value."""

LARGEST_BYTES = 2**14
"""Of a value that is remembered."""

ITEM_BYTES = 600
"""Of an item beside key and value: tuples, an object and a place in a dictionary, measured."""

Near = tuple[int, int, int, int, Found]
"""The mark, the mark of all, the item's id, when it expires in microseconds, and the item."""


class NearCache:
    """The items that a process has read lately, shared by its threads."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file of marks; what other processes remember is forgotten."""
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, (MARKS + 1) * 4)  # a hole could not be filled later
            self._memory = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)
        self._marks = memoryview(self._memory).cast("I")
        self._lock = threading.Lock()
        self._items: dict[tuple[str, bytes], Near] = {}
        self._bytes = 0
        self.change_all()  # one that was killed may not have said what it had changed

    def read_marks(self, key: bytes) -> tuple[int, int]:
        """Returns a key's mark and that of all, to be read before the item is."""
        return self._marks[crc32(key) % MARKS], self._marks[MARKS]

    def find(self, namespace: str, key: bytes, now: int) -> Near | None:
        """Returns an item that nobody has changed since it was read, and that has not expired."""
        near = self._items.get((namespace, key))
        if near is None or near[0] != self._marks[crc32(key) % MARKS]:
            return None
        if near[1] != self._marks[MARKS] or 0 < near[3] <= now:
            return None
        return near

    def remember(
        self, namespace: str, key: bytes, marks: tuple[int, int], row: tuple[int, int, Found]
    ) -> None:
        """Takes an item that was read after its marks: its id, its expiry, itself."""
        size = len(key) + len(row[2].value)
        if size > LARGEST_BYTES:
            return
        with self._lock:
            place = namespace, key
            if (before := self._items.pop(place, None)) is not None:
                self._bytes -= _size(key, before)
            self._bytes += size + ITEM_BYTES
            while self._bytes > REMEMBERED_BYTES:  # those that were read first
                oldest = next(iter(self._items))
                self._bytes -= _size(oldest[1], self._items.pop(oldest))
            self._items[place] = (*marks, *row)

    def change(self, key: bytes) -> None:
        """Makes every process read a key's item again."""
        self._marks[crc32(key) % MARKS] = random.getrandbits(32)

    def change_all(self) -> None:
        """Makes every process read all items again."""
        self._marks[MARKS] = random.getrandbits(32)

    def close(self) -> None:
        """Lets go of the file."""
        self._marks.release()
        self._memory.close()


def _size(key: bytes, near: Near) -> int:
    return len(key) + len(near[4].value) + ITEM_BYTES
