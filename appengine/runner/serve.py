"""The process of the Admin Console, with the loops of the rooms beside it."""

import threading
from pathlib import Path

from appengine.console.rooms import find_admin_modules, load_pages
from appengine.front.console import LateConsole, LateResources
from appengine.front.gunicorn import GunicornServer, ServerOptions
from appengine.front.options import RunOptions
from appengine.front.serve import find_servers
from appengine.front.start import announcing, start_log
from appengine.runner.worker import find_loops, start_loops
from appengine.storage.engine import compile_statements


def load_servers() -> None:
    """Loads what the front and the console need of the rooms: answers, pages, loops."""
    find_servers()
    load_pages(find_admin_modules())
    find_loops()
    compile_statements()


def serve_console(options: RunOptions) -> None:
    """Serves the Admin Console and runs the loops."""
    start_log("console", options.settings.dev_appserver_log_level)
    resources = LateResources(options)
    loops = [loop for loop in find_loops() if loop.is_needed(options.settings)]

    def start(_row: int) -> None:
        start_loops(loops, resources, threading.Event())

    server_options = ServerOptions(
        descriptors=options.descriptors, workers=options.workers, threads=options.threads
    )
    on_fork = announcing("console", Path(options.runtime) / "control", start)
    console = LateConsole(options, resources)
    GunicornServer(console, server_options, on_fork, lambda row: None).run()
