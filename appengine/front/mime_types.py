"""The MIME types of static files, the same on every machine: /etc/mime.types is not read."""

from functools import lru_cache
from mimetypes import MimeTypes

DEFAULT_TYPE = "application/octet-stream"
"""Source: App Engine, "app.yaml", handlers, `mime_type`."""

COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
"""What a compressed file is: the bytes as they lie there, never decoded on the way."""

_NEWER = {
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
}
_TEXTS = ("text/", "application/javascript", "application/xml", "application/xhtml+xml")

_types = MimeTypes()
for _extension, _type in _NEWER.items():
    _types.add_type(_type, _extension)


@lru_cache(maxsize=1000)
def guess_type(name: str) -> str:
    """Returns the type of a file by its extension, texts with `charset=utf-8`."""
    found, encoding = _types.guess_type("file:" + name.rpartition("/")[2])
    if encoding is not None:
        return COMPRESSED.get(encoding, DEFAULT_TYPE)
    if found is None:
        return DEFAULT_TYPE
    return f"{found}; charset=utf-8" if found.startswith(_TEXTS) else found
