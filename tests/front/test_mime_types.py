"""MIME types: by extension, the same on every machine."""

import pytest

from appengine.front.mime_types import guess_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.JS", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.json", "application/json"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("favicon.ico", "image/x-icon"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.webp", "image/webp"),
        ("a.pdf", "application/pdf"),
        ("a.tar.gz", "application/gzip"),
        ("a.css.gz", "application/gzip"),
        ("a", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
        ("a.css/b", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        ("x/data:,a", "application/octet-stream"),
        ("http://x/a.css", "text/css; charset=utf-8"),
        ("", "application/octet-stream"),
    ],
)
def test_the_extension_decides(name, expected):
    assert guess_type(name) == expected
