"""appcfg.py vacuum_indexes: removes the indexes that index.yaml no longer lists."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings
from appengine.storage.errors import StorageError
from appengine.supervisor.data import storage_path

FAILED = 1
"""Exit status. Source: App Engine, appcfg.py."""

VACUUM = (sys.executable, "-m", "appengine.datastore.server.vacuum")
"""The datastore's own process: the command line imports no room's server."""


def vacuum_indexes(arguments: Sequence[str]) -> int:
    """Removes unlisted indexes of the development server's data; asks for each one.

    Source: App Engine, appcfg.py, `vacuum_indexes`.
    """
    parser = argparse.ArgumentParser("appcfg.py vacuum_indexes", description=__doc__)
    parser.add_argument("directory", type=Path, help="the application's directory")
    parser.add_argument("--storage_path", help="where the data lies, as for dev_appserver.py")
    parser.add_argument("-f", "--force", action="store_true", help="ask nothing")
    options = parser.parse_args(list(arguments))
    try:
        config = load_application(options.directory)
        data = storage_path(Settings(storage_path=options.storage_path), [config])
    except (ConfigurationError, StorageError) as error:
        print(f"appcfg.py: {error}", file=sys.stderr)
        return FAILED
    path = Path(config.file).parent / "index.yaml"
    force = "force" if options.force else "ask"
    words = [*VACUUM, str(data), config.application, str(path), force]
    return subprocess.call(words)  # noqa: S603  # our own module
