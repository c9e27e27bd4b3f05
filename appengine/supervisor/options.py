"""What the front and the console are told of a run."""

import socket
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.settings import Settings
from appengine.front.options import RunOptions
from appengine.supervisor.of_modules import find_id_policies, find_index_files
from appengine.supervisor.ports import port_of
from appengine.supervisor.runtime import Runtime

THREADS = 256
"""Of each worker of the front."""

CONSOLE_THREADS = 4


def make_options(
    settings: Settings,
    applications: Sequence[ApplicationConfig],
    runtime: Runtime,
    storage: Path,
    listeners: Sequence[socket.socket],
    console_listener: socket.socket,
    login_code: str,
) -> tuple[RunOptions, RunOptions]:
    """Returns those of the front and those of the console.

    Args:
        storage: the directory of data.
        listeners: the front's.
        login_code: see `RunOptions`.
    """
    front = RunOptions(
        runtime=str(runtime.path),
        storage=str(storage),
        memory=str(runtime.memory),
        descriptors=[each.fileno() for each in listeners],
        workers=settings.workers,
        threads=THREADS,
        settings=settings,
        login_code=login_code,
        index_files=find_index_files(applications),
        id_policies=find_id_policies(applications),
        console_port=port_of(console_listener),
    )
    listening = [console_listener.fileno()]
    console = replace(front, descriptors=listening, workers=1, threads=CONSOLE_THREADS)
    return front, console
