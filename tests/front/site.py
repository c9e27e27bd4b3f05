"""A directory of static files that tests ask over WSGI."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.util import FileWrapper

from appengine.config.handlers import StaticHandler
from appengine.front.files import StaticRoot
from appengine.front.sending import SMALL_BYTES
from appengine.front.static_files import serve

NOW = 1_800_000_000.0
SMALL = bytes(range(256))
LARGE = os.urandom(SMALL_BYTES + 1000)


class Site:
    def __init__(self, directory: Path, skip_files: str = "") -> None:
        self.directory = directory
        self.root = StaticRoot(directory, skip_files)
        self.handler = StaticHandler(url="/s/(.*)", file="s/\\1")

    def get(self, name="a.css", method="GET", handler=None, **headers):
        """Requests /s/NAME; `if_range="x"` is the header If-Range."""
        environ = {"REQUEST_METHOD": method, "wsgi.file_wrapper": FileWrapper}
        environ |= {f"HTTP_{key.upper()}": value for key, value in headers.items()}
        found = serve(handler or self.handler, (f"/s/{name}", name), self.root, environ, now=NOW)
        return None if found is None else Answer(found)


class Answer:
    def __init__(self, response) -> None:
        self.status = response.status.value
        self.headers = {name.lower(): value for name, value in response.headers}
        assert len(self.headers) == len(response.headers)
        self.body = b"".join(response.body)
        if hasattr(response.body, "close"):
            response.body.close()

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:40]!r}"


@contextmanager
def make_site(tmp_path: Path) -> Iterator[Site]:
    """Makes an application with files below s/, and a secret outside of it."""
    directory = tmp_path / "app"
    (directory / "s" / "deep").mkdir(parents=True)
    for name, content in {"a.css": SMALL, "large.bin": LARGE, "deep/x.txt": b"x", "0": b""}.items():
        (directory / "s" / name).write_bytes(content)
        os.utime(directory / "s" / name, (NOW - 1000, NOW - 1000))
    (directory / "main.py").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    site = Site(directory)
    yield site
    site.root.close()
