"""What the applications' processes print: shown line by line, and kept for the console."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

KEPT_LINES = 1000
KEPT_CHARACTERS = 2**20
"""Of the lines that are kept: the console is sent them all with every page."""

MAX_LINE_BYTES = 2**14
"""Longer lines are cut in two."""

LINES_A_SECOND = 2000
BYTES_A_SECOND = 2**20
"""Of one process; what is above either is counted, not printed."""

READ_A_SECOND = 2**24
"""Bytes; above it nothing is read for a second: who writes still more has to wait."""


class Label:
    """What the lines of a process begin with; it may become known when the process is there."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Logs:
    """Drains the output pipes of all processes."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self.lines: deque[str] = deque()
        self._kept = 0
        self._write = write or _to_terminal

    def pipe(self, label: str | Label) -> int:
        """Returns the writing end of a new pipe, for the caller to close; lines get the label."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        stream = _Stream(reader, label, self.add)
        asyncio.get_running_loop().add_reader(reader, stream.drain)
        return writer

    def add(self, line: str) -> None:
        """Prints and keeps one line, or several that belong together."""
        line = printable(line)
        self.lines.append(line)
        self._kept += len(line)
        while len(self.lines) > KEPT_LINES or self._kept > KEPT_CHARACTERS:
            self._kept -= len(self.lines.popleft())
        self._write(line)


class _Stream:
    """The reading end of one pipe."""

    def __init__(self, reader: int, label: str | Label, add: Callable[[str], None]) -> None:
        self._reader = reader
        self._label = label
        self._add = add
        self._rest = b""
        self._second = 0
        self._count = self._bytes = self._left_out = 0

    def drain(self) -> None:
        """Takes what has arrived; at the end of the stream, closes it."""
        try:
            data = os.read(self._reader, 2**16)
        except BlockingIOError:
            return
        self._begin_second()
        self._bytes += len(data)
        if self._bytes <= BYTES_A_SECOND:
            self._show(data)
        else:
            self._left_out += data.count(b"\n")
            self._rest = b""
        if not data:
            self._tell_left_out()
            asyncio.get_running_loop().remove_reader(self._reader)
            os.close(self._reader)
        elif self._bytes > READ_A_SECOND:
            asyncio.get_running_loop().remove_reader(self._reader)
            asyncio.get_running_loop().call_later(1, self._go_on)

    def _go_on(self) -> None:
        asyncio.get_running_loop().add_reader(self._reader, self.drain)

    def _begin_second(self) -> None:
        if (second := int(time.monotonic())) != self._second:
            self._tell_left_out()
            self._second, self._count, self._bytes = second, 0, 0

    def _tell_left_out(self) -> None:
        if self._left_out:
            self._add(f"[{self._label}] ({self._left_out} lines left out)")
        self._left_out = 0

    def _show(self, data: bytes) -> None:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES or (not data and self._rest):
            lines.append(self._rest)
            self._rest = b""
        shown = lines[: LINES_A_SECOND - self._count]
        self._count += len(shown)
        self._left_out += len(lines) - len(shown)
        for line in shown:
            text = line[:MAX_LINE_BYTES].decode("utf-8", "replace").rstrip("\r")
            self._add(f"[{self._label}] {text}")


def printable(text: str) -> str:
    """Returns text without what would steer the reader's terminal."""
    if text.replace("\t", " ").replace("\n", " ").isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else f"\\x{ord(c):02x}" for c in text)


def _to_terminal(line: str) -> None:
    with suppress(OSError):  # nobody reads it any more; the server goes on
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
