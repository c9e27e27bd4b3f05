"""The outbox: every message that an application has sent, and what became of it."""

import sqlalchemy as sql

from appengine.storage.engine import metadata

messages = sql.Table(
    "mail_messages",
    metadata,
    sql.Column("application", sql.String, primary_key=True),
    sql.Column("message_id", sql.String, primary_key=True),
    sql.Column("sent_at", sql.BigInteger, nullable=False),
    sql.Column("sender", sql.String, nullable=False),
    sql.Column("recipients", sql.String, nullable=False),
    sql.Column("subject", sql.String, nullable=False),
    sql.Column("text", sql.String, nullable=False),
    sql.Column("envelope", sql.LargeBinary, nullable=False),
    sql.Column("raw", sql.LargeBinary, nullable=False),
    sql.Column("size", sql.BigInteger, nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("attempts", sql.Integer, nullable=False),
    sql.Column("next_at", sql.BigInteger, nullable=False),
    sql.Column("detail", sql.String, nullable=False),
    sql.Index("mail_messages_sent_at", "application", "sent_at"),
    sql.Index("mail_messages_next_at", "application", "state", "next_at"),
    sqlite_with_rowid=True,
)
"""Times are in microseconds of the platform's clock. `recipients` is the text that is shown and
searched, as are `subject` and `text`, the beginning of the body; `envelope` is msgpack: the bare
addresses that it has not reached yet. `raw` is the message as it is sent. `state` is `kept` (there
is no mail server), `waiting`, `sent` or `failed`; `detail` says why."""
