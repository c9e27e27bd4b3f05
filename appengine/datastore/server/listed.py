"""Builds what each index.yaml lists, before a query asks for it, and whenever the file changes."""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from appengine.config.errors import ConfigurationError
from appengine.datastore.config import load_indexes
from appengine.datastore.server.building import Builds
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.index_file import want_of
from appengine.datastore.server.indexes import BUILDING, Want
from appengine.datastore.service import BadRequestError

if TYPE_CHECKING:
    from appengine.rpc.server import Resources
    from appengine.storage.engine import Storage

LOOK_SECONDS = 1.0
"""Time between two looks at the files."""

PREFIX = "datastore.index_yaml:"
"""Settings of this name and an application's hold where its file is."""

_logger = logging.getLogger(__name__)

Seen = dict[str, tuple[int, int] | None]
"""Size and time of each application's file when its indexes were built last."""


def build_listed(resources: "Resources", stop: threading.Event) -> None:
    """Builds listed indexes, one application after the other, until `stop`."""
    seen: Seen = {}
    while not stop.is_set():
        build_changed(resources, seen)
        stop.wait(LOOK_SECONDS)


def build_changed(resources: "Resources", seen: Seen) -> None:
    """Builds what the files list that are new or have changed since they were `seen`."""
    for name, path in resources.settings.items():
        if not name.startswith(PREFIX) or not path:
            continue
        file, application = Path(path), name.removeprefix(PREFIX)
        state = _state_of(file)
        if state is not None and seen.get(application) != state:
            _build_all(resources.open_storage(application), application, file)
        seen[application] = state


def _state_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _build_all(storage: "Storage", application: str, file: Path) -> None:
    try:
        listed = [want_of(index) for index in load_indexes(file)]
    except ConfigurationError as error:
        _logger.warning("%s; its indexes are not built", error)
        return
    for want in listed:
        try:
            _build(storage, application, want)
        except BadRequestError as error:
            _logger.error("an index of %s is not built: %s", want[1], error)


def _build(storage: "Storage", application: str, want: Want) -> None:
    catalog = storage.companion(Catalog, application)
    with storage.read() as connection:
        found = catalog.at(connection).find(want)
    if found is not None and found.state != BUILDING:
        return
    _form, kind, properties, ancestor = want
    definition = catalog.define_composite(kind, properties, ancestor)
    storage.companion(Builds, application).finish(definition)
    _logger.info("built an index of %s", kind)
