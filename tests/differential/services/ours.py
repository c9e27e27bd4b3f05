"""Plays programs against this platform's memcache and users, in one process."""

import logging
import tempfile
from pathlib import Path

logging.disable()

import appengine  # noqa: E402, F401  # installs the names of google.appengine
from appengine import memcache  # noqa: E402
from appengine.rpc.client import transport  # noqa: E402
from tests.differential.services.player import serve  # noqa: E402
from tests.rpc.one_process import OneProcess  # noqa: E402


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        process = OneProcess(Path(directory))
        transport.set(process)
        serve(memcache.flush_all)
        process.close()


if __name__ == "__main__":
    main()
