"""The statements of logs that every request needs, compiled once."""

import sqlalchemy as sql

from appengine.logservice.tables import lines, requests
from appengine.storage.connection import Prepared

_request, _line = requests.c, lines.c
_REQUEST = [column.name for column in requests.columns]
_LINE = [column.name for column in lines.columns]
_is_application = _request.application == sql.bindparam("application")
_is_request = sql.and_(_is_application, _request.request_id == sql.bindparam("request"))
_NEW: dict[str, sql.BindParameter[int]] = {
    "level": sql.bindparam("l"),
    "lines": sql.bindparam("n"),
    "size": sql.bindparam("s"),
}

find = Prepared(
    sql.select(_request.position, _request.level, _request.lines, _request.size).where(_is_request),
    "application",
    "request",
)
insert = Prepared(
    sql.insert(requests).values({name: sql.bindparam(name) for name in _REQUEST}), *_REQUEST
)
add_line = Prepared(sql.insert(lines).values({name: sql.bindparam(name) for name in _LINE}), *_LINE)
update_lines = Prepared(
    sql.update(requests).where(_is_request).values(_NEW), "l", "n", "s", "application", "request"
)
remove = Prepared(sql.delete(requests).where(_is_request), "application", "request")
remove_lines = Prepared(
    sql.delete(lines).where(
        _line.application == sql.bindparam("application"),
        _line.request_id == sql.bindparam("request"),
    ),
    "application",
    "request",
)
last = Prepared(sql.select(sql.func.max(_request.position)).where(_is_application), "application")
sums = Prepared(
    sql.select(sql.func.count(), sql.func.sum(_request.size)).where(_is_application), "application"
)
oldest = Prepared(
    sql.select(_request.request_id)
    .where(_is_application)
    .order_by(_request.position)
    .limit(sql.bindparam("most")),
    "application",
    "most",
)
lines_of = Prepared(
    sql.select(_line.line)
    .where(
        _line.application == sql.bindparam("application"),
        _line.request_id == sql.bindparam("request"),
    )
    .order_by(_line.number),
    "application",
    "request",
)
