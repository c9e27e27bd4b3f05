"""The statements of the host's own cache, compiled once."""

import sqlalchemy as sql

from appengine.memcache.tables import items, totals
from appengine.storage.connection import Prepared, upsert

_item, _total = items.c, totals.c
_COLUMNS = "namespace key value flags cas_id expires used created is_locked size".split()
_SUMS = "items bytes hits misses byte_hits last_cas_id".split()
_FOUND = (
    _item.id,
    _item.value,
    _item.flags,
    _item.cas_id,
    _item.expires,
    _item.used,
    _item.is_locked,
    _item.size,
    _item.key,
)
_REMOVABLE: tuple[sql.ColumnElement[object], ...] = (
    _item.id,
    sql.literal_column("0").label("value"),
    _item.flags,
    _item.cas_id,
    _item.expires,
    _item.used,
    _item.is_locked,
    _item.size,
    _item.created,
    _item.key,
)

get = Prepared(
    sql.select(*_FOUND).where(
        _item.namespace == sql.bindparam("namespace"), _item.key == sql.bindparam("key")
    ),
    "namespace",
    "key",
)
put = Prepared(
    sql.insert(items).values({name: sql.bindparam(name) for name in _COLUMNS}), *_COLUMNS
)
remove = Prepared(sql.delete(items).where(_item.id == sql.bindparam("item")), "item")
use = Prepared(
    sql.update(items).where(_item.id == sql.bindparam("item")).values(used=sql.bindparam("at")),
    "at",
    "item",
)
expired = Prepared(
    sql.select(*_REMOVABLE).where(_item.expires > 0, _item.expires <= sql.bindparam("now")), "now"
)
unused = Prepared(
    sql.select(*_REMOVABLE).order_by(_item.used, _item.id).limit(sql.bindparam("most")), "most"
)
clear = Prepared(sql.delete(items))
sums = Prepared(sql.select(*(_total[name] for name in _SUMS)))
_insert = upsert(totals).values(
    application=sql.literal_column("''"), **{name: sql.bindparam(name) for name in _SUMS}
)
save = Prepared(
    _insert.on_conflict_do_update(
        index_elements=[_total.application],
        set_={name: sql.bindparam(name) for name in _SUMS},
    ),
    *_SUMS,
)
