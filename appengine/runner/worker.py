"""Keeps the loops of rooms running: each on a thread of its own, whatever happens to the others."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from appengine.rpc.rooms import find_rooms, has_module
from appengine.rpc.worker import Loop

if TYPE_CHECKING:
    from appengine.rpc.server import Resources

NOT_ROOMS = frozenset({"appengine.rpc", "appengine.runner"})

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
"""Of a loop that fails: doubled each time."""

SOUND_SECONDS = 60.0
"""A loop that has run so long before it fails starts again with the first wait."""

log = logging.getLogger("appengine.runner")

Wait = Callable[[threading.Event, float], bool]


def find_loops() -> list[Loop]:
    """Returns the loops of all rooms: those of their `worker` modules."""
    rooms = [room for room in find_rooms() if room not in NOT_ROOMS]
    modules = [f"{room}.worker" for room in rooms if has_module(room, "worker")]
    return [loop for module in modules for loop in import_module(module).LOOPS]


def start_loops(
    loops: Sequence[Loop], resources: "Callable[[], Resources]", stop: threading.Event
) -> None:
    """Starts each loop on a thread of its own; they end with the process, or when `stop` is set."""
    for loop in loops:
        threading.Thread(
            target=keep_running, args=(loop, resources, stop), name=loop.name, daemon=True
        ).start()


def keep_running(
    loop: Loop,
    resources: "Callable[[], Resources]",
    stop: threading.Event,
    wait: Wait = threading.Event.wait,
) -> None:
    """Runs a loop again and again until it returns or `stop` is set; failures are logged.

    Args:
        resources: opens the applications' data, or returns what is open already.
        wait: sleeps for some seconds unless an event is set before; returns whether it is.
    """
    seconds = FIRST_WAIT_SECONDS
    while not stop.is_set():
        started = time.monotonic()
        try:
            loop.run(resources(), stop)
            return
        except Exception as error:  # a room's failure is no other room's
            if time.monotonic() - started >= SOUND_SECONDS:
                seconds = FIRST_WAIT_SECONDS
            log.error(
                "%s failed and starts again in %g s: %s", loop.name, seconds, error, exc_info=True
            )
        wait(stop, seconds)
        seconds = min(seconds * 2, LONGEST_WAIT_SECONDS)
