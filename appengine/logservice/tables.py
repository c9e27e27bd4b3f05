"""The tables of logs: in a file of their own, which may be lost."""

import sqlalchemy as sql

logs_metadata = sql.MetaData()
"""What the file of logs holds."""

requests = sql.Table(
    "logservice_requests",
    logs_metadata,
    sql.Column("application", sql.String, primary_key=True),
    sql.Column("position", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("request_id", sql.String, nullable=False),
    sql.Column("is_finished", sql.Boolean, nullable=False),
    sql.Column("started", sql.BigInteger, nullable=False),
    sql.Column("ended", sql.BigInteger, nullable=False),
    sql.Column("module", sql.String, nullable=False),
    sql.Column("version", sql.String, nullable=False),
    sql.Column("level", sql.Integer, nullable=False),
    sql.Column("lines", sql.Integer, nullable=False),
    sql.Column("size", sql.Integer, nullable=False),
    sql.Column("text", sql.String, nullable=False),
    sql.Column("status", sql.Integer, nullable=False),
    sql.Column("record", sql.LargeBinary, nullable=False),
    sql.UniqueConstraint("application", "request_id"),
    sqlite_with_rowid=False,
)
"""Requests, in the order in which they ended; those that are open have their place as well.

Times are in microseconds; `level` is the most severe line's, -1 without lines; `size` is what the
record and its lines take, in bytes; `text` is what a search looks at; `record` is msgpack.
"""

lines = sql.Table(
    "logservice_lines",
    logs_metadata,
    sql.Column("application", sql.String, primary_key=True),
    sql.Column("request_id", sql.String, primary_key=True),
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("level", sql.Integer, nullable=False),
    sql.Column("message", sql.String, nullable=False),
    sql.Column("line", sql.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Lines of requests, as msgpack; message and level are beside it for searches."""
