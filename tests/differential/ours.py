"""Plays programs against this platform's datastore: client, executor and server in one process."""

import logging
import os
import tempfile
from pathlib import Path

logging.disable()
os.environ |= {"APPLICATION_ID": "testbed-test", "AUTH_DOMAIN": "gmail.com"}

import appengine  # noqa: E402, F401  # installs the names of google.appengine
from appengine.rpc.client import transport  # noqa: E402
from tests.datastore_client.in_process import InProcess  # noqa: E402
from tests.differential.player import serve  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as directory:
        pipe = InProcess(Path(directory), application="testbed-test")
        transport.set(pipe)
        serve(clear)
        pipe.close()


def clear():
    from google.appengine.api import datastore, namespace_manager

    for space in ("", "n"):
        namespace_manager.set_namespace(space)
        datastore.Delete(list(datastore.Query(keys_only=True).Run()))


if __name__ == "__main__":
    main()
