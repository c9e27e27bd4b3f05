"""The datastore's tables: entity groups, entities, indexes, the log and the counters.

Every primary key starts with the application and holds the bucket of its entity group, so that
groups can be moved between database servers.
"""

import sqlalchemy as sql

from appengine.storage.engine import metadata

BUCKETS = 1024
"""Buckets that entity groups are spread over; fixed for the life of the data."""


def _application() -> sql.Column[str]:
    return sql.Column("application", sql.String, primary_key=True)


def _bucket() -> sql.Column[int]:
    return sql.Column("bucket", sql.SmallInteger, primary_key=True)


def _key(name: str) -> sql.Column[bytes]:
    return sql.Column(name, sql.LargeBinary, primary_key=True)


entity_groups = sql.Table(
    "datastore_entity_groups",
    metadata,
    _application(),
    _key("group_key"),
    _bucket(),
    sql.Column("version", sql.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""A group's version counts its commits; a group without a row has version 0."""

entities = sql.Table(
    "datastore_entities",
    metadata,
    _application(),
    _key("key"),
    _bucket(),
    sql.Column("version", sql.BigInteger, nullable=False),
    sql.Column("body", sql.LargeBinary, nullable=False),
)
"""Entities as msgpack, with the version that their group had reached by their last write."""

index_definitions = sql.Table(
    "datastore_index_definitions",
    metadata,
    _application(),
    sql.Column("index_id", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("properties", sql.LargeBinary, nullable=False),
    sql.Column("ancestor", sql.Boolean, nullable=False),
    sql.Column("form", sql.String, nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("multiple", sql.Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Indexes; an id is never used again. `form` is `kind`, `property` or `composite`; `properties`
is msgpack; `multiple` says that an entity has, or once had, several rows in it."""

index_entries = sql.Table(
    "datastore_index_entries",
    metadata,
    _application(),
    sql.Column("index_id", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("namespace", sql.String, primary_key=True),
    _key("value"),
    _key("key"),
    _bucket(),
    sqlite_with_rowid=False,
)
"""Rows of the indexes: values and keys as bytes that sort as the datastore does."""

commit_log = sql.Table(
    "datastore_commit_log",
    metadata,
    _application(),
    _key("group_key"),
    sql.Column("version", sql.BigInteger, primary_key=True, autoincrement=False),
    _bucket(),
    sql.Column("commit_id", sql.BigInteger, nullable=False),
    sql.Column("committed_at", sql.BigInteger, nullable=False),
    sql.Column("position", sql.BigInteger, nullable=False),
    sql.Column("before_images", sql.LargeBinary, nullable=False),
    sql.Index("datastore_commit_log_position", "application", "position"),
)
"""What each commit replaced in a group, as msgpack: pairs of a key and the entity that was there,
or None. One commit has one `commit_id`; `committed_at` is in microseconds; `position` grows."""

counters = sql.Table(
    "datastore_counters",
    metadata,
    _application(),
    _key("name"),
    sql.Column("value", sql.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The last of the ids given out, by parent and kind, and the generation of the indexes."""
