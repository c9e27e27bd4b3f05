"""The libraries of applications: what requirements.txt names, installed once into a cache.

An entry of the cache is a directory named by the requirements, the Python version and the platform.
It is made under another name and renamed when it is whole, so it is there or it is not; servers
that start at once make it once.
"""

import asyncio
import fcntl
import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.requirements import FILE_NAME, Requirement
from appengine.supervisor.application_files import FilesError
from appengine.supervisor.pip_process import TARGET
from appengine.supervisor.processes import start_python

INSTALL_SECONDS = 600.0
"""The most that one installation may take."""

PROGRESS_SECONDS = 5.0
"""A long installation says so often that it still goes on."""

LOCK_SECONDS = 0.05
SHOWN_NAMES = 5
MAX_LINE_BYTES = 2**20

FORMAT = "1"
"""Of the cache's entries; another number makes all of them anew."""

PIP_VARIABLES = (
    "PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_CONFIG_FILE PIP_CACHE_DIR"
    " PIP_NO_CACHE_DIR PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_TRUSTED_HOST PIP_TIMEOUT PIP_RETRIES"
    " HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR"
    " REQUESTS_CA_BUNDLE XDG_CACHE_HOME XDG_CONFIG_HOME"
).split()
"""Where libraries come from is the operator's to say, as for every use of pip."""

_UNREACHABLE = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "ProxyError")


class LibrariesError(FilesError):
    """The libraries of an application cannot be installed; one line says which and why."""


def cache_directory() -> Path | None:
    """Returns where libraries are kept, below the user's cache directory; None: there is none."""
    if not (home := os.environ.get("XDG_CACHE_HOME")):
        try:
            home = str(Path.home() / ".cache")
        except RuntimeError:  # a user whom the system does not know
            return None
    return Path(home) / "appengine" / "libraries"


def entry_name(requirements: Sequence[Requirement]) -> str:
    """Returns the name of the cache's entry for these requirements on this machine's Python."""
    machine = (FORMAT, platform.python_version(), sys.implementation.cache_tag or "")
    parts = (*machine, sysconfig.get_platform(), *(each.text for each in requirements))
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


class Libraries:
    """The cache of one server."""

    def __init__(self, directory: Path | None, report: Callable[[str], None]) -> None:
        """Takes where the cache is, if there is a place, and who is told of its progress."""
        self._directory = directory
        self._report = report

    async def provide(self, config: ApplicationConfig) -> Path | None:
        """Returns the directory of an application's libraries; None if it names none.

        Raises:
            LibrariesError: they cannot be installed.
        """
        if not config.requirements:
            return None
        if self._directory is None:
            text = "no home directory is known for its libraries: set XDG_CACHE_HOME"
            raise LibrariesError(f"{_file(config)}: {text}")
        entry = self._directory / entry_name(config.requirements)
        try:
            if not entry.is_dir():
                self._directory.mkdir(parents=True, exist_ok=True)
                async with self._locked(entry, config.application):
                    if not entry.is_dir():
                        await _Installation(config, entry, self._report).run()
        except OSError as error:
            raise LibrariesError(f"{_file(config)}: no room for its libraries: {error}") from error
        return entry

    @asynccontextmanager
    async def _locked(self, entry: Path, application: str) -> AsyncIterator[None]:
        """Waits for other servers that install the same; a killed one holds no lock."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(f"{entry}.lock", flags, 0o600)
        is_told = False
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not is_told:
                        self._report(f"[{application}] another server installs its libraries")
                    is_told = True
                    await asyncio.sleep(LOCK_SECONDS)
            yield
        finally:
            os.close(lock)


class _Installation:
    """One run of pip."""

    def __init__(
        self, config: ApplicationConfig, entry: Path, report: Callable[[str], None]
    ) -> None:
        self._config = config
        self._entry = entry
        self._report = report
        self._lines: list[str] = []

    async def run(self) -> None:
        started, prefix = time.monotonic(), f"{self._entry.name}.part-"
        for left in self._entry.parent.glob(f"{prefix}*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=self._entry.parent))
        try:
            lines = "".join(f"{each.text}\n" for each in self._config.requirements)
            (staging / FILE_NAME).write_text(lines)
            (staging / TARGET).mkdir()
            (staging / TARGET).chmod(0o755)  # for the versions' users
            self._say(f"installing {self._names()}")
            if await self._run_pip(staging) != 0:
                raise LibrariesError(self._explain())
            (staging / TARGET).rename(self._entry)
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, True)
        self._say(f"installed its libraries in {time.monotonic() - started:.1f} s")

    def _say(self, text: str) -> None:
        self._report(f"[{self._config.application}] {FILE_NAME}: {text}")

    def _names(self) -> str:
        names = [each.name for each in self._config.requirements]
        more = len(names) - SHOWN_NAMES
        return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")

    async def _run_pip(self, staging: Path) -> int:
        reader, writer = os.pipe()
        process = start_python(
            "appengine.supervisor.pip_process:main",
            [str(staging)],
            (),
            output=writer,
            errors=writer,
            variables=PIP_VARIABLES,
        )
        os.close(writer)
        try:
            async with asyncio.timeout(INSTALL_SECONDS):
                await self._read(reader)
                return await asyncio.to_thread(process.wait)
        except TimeoutError:
            raise LibrariesError(
                f"{_file(self._config)}: installing {self._names()} took longer than"
                f" {INSTALL_SECONDS:.0f} s"
            ) from None
        finally:
            process.kill()  # nothing happens to one that has ended
            process.wait()

    async def _read(self, reader: int) -> None:
        """Takes the lines that pip prints until it ends."""
        stream = asyncio.StreamReader(limit=MAX_LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reader, "rb", 0)
        )
        said = time.monotonic()
        try:
            async for line in stream:
                self._lines.append(text := line.decode(errors="replace").rstrip())
                if time.monotonic() - said > PROGRESS_SECONDS and text:
                    said = time.monotonic()
                    self._say(text.strip())
        finally:
            transport.close()

    def _explain(self) -> str:
        """Returns why pip failed, in one line that names the library."""
        start = next(
            (place for place, line in enumerate(self._lines) if line.startswith("ERROR: ")), None
        )
        if start is None:
            last = next((line for line in reversed(self._lines) if line), "pip failed")
            return f"{_file(self._config)}: {last}"
        reason = self._lines[start].removeprefix("ERROR: ").rstrip(":. ")
        if any(word in line for line in self._lines for word in _UNREACHABLE):
            reason += "; the package index cannot be reached"
        blamed = _find_blamed("\n".join(self._lines[start:]), self._config.requirements)
        if blamed is None:
            return f"{_file(self._config)}: {reason}; only wheels are installed"
        place = f"{_file(self._config)}:{blamed.line}"
        return f"{place}: {blamed.text!r} cannot be installed: {reason}; only wheels are taken"


def _find_blamed(text: str, requirements: Sequence[Requirement]) -> Requirement | None:
    """Returns the requirement that a message names first."""
    found = []
    for requirement in requirements:
        name = re.sub(r"[-_.]+", "[-_.]+", requirement.name)
        if match := re.search(rf"(?i)(?<![\w.-]){name}(?![\w-])", text):
            found.append((match.start(), requirement))
    return min(found, key=lambda each: each[0])[1] if found else None


def _file(config: ApplicationConfig) -> Path:
    return config.directory / FILE_NAME
