"""What the applications' processes print: shown line by line, and kept for the console."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable

KEPT_LINES = 1000
MAX_LINE_BYTES = 2**14
"""Longer lines are cut in two."""

LINES_A_SECOND = 2000
"""Of one process; what is above it is counted, not printed."""


class Logs:
    """Drains the output pipes of all processes."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._write = write or _to_terminal

    def pipe(self, label: str) -> int:
        """Returns the writing end of a new pipe, for the caller to close; lines get the label."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        stream = _Stream(reader, label, self.add)
        asyncio.get_running_loop().add_reader(reader, stream.drain)
        return writer

    def add(self, line: str) -> None:
        """Prints and keeps one line."""
        self.lines.append(line)
        self._write(line)


class _Stream:
    """The reading end of one pipe."""

    def __init__(self, reader: int, label: str, add: Callable[[str], None]) -> None:
        self._reader = reader
        self._label = label
        self._add = add
        self._rest = b""
        self._second = 0
        self._count = 0

    def drain(self) -> None:
        """Takes what has arrived; at the end of the stream, closes it."""
        try:
            data = os.read(self._reader, 2**16)
        except BlockingIOError:
            return
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES or (not data and self._rest):
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._take(line)
        if not data:
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)

    def _take(self, line: bytes) -> None:
        second = int(time.monotonic())
        if second != self._second:
            if self._count > LINES_A_SECOND:
                self._add(f"[{self._label}] ({self._count - LINES_A_SECOND} lines left out)")
            self._second, self._count = second, 0
        self._count += 1
        if self._count <= LINES_A_SECOND:
            text = line[:MAX_LINE_BYTES].decode("utf-8", "replace").rstrip("\r")
            self._add(f"[{self._label}] {_printable(text)}")


def _printable(text: str) -> str:
    """Returns the line without what would steer the reader's terminal."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


def _to_terminal(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
