"""The loop that builds the indexes of index.yaml, where only those that it lists are built.

What it stands on is imported when it runs: a server that builds at a query pays nothing for it.
"""

import threading
from importlib import import_module
from typing import TYPE_CHECKING

from appengine.config.settings import Settings
from appengine.rpc.worker import Loop

if TYPE_CHECKING:
    from appengine.rpc.server import Resources


def is_building(settings: Settings) -> bool:
    """Returns whether an index is built because it is listed, and not because a query asks."""
    return settings.require_indexes


def build(resources: "Resources", stop: threading.Event) -> None:
    """Builds listed indexes that are not serving, until `stop`."""
    import_module("appengine.datastore.server.listed").build_listed(resources, stop)


LOOPS = (Loop(name="building of indexes", run=build, is_needed=is_building),)
