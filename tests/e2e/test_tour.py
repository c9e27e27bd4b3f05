"""Plays `docs/tour.md`: writes its files, runs its commands, compares what they print."""

import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wait_until

TOUR = CHECKOUT / "docs" / "tour.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = "dev_appserver.py "
RELOAD_SECONDS = 10
ADDRESSES = ("localhost:8080", "localhost:8000")
"""Where the page says that the application and the console are."""

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class Tour:
    """One walk through the page, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.server = None

    def write(self, name, text):
        """Saves a file as the reader's editor would."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def play(self, command, expected):
        """Runs a command until it prints what the page says: a reload may be under way."""
        if command.startswith(SERVE):
            self._serve(command.removeprefix(SERVE), expected)
            return
        printed = []

        def is_as_written():
            printed.append(self._run(command))
            return printed[-1] == expected

        with suppress(AssertionError):  # the one below says more
            wait_until(is_as_written, RELOAD_SECONDS)
        assert printed[-1] == expected, command

    def stop(self):
        """Kills the server as hard as can be."""
        if self.server is not None:
            self.server.kill()

    def _serve(self, application, expected):
        self.stop()
        storage = self.folder / "storage"
        self.server = DevServer([self.folder / application], storage=storage)
        self.server.start()
        lines = iter(self._as_on_the_page(self.server.log).splitlines())
        assert all(line in lines for line in expected.splitlines())

    def _run(self, command):
        for shown, real in zip(ADDRESSES, self._addresses(), strict=True):
            command = command.replace(shown, real)
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return self._as_on_the_page(done.stdout + done.stderr)

    def _as_on_the_page(self, text):
        for shown, real in zip(ADDRESSES, self._addresses(), strict=True):
            text = text.replace(real, shown)
        return text

    def _addresses(self):
        urls = (self.server.urls[0], self.server.admin)
        return [url.removeprefix("http://").rstrip("/") for url in urls]


def _commands(text):
    """Returns each command of a block with what it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def test_the_tour_goes_as_it_is_written(tmp_path):
    tmp_path.chmod(0o755)
    tour = Tour(tmp_path)
    played = 0
    try:
        for language, name, text in BLOCK.findall(TOUR.read_text(encoding="utf-8")):
            if name:
                tour.write(Path(name), text)
            elif language == "console":
                for command, expected in _commands(text):
                    tour.play(command, expected)
                    played += 1
    finally:
        tour.stop()
    assert played >= 8
