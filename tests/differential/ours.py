"""Plays programs against this platform's datastore: client, executor and server in one process."""

import logging
import os
import tempfile
from itertools import count
from pathlib import Path

logging.disable()
os.environ |= {"APPLICATION_ID": "testbed-test", "AUTH_DOMAIN": "gmail.com"}

import appengine  # noqa: E402, F401  # installs the names of google.appengine
from appengine.rpc.client import transport  # noqa: E402
from tests.datastore_client.in_process import InProcess  # noqa: E402
from tests.differential.player import serve  # noqa: E402

PROGRAMS = 10
"""Programs that one storage serves: their queries need fewer composite indexes than it may have."""


class Datastores:
    """One storage after the other, the last of which the calls reach."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._number = count()
        self._pipe: InProcess | None = None

    def clear(self) -> None:
        """Makes the datastore empty: by deleting what is in it, or by a new one."""
        number = next(self._number)
        if number % PROGRAMS:
            delete_all()
            return
        self.close()
        directory = self._directory / str(number)
        directory.mkdir()
        self._pipe = InProcess(directory, application=os.environ["APPLICATION_ID"])
        transport.set(self._pipe)

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()


def delete_all() -> None:
    from google.appengine.api import datastore, namespace_manager

    for space in ("", "n"):
        namespace_manager.set_namespace(space)
        datastore.Delete(list(datastore.Query(keys_only=True).Run()))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        datastores = Datastores(Path(directory))
        serve(datastores.clear)
        datastores.close()


if __name__ == "__main__":
    main()
