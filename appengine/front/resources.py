"""What servers share in a process: the applications' files of data, the platform's, the clock."""

import threading
from collections.abc import Callable
from pathlib import Path

from appengine.front.options import RunOptions
from appengine.front.routes import PublishedRoutes
from appengine.front.served import DOOR, Ask, ServedApplications, ask_through_door
from appengine.rpc.server import Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata
from appengine.storage.files import CLOCK_FILE, PLATFORM_FILE, data_file


def make_resources(options: RunOptions, ask: Ask | None = None) -> Resources:
    """Returns the data of a run, opened when it is first used.

    Args:
        ask: what makes requests of the applications; by default through the front's unix socket.
    """
    storage, runtime = Path(options.storage), Path(options.runtime)
    return Resources(
        open_storage=_open_storages(storage),
        platform=Storage(storage / PLATFORM_FILE, platform_metadata),
        clock=Clock(storage / CLOCK_FILE),
        settings=_service_settings(options),
        options=options.settings,
        applications=ServedApplications(
            PublishedRoutes(runtime / "routes"),
            options.settings,
            ids=list(options.index_files),
            own_ports=[options.console_port],
            ask=ask or ask_through_door(runtime / DOOR),
            control=runtime / "control",
        ),
    )


def _open_storages(directory: Path) -> Callable[[str], Storage]:
    """Returns what opens each application's file once."""
    opened: dict[str, Storage] = {}
    opening = threading.Lock()

    def open_storage(application: str) -> Storage:
        if (storage := opened.get(application)) is None:
            # Never twice: SQLite's locks are the process's, and closing any descriptor of the
            # file, as the second one's checks do, would let go of those that are held.
            with opening:
                if (storage := opened.get(application)) is None:
                    storage = opened[application] = Storage(data_file(directory, application))
        return storage

    return open_storage


def _service_settings(options: RunOptions) -> dict[str, str]:
    settings = {"datastore.require_indexes": str(options.settings.require_indexes).lower()}
    settings["memcache.directory"] = options.memory
    for application, path in options.index_files.items():
        settings[f"datastore.index_yaml:{application}"] = path
    for application, policy in options.id_policies.items():
        settings[f"datastore.auto_id_policy:{application}"] = policy
    return settings
