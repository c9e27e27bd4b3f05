"""Runs the real `dev_appserver.py` as a process of its own, for tests that speak HTTP to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
STEP_SECONDS = 0.01


class Reply(NamedTuple):
    """A response that has been read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class DevServer:
    """One run of the server; `with` stops it."""

    def __init__(
        self,
        applications: Sequence[Path],
        *flags: str,
        storage: Path | None = None,
        prefix: Sequence[str] = (),
        start: Sequence[str] = (str(CHECKOUT / "dev_appserver.py"),),
        environ: dict[str, str] | None = None,
        terminal: int = subprocess.DEVNULL,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="appengine-test-"))
        self.folder.chmod(0o777)
        self.status_file = self.folder / "status.json"
        self.log_file = self.folder / "log"
        self.storage = storage or self.folder / "storage"
        self.application = applications[0]
        self.command = [
            *prefix,
            sys.executable,
            *start,
            "--port=0",
            "--admin_port=0",
            f"--storage_path={self.storage}",
            f"--status_file={self.status_file}",
            *flags,
            *map(str, applications),
        ]
        self._terminal = terminal
        self._environ = {**os.environ, **(environ or {})}

    def __enter__(self) -> "DevServer":
        self.start()
        return self

    def start(self) -> None:
        """Starts the process, and waits until it serves."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(  # a test's own command
                self.command,
                stdin=self._terminal,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,
            )
        wait_until(lambda: self.status_file.exists() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise AssertionError(f"exit status {self.process.returncode}: {self.log}")
        status = json.loads(self.status_file.read_text())
        self.urls = [application["url"] for application in status["applications"]]
        self.admin = status["admin"]
        self.pid = status["pid"]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()
        if error is not None:
            sys.stderr.write(f"--- the server's log\n{self.log}")

    def stop(self) -> float:
        """Asks the server to end; returns the seconds that it took."""
        started = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - started

    def kill(self) -> None:
        """Kills the first process as `kill -9` does."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)

    @property
    def log(self) -> str:
        """Everything that the server has printed so far."""
        return self.log_file.read_text(errors="replace")

    def get(self, path: str, application: int = 0, **options: object) -> Reply:
        """Returns the answer to a GET request."""
        return self.request("GET", path, application=application, **options)  # type: ignore[arg-type]  # passed on

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        application: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        """Returns the answer of an application."""
        return fetch(self.urls[application] + path, method, body, headers, timeout)

    def address(self, application: int = 0) -> tuple[str, int]:
        """Returns host and port of an application."""
        parts = urlsplit(self.urls[application])
        assert parts.hostname and parts.port
        return parts.hostname, parts.port


def fetch(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 30.0,
) -> Reply:
    """Returns the answer to one request, redirections not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        path = url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def wait_until(is_done: object, seconds: float = START_SECONDS) -> None:
    """Waits until a condition of another process holds: there is no event to wait for."""
    assert callable(is_done)
    end = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < end, f"not within {seconds} s"
        signal.sigtimedwait([], STEP_SECONDS)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Writes the files of an application; returns its directory."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


WSGI_YAML = """\
application: {name}
version: 1
runtime: python
api_version: 1
threadsafe: {threadsafe}
handlers:
- url: /static
  static_dir: static
- url: /.*
  script: main.app
"""


def wsgi_application(
    folder: Path, source: str, name: str = "trial", threadsafe: bool = True
) -> Path:
    """Writes an application whose `main.app` is a WSGI callable; returns its directory."""
    yaml = WSGI_YAML.format(name=name, threadsafe=str(threadsafe).lower())
    files = {"app.yaml": yaml, "main.py": source, "static/small.txt": "small\n"}
    return write_files(folder, files)
