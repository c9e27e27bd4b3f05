"""Seeding: how the supervisor has a seed file's entities loaded before it serves.

A short-lived process does it: SQL has no place in the supervisor's memory.
"""

import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from appengine.config.errors import ConfigurationError
from appengine.supervisor.processes import start_python

MAX_ANSWER_BYTES = 2**16


class Seeding:
    """A seed file on its way: entering `with` checks all of it, `load` puts its entities."""

    def __init__(
        self, file: str | None, storage: Path, applications: Sequence[str], auth_domain: str
    ) -> None:
        """Takes the file, or None for nothing to do, and the applications, the default first."""
        self._file = "" if file is None else str(Path(file).expanduser())
        self._arguments = [str(storage), auth_domain, self._file, *applications]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Starts the process and waits until it has checked the file.

        Raises:
            ConfigurationError: something in the file is wrong; nothing was changed.
        """
        if self._file:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                number = theirs.fileno()
                self._process = start_python(
                    "appengine.datastore.server.seed:serve",
                    [str(number), *self._arguments],
                    [number],
                )
            try:
                self._answer()
            except BaseException:
                self._end()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the process."""
        self._end()

    def load(self) -> str:
        """Puts the entities that are not stored yet; returns what to say of it, or nothing.

        Raises:
            ConfigurationError: they could not be put.
        """
        if self._process is None:
            return ""
        try:
            self._socket.send(b"load")
        except BrokenPipeError as error:
            raise self._death() from error
        return self._answer()

    def _answer(self) -> str:
        data = self._socket.recv(MAX_ANSWER_BYTES)
        if not data:
            raise self._death()
        word, _, text = data.decode().partition(" ")
        if word == "refused":
            raise ConfigurationError(text)
        return text

    def _death(self) -> ConfigurationError:
        status = self._process.wait() if self._process is not None else 0
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return ConfigurationError(f"{self._file} cannot be loaded: its process ended with {how}")

    def _end(self) -> None:
        if self._process is not None:
            self._socket.close()
            self._process.kill()
            self._process.wait()
            self._process = None
