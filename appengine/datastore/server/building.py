"""Builds composite indexes, a few entities at a time, while everybody reads and writes."""

import os
from pathlib import Path
from typing import cast

import sqlalchemy as sql

from appengine.config.errors import ConfigurationError
from appengine.config.loader import read_text
from appengine.datastore.config import CompositeIndex, add_index
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.commit import add_entries, read_body
from appengine.datastore.server.entities import Place, decode, values_of
from appengine.datastore.server.indexes import (
    BUILDING,
    COMPOSITE,
    SERVING,
    Definition,
    Want,
    composite_values,
    kind_index,
)
from appengine.datastore.server.keys import bucket_of, root_of
from appengine.datastore.server.values import cut
from appengine.datastore.tables import index_entries
from appengine.storage.connection import Connection, Prepared

CHUNK = 200
"""Entities of one transaction of a build: some milliseconds, so that no writer waits long."""

_entries = index_entries.c
_place = sql.tuple_(_entries.namespace, _entries.key)
_next_of_kind = Prepared(
    sql.select(_entries.namespace, _entries.key)
    .where(
        _entries.application == sql.bindparam("application"),
        _entries.index_id == sql.bindparam("index"),
        sql.or_(
            _entries.namespace > sql.bindparam("space"),
            sql.and_(
                _entries.namespace == sql.bindparam("space"), _entries.key > sql.bindparam("last")
            ),
        ),
    )
    .order_by(_entries.namespace, _entries.value, _entries.key)
    .limit(sql.bindparam("count")),
    "application",
    "index",
    "space",
    "last",
    "count",
)


def serve(catalog: Catalog, want: Want) -> None:
    """Defines a composite index, if nobody has, and builds it to the end.

    Several processes may do so at once, and one may take over from another that has died: a row
    that is there already is left alone.

    Raises:
        BadRequestError: there are too many indexes, or an entity has too many rows.
    """
    _form, kind, properties, ancestor = want
    catalog.define_composite(kind, properties, ancestor)
    definition = catalog.known.find(want)
    if definition is not None and definition.state == BUILDING:
        build(catalog, definition)


def build(catalog: Catalog, definition: Definition) -> None:
    """Adds the rows of all entities to an index, then lets queries use it.

    Commits keep the index's rows from its definition on, so only older entities are missing.
    """
    kind = catalog.known.find(kind_index(definition.kind))
    place = ("", b"")
    while kind is not None:
        with catalog.storage.transaction() as connection:
            rows = _next_of_kind.all(connection, catalog.application, kind.id, *place, CHUNK)
            places = [(cast(str, row[0]), cast(bytes, row[1])) for row in rows]
            for namespace, key in places:
                _add_rows(connection, catalog.application, definition, namespace, key)
        if len(places) < CHUNK:
            break
        place = places[-1]
    catalog.set_state(definition, SERVING)


def _add_rows(
    connection: Connection, application: str, definition: Definition, namespace: str, key: bytes
) -> None:
    root = root_of(key)
    place = Place(key, root, bucket_of(root))
    body = read_body(connection, application, place)
    if body is None:
        return
    values = composite_values(definition, key, values_of(decode(body)))
    stored = sorted({cut(value) for value in values})
    entry = (application, definition.id, namespace)
    add_entries(connection, [(*entry, value, key, place.bucket) for value in stored])


def write_index(path: Path, want: Want) -> None:
    """Adds an index to the automatic section of an index.yaml; the file is replaced at once.

    Raises:
        ConfigurationError: the file is not one, or cannot be read or written.
    """
    form, kind, properties, ancestor = want
    old = read_text(path) if path.exists() else ""
    new = add_index(old, CompositeIndex(kind, properties, ancestor), str(path))
    if form != COMPOSITE or new == old:
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(new, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from error
