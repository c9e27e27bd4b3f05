"""The outbox of an application: what was sent, kept for people and for delivery."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sql

from appengine.mail.tables import messages
from appengine.storage.connection import Connection
from appengine.storage.engine import Storage

KEPT, WAITING, SENT, FAILED = STATES = ("kept", "waiting", "sent", "failed")

MAX_KEPT = 1000
MAX_KEPT_BYTES = 256 * 2**20
"""Messages of an application that are kept; the oldest go first, but none that still waits."""

SEARCHED = (messages.c.sender, messages.c.recipients, messages.c.subject, messages.c.text)
MAX_SEARCH = 200

SHOWN = [column for column in messages.c if column.name not in ("raw", "envelope")]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it stands in the outbox; see `tables.py`."""

    application: str
    message_id: str
    sent_at: int
    sender: str
    recipients: str
    subject: str
    text: str
    size: int
    state: str
    attempts: int = 0
    next_at: int = 0
    detail: str = ""


class Outbox:
    """The messages that one application has sent."""

    def __init__(self, storage: Storage, application: str) -> None:
        """Takes the application's data."""
        self._storage = storage
        self._application = application
        self._own = messages.c.application == application

    def add(self, entry: Entry, envelope: Sequence[str], raw: bytes) -> None:
        """Puts a message in, and drops the oldest above the bounds."""
        values = msgspec.structs.asdict(entry)
        values |= {"envelope": msgspec.msgpack.encode(list(envelope)), "raw": raw}
        with self._storage.transaction() as connection:
            connection.execute(sql.insert(messages).values(**values))
            self._prune(connection)

    def find(self, text: str = "", limit: int = 100, offset: int = 0) -> list[Entry]:
        """Returns messages that hold a text, newest first."""
        wanted = sql.select(*SHOWN).where(self._own)
        if text:
            escaped = text[:MAX_SEARCH].replace("!", "!!").replace("%", "!%").replace("_", "!_")
            pattern = f"%{escaped}%"
            wanted = wanted.where(sql.or_(*(each.ilike(pattern, escape="!") for each in SEARCHED)))
        ordered = wanted.order_by(messages.c.sent_at.desc(), messages.c.message_id)
        return self._entries(ordered.limit(limit).offset(offset))

    def get(self, message_id: str) -> Entry | None:
        """Returns one message, or None."""
        wanted = sql.select(*SHOWN).where(self._own, messages.c.message_id == message_id)
        return next(iter(self._entries(wanted)), None)

    def raw(self, message_id: str) -> bytes:
        """Returns a message as it is sent, or nothing."""
        return bytes(self._bytes(messages.c.raw, message_id))

    def envelope(self, message_id: str) -> list[str]:
        """Returns the bare addresses that a message has not reached yet."""
        data = bytes(self._bytes(messages.c.envelope, message_id))
        return msgspec.msgpack.decode(data, type=list[str]) if data else []

    def due(self, now: int, limit: int = 20) -> list[Entry]:
        """Returns the messages that are to be delivered now, the oldest first."""
        wanted = sql.select(*SHOWN).where(
            self._own, messages.c.state == WAITING, messages.c.next_at <= now
        )
        return self._entries(wanted.order_by(messages.c.next_at).limit(limit))

    def next_at(self) -> int | None:
        """Returns when the next message is to be delivered, or None: none waits."""
        wanted = sql.select(sql.func.min(messages.c.next_at)).where(
            self._own, messages.c.state == WAITING
        )
        with self._storage.look() as connection:
            found = connection.scalar(wanted)
        return found if isinstance(found, int) else None

    def note(self, entry: Entry, envelope: Sequence[str]) -> None:
        """Writes down what an attempt at delivery has changed."""
        change = (
            sql.update(messages)
            .where(self._own, messages.c.message_id == entry.message_id)
            .values(
                state=entry.state,
                attempts=entry.attempts,
                next_at=entry.next_at,
                detail=entry.detail,
                envelope=msgspec.msgpack.encode(list(envelope)),
            )
        )
        with self._storage.transaction() as connection:
            connection.execute(change)

    def clear(self) -> None:
        """Drops all messages but those that wait."""
        with self._storage.transaction() as connection:
            connection.execute(sql.delete(messages).where(self._own, messages.c.state != WAITING))

    def _entries(self, wanted: sql.Select[tuple[object, ...]]) -> list[Entry]:
        with self._storage.look() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [Entry(**{str(name): value for name, value in row.items()}) for row in rows]

    def _bytes(self, column: sql.Column[bytes], message_id: str) -> bytes:
        wanted = sql.select(column).where(self._own, messages.c.message_id == message_id)
        with self._storage.look() as connection:
            found = connection.scalar(wanted)
        return found if isinstance(found, bytes) else b""

    def _prune(self, connection: Connection) -> None:
        newest = (
            sql.select(messages.c.message_id, messages.c.size, messages.c.state)
            .where(self._own)
            .order_by(messages.c.sent_at.desc(), messages.c.message_id)
        )
        total, dropped = 0, []
        for number, row in enumerate(connection.execute(newest).mappings().all()):
            message_id, size, state = row["message_id"], row["size"], row["state"]
            total += size if isinstance(size, int) else 0
            if state != WAITING and number and (number >= MAX_KEPT or total > MAX_KEPT_BYTES):
                dropped.append(message_id)
        if dropped:
            connection.execute(
                sql.delete(messages).where(self._own, messages.c.message_id.in_(dropped))
            )
