"""Memcache's tables: in a file of their own, in memory, one for each application."""

import sqlalchemy as sql

memcache_metadata = sql.MetaData()
"""What a cache's file holds."""

items = sql.Table(
    "memcache_items",
    memcache_metadata,
    sql.Column("id", sql.Integer, primary_key=True),
    sql.Column("namespace", sql.String, nullable=False),
    sql.Column("key", sql.LargeBinary, nullable=False),
    sql.Column("value", sql.LargeBinary, nullable=False),
    sql.Column("flags", sql.Integer, nullable=False),
    sql.Column("cas_id", sql.BigInteger, nullable=False),
    sql.Column("expires", sql.BigInteger, nullable=False),
    sql.Column("used", sql.BigInteger, nullable=False),
    sql.Column("created", sql.BigInteger, nullable=False),
    sql.Column("is_locked", sql.Boolean, nullable=False),
    sql.Column("size", sql.Integer, nullable=False),
    sql.UniqueConstraint("namespace", "key"),
    sql.Index("memcache_items_used", "used"),
)
"""Items. Times are in microseconds; `expires` 0 is never; `size` counts the bytes of key and value.

A locked item was deleted: it holds its key until it expires. The file is the application's alone,
so no column names it.
"""

sql.Index("memcache_items_expires", items.c.expires, sqlite_where=items.c.expires > 0)

totals = sql.Table(
    "memcache_totals",
    memcache_metadata,
    sql.Column("application", sql.String, primary_key=True),
    sql.Column("items", sql.BigInteger, nullable=False),
    sql.Column("bytes", sql.BigInteger, nullable=False),
    sql.Column("hits", sql.BigInteger, nullable=False),
    sql.Column("misses", sql.BigInteger, nullable=False),
    sql.Column("byte_hits", sql.BigInteger, nullable=False),
    sql.Column("last_cas_id", sql.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""One row: what the items sum up to, what was asked of them, and the last id that was given."""
