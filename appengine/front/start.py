"""The first steps of the front's and the console's processes."""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from appengine.front.parents import die_with_parent
from appengine.rpc.control import Done, WorkerReady, ask

Options = TypeVar("Options", bound=msgspec.Struct)


def take_options(descriptor: str, kind: type[Options]) -> Options:
    """Binds this process's life to the supervisor's; returns what it was told through a pipe."""
    die_with_parent(os.getppid())
    with os.fdopen(int(descriptor), "rb") as pipe:
        return msgspec.msgpack.decode(pipe.read(), type=kind)


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
        ask(control, WorkerReady(role), Done)

    return announce
