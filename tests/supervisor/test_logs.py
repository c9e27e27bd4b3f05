"""Output of applications' processes: whole lines, labelled, and no flood."""

import asyncio
import os
from types import SimpleNamespace

from appengine.supervisor.logs import (
    BYTES_A_SECOND,
    KEPT_CHARACTERS,
    KEPT_LINES,
    LINES_A_SECOND,
    READ_A_SECOND,
    Logs,
)


def collect(*pieces: bytes) -> list[str]:
    """Returns the lines that are shown of what a process writes and then ends."""

    async def run() -> list[str]:
        shown: list[str] = []
        logs = Logs(shown.append)
        writer = logs.pipe("app")
        for piece in pieces:
            os.write(writer, piece)
            await asyncio.sleep(0)
        os.close(writer)
        while not shown or not shown[-1].endswith("end"):
            await asyncio.sleep(0.001)
        return shown

    return asyncio.run(asyncio.wait_for(run(), 10))


def test_lines_are_labelled_and_whole_whatever_the_pieces():
    assert collect(b"on", b"e\ntw", b"o\n", b"end") == ["[app] one", "[app] two", "[app] end"]


def test_what_would_steer_the_terminal_is_shown_not_done():
    shown = collect(b"\x1b[31mred\x07\n", b"\xff\n", b"end\n")
    assert shown == ["[app] \\x1b[31mred\\x07", "[app] \ufffd", "[app] end"]


def test_a_line_without_an_end_is_cut():
    shown = collect(b"x" * 20000, b"y\n", b"end\n")
    assert "".join(line.removeprefix("[app] ") for line in shown[:-1]).rstrip("y") == "x" * 16384


def test_a_flood_is_counted_not_shown():
    async def run() -> list[str]:
        shown: list[str] = []
        logs = Logs(shown.append)
        writer = logs.pipe("app")
        for _ in range(LINES_A_SECOND // 100):
            os.write(writer, b"x\n" * 1000)
            await asyncio.sleep(0)
        os.close(writer)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(logs.lines) <= KEPT_LINES
        return shown

    shown = asyncio.run(run())
    assert LINES_A_SECOND <= len(shown) <= 3 * LINES_A_SECOND


def test_long_lines_without_end_are_neither_kept_nor_shown_for_ever(monkeypatch):
    """Who writes all the time is read for no more than a part of each second: this is one."""
    monkeypatch.setattr("appengine.supervisor.logs.time", SimpleNamespace(monotonic=lambda: 1.0))

    async def run() -> tuple[int, list[str], int]:
        shown: list[str] = []
        logs = Logs(shown.append)
        writer = logs.pipe("app")
        os.set_blocking(writer, False)
        written, full = 0, 0
        while full < 100:  # turns of the loop in which nothing is read
            try:
                written += os.write(writer, (b"\0" * 15999 + b"\n") * 4)
                full = 0
            except BlockingIOError:
                full += 1
            await asyncio.sleep(0)
        os.close(writer)
        return written, shown, sum(map(len, logs.lines))

    written, shown, kept = asyncio.run(run())
    assert READ_A_SECOND < written <= 1.5 * READ_A_SECOND
    assert sum(map(len, shown)) <= 5 * BYTES_A_SECOND  # four characters for each NUL
    assert kept <= KEPT_CHARACTERS


def test_a_report_cannot_steer_the_terminal_but_keeps_its_lines():
    shown: list[str] = []
    Logs(shown.append).add("Traceback:\n\tred: \x1b[31m")
    assert shown == ["Traceback:\n\tred: \\x1b[31m"]


def test_a_terminal_that_has_gone_stops_nothing(monkeypatch):
    class Gone:
        def write(self, text: str) -> None:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    logs = Logs()
    logs.add("said to nobody")
    assert list(logs.lines) == ["said to nobody"]
