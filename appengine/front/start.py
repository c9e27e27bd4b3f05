"""The first steps of the front's and the console's processes."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from appengine.rpc.control import Done, WorkerReady, ask


def start_log(name: str, level: str) -> None:
    """Sends the log of this process to the terminal, from a level on: `info`."""
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format=f"%(levelname)s {name}: %(message)s"
    )
    logging.getLogger("gunicorn").setLevel(logging.WARNING)


def announcing(role: str, control: Path, on_fork: Callable[[int], None]) -> Callable[[int], None]:
    """Returns what a worker does first: `on_fork` with its row, then it tells the supervisor."""

    def announce(row: int) -> None:
        on_fork(row)
        try:
            ask(control, WorkerReady(role), Done)
        except OSError:  # it listens no more: the server is being stopped
            sys.exit(0)

    return announce
