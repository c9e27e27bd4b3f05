"""Makes the Admin Console of what the supervisor tells, and serves it in a process of its own."""

from pathlib import Path
from wsgiref.types import WSGIApplication

from appengine.console.app import Source, create_app
from appengine.console.rooms import find_admin_modules
from appengine.console.status import Status
from appengine.front.gunicorn import GunicornServer, ServerOptions
from appengine.front.options import ConsoleOptions
from appengine.front.start import announcing, start_log, take_options
from appengine.rpc.control import AskStatus, Done, Quit, ask
from appengine.rpc.server import Resources
from appengine.storage.secrets import open_secrets


def serve_console(descriptor: str) -> None:
    """Serves the Admin Console; `descriptor` is that of the pipe that holds the options."""
    options = take_options(descriptor, ConsoleOptions)
    start_log("console", options.settings.dev_appserver_log_level)
    server_options = ServerOptions(
        descriptors=options.descriptors, workers=1, threads=options.threads
    )
    on_fork = announcing("console", Path(options.runtime) / "control", lambda row: None)
    GunicornServer(make_console(options), server_options, on_fork, lambda row: None).run()


def make_console(options: ConsoleOptions) -> WSGIApplication:
    """Returns the console's WSGI application."""
    control = Path(options.runtime) / "control"

    def load_status() -> Status:
        return ask(control, AskStatus(), Status)

    def quit_server() -> None:
        ask(control, Quit(), Done)

    return create_app(
        Source(load_status=load_status, stop=quit_server, resources=_find_resources(options)),
        open_secrets(Path(options.storage)),
        options.settings.admin_host,
        options.login_code,
    )


def _find_resources(options: ConsoleOptions) -> Resources | None:
    """Returns the applications' data if any room has a page that shows it."""
    if not find_admin_modules():
        return None
    from appengine.front.resources import make_resources  # noqa: PLC0415  # SQL takes 25 MB

    return make_resources(options)
