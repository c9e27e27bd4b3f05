"""The process of the Admin Console, with the loops of the rooms beside it."""

import threading
from pathlib import Path

from appengine.front.console import LateConsole, LateResources
from appengine.front.gunicorn import GunicornServer, ServerOptions
from appengine.front.options import ConsoleOptions
from appengine.front.start import announcing, start_log, take_options
from appengine.runner.worker import find_loops, start_loops


def serve_console(descriptor: str) -> None:
    """Serves the Admin Console and runs the loops; `descriptor` is that of the options' pipe."""
    options = take_options(descriptor, ConsoleOptions)
    start_log("console", options.settings.dev_appserver_log_level)
    resources = LateResources(options)
    loops = [loop for loop in find_loops() if loop.is_needed(options.settings)]

    def start(_row: int) -> None:
        start_loops(loops, resources, threading.Event())

    server_options = ServerOptions(
        descriptors=options.descriptors, workers=1, threads=options.threads
    )
    on_fork = announcing("console", Path(options.runtime) / "control", start)
    console = LateConsole(options, resources)
    GunicornServer(console, server_options, on_fork, lambda row: None).run()
