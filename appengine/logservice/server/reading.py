"""Finds requests in the file of logs."""

from typing import cast

import msgspec
import sqlalchemy as sql

from appengine.logservice.server import statements
from appengine.logservice.server.writing import decode_request
from appengine.logservice.service import Line, ReadRequest, ReadResponse, RequestShown
from appengine.logservice.tables import lines, requests
from appengine.storage.connection import Connection
from appengine.storage.engine import Storage

_request, _line = requests.c, lines.c
_decode_line = msgspec.msgpack.Decoder(Line).decode
ESCAPE = "\\"


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for.

    Attributes:
        request: as an application asks.
        text: what the request's line or one of its own lines holds, in any case of letters.
        status: the first digit of the status; 0: any.
    """

    request: ReadRequest
    text: str = ""
    status: int = 0


def find_requests(storage: Storage, application: str, search: Search) -> ReadResponse:
    """Returns requests of an application, newest first.

    Raises:
        StorageError: the file cannot be read.
    """
    wanted = search.request
    found = (
        sql.select(_request.request_id, _request.record)
        .where(*_conditions(application, search))
        .order_by(_request.position.desc())
        .limit(wanted.count + 1)
    )
    with storage.read() as connection:
        rows = [(row.request_id, row.record) for row in connection.execute(found)]
        shown = [
            _show(connection, application, request_id, decode_request(record), wanted)
            for request_id, record in rows[: wanted.count]
        ]
    return ReadResponse(requests=tuple(shown), more=len(rows) > wanted.count)


def _show(
    connection: Connection,
    application: str,
    request_id: str,
    record: RequestShown,
    wanted: ReadRequest,
) -> RequestShown:
    if not wanted.with_calls:
        record = msgspec.structs.replace(record, calls=())
    if wanted.with_lines:
        rows = cast(
            "list[tuple[bytes]]", statements.lines_of.all(connection, application, request_id)
        )
        found = tuple(_decode_line(data) for (data,) in rows)
        record = msgspec.structs.replace(record, lines=found)
    return record


def _conditions(application: str, search: Search) -> list[sql.ColumnElement[bool]]:
    wanted = search.request
    found = [_request.application == application]
    if wanted.start is not None:
        found.append(_request.ended >= wanted.start)
    if wanted.end is not None:
        found.append(_request.ended <= wanted.end)
    if wanted.before is not None:
        found.append(_request.position < wanted.before)
    if wanted.level is not None:
        found.append(_request.level >= wanted.level)
    if not wanted.with_incomplete:
        found.append(_request.is_finished)
    if wanted.modules:
        pairs = [
            sql.and_(_request.module == module, _request.version == version)
            for module, version in wanted.modules
        ]
        found.append(sql.or_(*pairs))
    if wanted.request_ids:
        found.append(_request.request_id.in_(wanted.request_ids))
    if search.status:
        found.append(_request.status.between(search.status * 100, search.status * 100 + 99))
    if search.text:
        found.append(_holds(application, search.text))
    return found


def _holds(application: str, text: str) -> sql.ColumnElement[bool]:
    """Returns the condition that a request or one of its lines holds a text."""
    escaped = "".join(ESCAPE + c if c in f"%_{ESCAPE}" else c for c in text)
    pattern = f"%{escaped}%"
    in_lines = sql.exists().where(
        _line.application == application,
        _line.request_id == _request.request_id,
        _line.message.like(pattern, escape=ESCAPE),
    )
    return sql.or_(_request.text.like(pattern, escape=ESCAPE), in_lines)
