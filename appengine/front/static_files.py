"""Static files: what the front answers itself, by HTTP's rules for caches and ranges.

Source: App Engine, "app.yaml", handlers; RFC 9110, sections 13 and 14; RFC 9111.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus

from msgspec import Struct
from werkzeug.http import http_date

from appengine.config.handlers import StaticHandler
from appengine.config.patterns import Regex, expand
from appengine.front.compression import MIN_BYTES, may_be_packed, state_variants
from appengine.front.conditions import Preconditions, State, wanted_range
from appengine.front.files import Root
from appengine.front.mime_types import guess_type
from appengine.front.sending import Content, body_of, read_content

METHODS = ("GET", "HEAD")
"""Source: App Engine, "app.yaml", static files: others are 405."""

TEXT = ("Content-Type", "text/plain; charset=utf-8")

_NOT_IN_304 = ("content-type", "content-length", "content-language", "content-disposition")


class StaticResponse(Struct, frozen=True, kw_only=True):
    """A whole response; `body` is closed by whoever sends it, if it can be."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: Iterable[bytes] = ()

    @property
    def status_line(self) -> str:
        """The status as WSGI writes it: `200 OK`."""
        return f"{self.status.value} {self.status.phrase}"


def serve(
    handler: StaticHandler,
    groups: Sequence[str],
    root: Root,
    environ: Mapping[str, object],
    *,
    now: float,
    unset_expiration_seconds: int = 0,
) -> StaticResponse | None:
    """Returns the response of a static handler, or None: the next handler is to be tried.

    Args:
        handler: the one that matched.
        groups: what its expression matched: the whole path, then its groups.
        root: the application's files.
        environ: of WSGI; with `wsgi.file_wrapper`, large files are sent by it.
        now: seconds since 1970.
        unset_expiration_seconds: where app.yaml states none; App Engine's servers use 600.

    Raises:
        OSError: the machine fails: no descriptors, an input error.
    """
    path = expand(handler.file, groups)
    descriptor = root.open(path)
    if descriptor is not None and handler.upload and not _regex(handler.upload).is_match(path):
        os.close(descriptor)
        descriptor = None
    if descriptor is None:
        return None if handler.require_matching_file else _plain(environ, HTTPStatus.NOT_FOUND)
    if environ.get("REQUEST_METHOD") not in METHODS:
        os.close(descriptor)
        allow = ("Allow", ", ".join(METHODS))
        return _plain(environ, HTTPStatus.METHOD_NOT_ALLOWED, allow)
    content = read_content(descriptor)
    state = State(_etag(content.status), _modified(content.status, now))
    expiration = handler.expiration_seconds
    seconds = unset_expiration_seconds if expiration is None else expiration
    headers = _headers(handler, path, state, now, seconds)
    return _respond(environ, content, state, headers)


@lru_cache(maxsize=1000)
def _regex(text: str) -> Regex:
    return Regex(text)


def _respond(
    environ: Mapping[str, object], content: Content, state: State, headers: list[tuple[str, str]]
) -> StaticResponse:
    if content.size >= MIN_BYTES and may_be_packed(dict(headers).get("Content-Type", "")):
        state_variants(headers)  # in a 304 and a 206, too. Source: RFC 9110, section 15.4.5
    conditions = Preconditions(environ, state)
    if conditions.have_failed():
        content.close()
        return _plain(environ, HTTPStatus.PRECONDITION_FAILED)
    if conditions.is_unchanged():
        content.close()
        kept = [(name, value) for name, value in headers if name.lower() not in _NOT_IN_304]
        return StaticResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    wanted = wanted_range(environ, content.size) if conditions.may_be_range() else None
    if wanted is not None and wanted.is_empty:
        content.close()
        size = ("Content-Range", f"bytes */{content.size}")
        return _plain(environ, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, size)
    status, first, end = HTTPStatus.OK, 0, content.size
    if wanted is not None:
        status, first, end = HTTPStatus.PARTIAL_CONTENT, wanted.first, wanted.end
        headers.append(("Content-Range", f"bytes {first}-{end - 1}/{content.size}"))
    headers.append(("Content-Length", str(end - first)))
    return StaticResponse(
        status=status, headers=headers, body=body_of(content, first, end, environ)
    )


def _headers(
    handler: StaticHandler, path: str, state: State, now: float, seconds: int
) -> list[tuple[str, str]]:
    """Returns the headers of the whole file; those of app.yaml replace our own."""
    stated = {name.lower() for name in handler.http_headers}
    own = {
        "Content-Type": handler.mime_type or guess_type(path),
        "Accept-Ranges": "bytes",
        "ETag": state.etag,
        "Last-Modified": _date(state.modified),
    }
    if not stated & {"cache-control", "expires"}:
        # what needs a login is nobody else's: shared caches must not keep it
        audience = "public" if handler.login == "optional" else "private"
        own["Cache-Control"] = f"{audience}, max-age={seconds}"
        own["Expires"] = _date(int(now) + seconds)
    kept = [(name, value) for name, value in own.items() if name.lower() not in stated]
    return [*kept, *handler.http_headers.items()]


def _etag(status: os.stat_result) -> str:
    """Returns a strong validator: any write to the file changes it, a copy has its own."""
    identity = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return f'"{blake2b(repr(identity).encode(), digest_size=12).hexdigest()}"'


def _modified(status: os.stat_result, now: float) -> int:
    """Returns when the file was changed, in whole seconds since 1970, never in the future."""
    return int(min(max(status.st_mtime, 0), now))


@lru_cache(maxsize=1000)
def _date(seconds: int) -> str:
    return http_date(seconds)


def _plain(
    environ: Mapping[str, object], status: HTTPStatus, *headers: tuple[str, str]
) -> StaticResponse:
    text = f"{status.value} {status.phrase}\n".encode()
    length = ("Content-Length", str(len(text)))
    body = () if environ.get("REQUEST_METHOD") == "HEAD" else (text,)
    return StaticResponse(status=status, headers=[TEXT, length, *headers], body=body)
