"""Texts go to clients that accept it in gzip's form, whoever has made them.

Applications never see what a client accepts, so none compresses by itself. Source: App Engine,
"Response headers", compression; RFC 9110, sections 8.4 and 12.5.
"""

import zlib
from collections.abc import Iterable
from functools import lru_cache

from appengine.front.answers import Answer, Headers
from appengine.front.spool import Spool

MIN_BYTES = 512
"""Less would not travel in fewer packets."""

MAX_FILE_BYTES = 4 * 2**20
"""Of a static file; larger ones are sent as they lie on the disk, without being read here."""

LEVEL = 6
_GZIP = 31
"""zlib's number for gzip's form with a window of 32 KiB."""

_TYPES = frozenset(
    (
        "application/javascript application/json application/ld+json application/manifest+json "
        "application/rss+xml application/atom+xml application/wasm application/xhtml+xml "
        "application/xml application/yaml font/otf font/ttf image/svg+xml image/x-icon"
    ).split()
)
_WHOLE = (200, 203, 404, 410, 500, 502, 503)


class Compression:
    """Compresses answers; keeps what has become of small static files."""

    def __init__(self) -> None:
        self._squeezed = lru_cache(maxsize=256)(_squeeze)

    def apply(self, answer: Answer, method: str, accepted: str) -> None:
        """Compresses an answer where its type, its size and the client allow it.

        Args:
            method: of the request; the body of HEAD is not made.
            accepted: the request's Accept-Encoding.
        """
        found = {name.lower(): value for name, value in answer.headers}
        if not may_be_packed(found.get("content-type", "")) or "content-encoding" in found:
            return
        length = int(found.get("content-length", "0"))
        if length < MIN_BYTES or answer.status not in _WHOLE:
            return
        state_variants(answer.headers)
        if not accepts_gzip(accepted) or "no-transform" in found.get("cache-control", "").lower():
            return
        if method != "HEAD" and (body := self._compress(answer.body, length)) is not None:
            answer.body = body
            size = body.length if isinstance(body, Spool) else len(body[0])
            answer.headers = [*_kept(answer.headers), *_stated(size)]

    def _compress(self, body: Iterable[bytes], length: int) -> list[bytes] | Spool | None:
        if isinstance(body, tuple) and len(body) == 1:  # a static file, which is asked for again
            return [self._squeezed(body[0])]
        if isinstance(body, list):
            return [_squeeze(b"".join(body))]
        if not isinstance(body, Spool) and length > MAX_FILE_BYTES:
            return None
        packed = Spool()
        stream = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
        try:
            for piece in body:
                packed.write(stream.compress(piece))
            packed.write(stream.flush())
        except BaseException:
            packed.close()
            raise
        finally:
            if callable(close := getattr(body, "close", None)):
                close()
        return packed


def may_be_packed(content_type: str) -> bool:
    """Returns whether what has this type is a text, which gzip makes shorter."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in _TYPES


@lru_cache(maxsize=1000)
def accepts_gzip(header: str) -> bool:
    """Returns whether an Accept-Encoding header takes gzip. Source: RFC 9110, section 12.5.3."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=").strip()
        weights[name.strip()] = _number(weight) if weight else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _squeeze(data: bytes) -> bytes:
    stream = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return stream.compress(data) + stream.flush()


def state_variants(headers: Headers) -> None:
    """Says to caches that others may get another form."""
    for place, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            if value.strip() != "*" and "accept-encoding" not in value.lower():
                headers[place] = (name, f"{value}, Accept-Encoding")
            return
    headers.append(("Vary", "Accept-Encoding"))


def _kept(headers: Headers) -> Headers:
    """Returns the headers that hold for the other form, too: its bytes are not the same ones."""
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower == "etag" and not value.startswith("W/"):
            kept.append((name, f"W/{value}"))
        elif lower not in ("content-length", "accept-ranges"):
            kept.append((name, value))
    return kept


def _stated(size: int) -> Headers:
    return [("Content-Encoding", "gzip"), ("Content-Length", str(size))]
