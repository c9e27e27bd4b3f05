"""The commit log: what each commit replaced, for snapshots, retention and those who follow it."""

from itertools import takewhile
from typing import cast

import msgspec
import sqlalchemy as sql

from appengine.datastore.tables import commit_log
from appengine.storage.connection import Connection, Prepared

RETENTION_SECONDS = 3600
"""Age at which an entry may go."""

MINIMUM_SECONDS = 60
"""Age below which none goes: the longest transaction may still read by it."""

RETENTION_BYTES = 256 * 2**20
"""Size of an application's log at which entries older than the minimum go."""

TRIM_EVERY = 1000
"""Commits between two looks at what may go."""

SAMPLE = 500
"""Entries by which the size of a log is judged."""

TRIM_ROWS = 2000
"""Entries that go at once, so that no writer waits long."""

Images = list[tuple[bytes, bytes | None]]
"""The entities that a commit replaced, by encoded key; None where there was none."""

_images = msgspec.msgpack.Decoder(Images)
_encoder = msgspec.msgpack.Encoder()
_log = commit_log.c


def _bind(*names: str) -> tuple[sql.BindParameter[object], ...]:
    return tuple(sql.bindparam(name) for name in names)


_last_position = Prepared(
    sql.select(sql.func.max(_log.position)).where(_log.application == sql.bindparam("application")),
    "application",
)
_COLUMNS = (
    "application",
    "group_key",
    "version",
    "bucket",
    "commit_id",
    "committed_at",
    "position",
    "before_images",
)
_append = Prepared(
    sql.insert(commit_log).values({name: sql.bindparam(name) for name in _COLUMNS}), *_COLUMNS
)
_above = Prepared(
    sql.select(_log.version, _log.before_images)
    .where(
        _log.application == sql.bindparam("application"),
        _log.group_key == sql.bindparam("group_key"),
        _log.version > sql.bindparam("after"),
    )
    .order_by(_log.version),
    "application",
    "group_key",
    "after",
)
_commit_of = Prepared(
    sql.select(_log.commit_id).where(
        _log.application == sql.bindparam("application"),
        _log.group_key == sql.bindparam("group_key"),
        _log.version == sql.bindparam("number"),
    ),
    "application",
    "group_key",
    "number",
)
_first_from = Prepared(
    sql.select(sql.func.min(_log.version)).where(
        _log.application == sql.bindparam("application"),
        _log.group_key == sql.bindparam("group_key"),
        _log.position >= sql.bindparam("place"),
    ),
    "application",
    "group_key",
    "place",
)


class Change(msgspec.Struct, frozen=True, gc=False):
    """What one commit did to one group."""

    group_key: bytes
    bucket: int
    version: int
    images: Images


def append(
    connection: Connection, application: str, changes: list[Change], microseconds: int
) -> int:
    """Writes one commit into the log and returns its commit id.

    Args:
        connection: the writing one.
        application: whose log.
        changes: by group.
        microseconds: the platform clock's time.
    """
    row = _last_position.one(connection, application)
    commit_id = cast(int, (row and row[0]) or 0) + 1
    _append.change_many(
        connection,
        (
            (
                application,
                change.group_key,
                change.version,
                change.bucket,
                commit_id,
                microseconds,
                commit_id + number,
                _encoder.encode(change.images),
            )
            for number, change in enumerate(changes)
        ),
    )
    return commit_id


def images_above(
    connection: Connection, application: str, group_key: bytes, version: int
) -> tuple[int, dict[bytes, bytes | None]]:
    """Returns what a group held at a version, wherever it was changed later.

    The caller has read the rows before: whatever changed in between is then in here.

    Returns:
        The number of commits above the version that the log still holds, and the entities by
        encoded key, None where there was none.
    """
    found: dict[bytes, bytes | None] = {}
    rows = _above.all(connection, application, group_key, version)
    for _version, images in rows:
        for key, body in _images.decode(cast(bytes, images)):
            found.setdefault(key, body)  # the earliest is what the version held
    return len(rows), found


def commit_of(
    connection: Connection, application: str, group_key: bytes, version: int
) -> int | None:
    """Returns the id of the commit that made a version, or None if it is no longer there.

    It is the first position of the commit, whose groups have one position each.
    """
    row = _commit_of.one(connection, application, group_key, version)
    return None if row is None else cast(int, row[0])


def version_before(
    connection: Connection, application: str, group_key: bytes, position: int, current: int
) -> int:
    """Returns the version that a group had just before a place in the log."""
    row = _first_from.one(connection, application, group_key, position)
    first = None if row is None else row[0]
    return current if first is None else cast(int, first) - 1


def trim(
    connection: Connection,
    application: str,
    microseconds: int,
    *,
    retention_seconds: int = RETENTION_SECONDS,
    retention_bytes: int = RETENTION_BYTES,
) -> int:
    """Removes the oldest entries that are too old or too much, and returns how many.

    The last commit stays, so that positions never begin anew.
    """
    first, last = _ends(connection, application)
    too_much = _size(connection, application, first, last) > retention_bytes
    seconds = MINIMUM_SECONDS if too_much else max(retention_seconds, MINIMUM_SECONDS)
    edge = microseconds - seconds * 1_000_000
    by_age = (
        sql.select(_log.position, _log.commit_id, _log.committed_at)
        .where(_log.application == application)
        .order_by(_log.position)
    )
    oldest = connection.execute(by_age.limit(1)).all()  # mostly, none is old enough
    if oldest and oldest[0].committed_at < edge:
        oldest = connection.execute(by_age.limit(TRIM_ROWS + 1)).all()
    gone = list(takewhile(lambda row: row.committed_at < edge, oldest))
    if len(gone) == len(oldest):  # a commit goes whole, or a snapshot would see a half of it
        gone = [row for row in gone if row.commit_id < gone[-1].commit_id]
    if gone:  # a beginning of the log, without gaps, even if the clock was set back
        end = gone[-1].position
        connection.execute(
            sql.delete(commit_log).where(_log.application == application, _log.position <= end)
        )
    return len(gone)


def _ends(connection: Connection, application: str) -> tuple[int, int]:
    """Returns the first and the last position of a log."""
    mine = _log.application == application
    first = connection.scalar(sql.select(sql.func.min(_log.position)).where(mine))
    last = connection.scalar(sql.select(sql.func.max(_log.position)).where(mine))
    return cast(int, first or 0), cast(int, last or 0)


def _size(connection: Connection, application: str, first: int, last: int) -> int:
    """Returns about how many bytes a log has, by the mean of its newest entries: no long scan."""
    newest = (
        sql.select(sql.func.length(_log.before_images).label("size"))
        .where(_log.application == application, _log.position > last - SAMPLE)
        .subquery()
    )
    mean = connection.scalar(sql.select(sql.func.avg(newest.c.size)))
    return int((last - first + 1) * cast(float, mean or 0))
