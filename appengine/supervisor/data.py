"""Where the data of this run is: found, checked and locked before anything is started."""

import os
from collections.abc import Sequence
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.settings import Settings
from appengine.storage.directory import StorageDirectory
from appengine.storage.errors import StorageError, StorageReadOnlyError
from appengine.storage.files import (
    CLOCK_FILE,
    PLATFORM_FILE,
    check_file,
    check_room,
    check_writable,
    data_file,
    remove_data,
)
from appengine.supervisor.seeding import Seeding


def open_storage_directory(
    settings: Settings, applications: Sequence[ApplicationConfig]
) -> StorageDirectory:
    """Returns the locked directory of data, whose files this run can use.

    Raises:
        StorageError: it is in use, cannot be written, lies inside an application, or one of its
            files is of a newer format; no data was touched.
    """
    folders = tuple(config.directory for config in applications)
    path = storage_path(settings, applications)
    try:
        directory = StorageDirectory(path, folders)
    except StorageReadOnlyError as error:
        raise StorageReadOnlyError(f"{error}; --storage_path names another place") from error
    try:
        _check_files(directory.path, names_of(applications))
    except BaseException:
        directory.close()
        raise
    return directory


def _check_files(directory: Path, names: Sequence[str]) -> None:
    """Refuses what the servers would fail on later; other applications' files are not looked at."""
    for path in (directory, directory / CLOCK_FILE):
        check_writable(path)
    for path in (directory / PLATFORM_FILE, *(data_file(directory, name) for name in names)):
        check_file(path)
    check_room(directory)


def names_of(applications: Sequence[ApplicationConfig]) -> list[str]:
    """Returns the ids of the applications, each once, in the order of the command."""
    return list(dict.fromkeys(config.application for config in applications))


def storage_path(settings: Settings, applications: Sequence[ApplicationConfig]) -> Path:
    """Returns `--storage_path`, or the default: below the user's data directory, by application.

    Raises:
        StorageError: neither is known.
    """
    if settings.storage_path is not None:
        return Path(settings.storage_path).expanduser()
    if not (home := os.environ.get("XDG_DATA_HOME")):
        try:
            home = str(Path.home() / ".local" / "share")
        except RuntimeError as error:  # a user whom the system does not know
            text = "no home directory is known for the data: --storage_path names a place"
            raise StorageError(text) from error
    return Path(home) / "appengine" / applications[0].application


def open_seed(
    settings: Settings, applications: Sequence[ApplicationConfig], storage: Path
) -> Seeding:
    """Returns what checks the seed file, when entered, and loads it."""
    return Seeding(settings.seed_file, storage, names_of(applications), settings.auth_domain)


def prepare_data(
    settings: Settings, applications: Sequence[ApplicationConfig], storage: Path, seed: Seeding
) -> list[str]:
    """Forgets entities and loads others as the operator asks; returns what to say of it, in lines.

    Raises:
        StorageError: a file cannot be removed.
        ConfigurationError: the seed cannot be loaded.
    """
    lines = []
    for name in names_of(applications) if settings.clear_datastore else []:
        if remove_data(data_file(storage, name)):
            lines.append(f"{name}: all stored entities are forgotten")
    if loaded := seed.load():
        lines.append(loaded)
    return lines
