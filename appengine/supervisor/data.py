"""Where the data of this run is: found, checked and locked before anything is started."""

import os
from collections.abc import Sequence
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.settings import Settings
from appengine.storage.directory import StorageDirectory


def open_storage_directory(
    settings: Settings, applications: Sequence[ApplicationConfig]
) -> StorageDirectory:
    """Returns the locked directory of data.

    Raises:
        StorageError: it is in use, cannot be written, or lies inside an application.
    """
    folders = tuple(config.directory for config in applications)
    return StorageDirectory(storage_path(settings, applications), folders)


def storage_path(settings: Settings, applications: Sequence[ApplicationConfig]) -> Path:
    """Returns `--storage_path`, or the default: below the user's data directory, by application."""
    if settings.storage_path is not None:
        return Path(settings.storage_path).expanduser()
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "appengine" / applications[0].application
