"""Makes the Admin Console of what the supervisor tells."""

from pathlib import Path
from wsgiref.types import WSGIApplication

from appengine.console.app import Source, create_app
from appengine.console.rooms import find_admin_modules
from appengine.console.status import Status
from appengine.front.options import ConsoleOptions
from appengine.front.resources import make_resources
from appengine.rpc.control import AskStatus, Done, Quit, ask
from appengine.rpc.server import Resources
from appengine.storage.secrets import open_secrets


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
    return make_resources(options)
