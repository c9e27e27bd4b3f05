"""Streams of positions from scans: one after the other, or where several scans agree."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from appengine.datastore.server.planner import Plan
from appengine.datastore.server.scan import (
    BackwardScan,
    EntityScan,
    KeyScan,
    Piece,
    Position,
    RangeScan,
)
from appengine.storage.connection import Connection

MOST_ROWS = 1000
"""Most rows of one piece; pieces grow up to it while a stream goes on."""

JOIN_ROWS = 16
"""Rows of a join's pieces: what is behind them may be leapt over."""


def scans_of(connection: Connection, application: str, plan: Plan) -> list[Piece]:
    """Returns the scans of a plan."""
    if plan.sources is None:
        return [EntityScan(connection, application, plan.keys)]
    kind: type[KeyScan | RangeScan | BackwardScan] = RangeScan if plan.suffix else KeyScan
    if plan.backwards:
        kind = BackwardScan
    return [kind(connection, application, plan, source) for source in plan.sources]


def stream(scans: Sequence[Piece], start: Position, count: int) -> Iterator[Position]:
    """Yields the positions, from `start` on, at which all scans have a row.

    Args:
        scans: at least one for a result.
        start: the first position that may be one.
        count: how many are likely to be taken.
    """
    if not scans:
        return iter(())
    if len(scans) == 1:
        return _one(scans[0], start, count)
    return _join([_Head(scan) for scan in scans], start)


def _one(scan: Piece, start: Position, count: int) -> Iterator[Position]:
    ended, last = False, None
    size = min(max(count, 1), MOST_ROWS)
    while not ended:
        positions, ended = scan.fetch(start if last is None else last, size)
        if last is not None and positions and positions[0] == last:
            del positions[0]
        yield from positions
        last = positions[-1] if positions else last
        size = min(max(2 * size, 2), MOST_ROWS)


def _join(heads: list["_Head"], start: Position) -> Iterator[Position]:
    """Leaps from scan to scan, each to the place where the one before it stands."""
    target, agreed, turn = start, 0, 0
    while (found := heads[turn].seek(target)) is not None:
        agreed = agreed + 1 if found == target else 1
        target = found
        if agreed >= len(heads):
            yield target
            target, agreed = (target[0], target[1] + b"\0"), 0
        turn = (turn + 1) % len(heads)


class _Head:
    """Where a join stands in one scan."""

    def __init__(self, scan: Piece) -> None:
        self._scan = scan
        self._rows: list[Position] = []
        self._ended = False

    def seek(self, target: Position) -> Position | None:
        """Returns the first row at or behind `target`, which never goes back; None at the end."""
        if not self._rows or self._rows[-1] < target:
            if self._ended:
                return None
            self._rows, self._ended = self._scan.fetch(target, JOIN_ROWS)
            if not self._rows:
                return None
        at = bisect_left(self._rows, target)
        return self._rows[at] if at < len(self._rows) else None
