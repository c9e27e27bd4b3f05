"""Makes the Admin Console of what the supervisor tells."""

from pathlib import Path
from wsgiref.types import WSGIApplication

from appengine.console.app import Source, create_app
from appengine.console.status import Status
from appengine.front.options import RunOptions
from appengine.rpc.control import AskStatus, Done, Quit, ask
from appengine.rpc.server import Resources
from appengine.storage.secrets import open_secrets


def make_console(options: RunOptions, resources: Resources) -> WSGIApplication:
    """Returns the console's WSGI application, whose pages show the resources' data."""
    control = Path(options.runtime) / "control"

    def load_status() -> Status:
        return ask(control, AskStatus(), Status)

    def quit_server() -> None:
        ask(control, Quit(), Done)

    return create_app(
        Source(load_status=load_status, stop=quit_server, resources=resources),
        open_secrets(Path(options.storage)),
        options.settings.admin_host,
        options.login_code,
    )
