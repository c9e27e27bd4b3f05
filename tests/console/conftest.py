"""What the console's tests share: a console of a picture, and a browser."""

import pytest
from werkzeug.test import Client

from appengine.console.app import Source, create_app
from appengine.storage.secrets import Secrets
from tests.console.pictures import make_status


@pytest.fixture
def stopped():
    """Collects how often the server was told to stop."""
    return []


@pytest.fixture
def make_browser(stopped):
    """Returns a client of a console; by default on the server's own machine."""

    def make(
        load_status=make_status,
        listens="localhost",
        host="localhost:8000",
        peer="127.0.0.1",
        code="",
        app=None,
        scheme="http",
    ):
        source = Source(load_status=load_status, stop=lambda: stopped.append(True))
        browser = Client(app or create_app(source, Secrets(b"s" * 32), listens, code))
        send = browser.open
        defaults = {"base_url": f"{scheme}://{host}", "environ_overrides": {"REMOTE_ADDR": peer}}

        def open_with_defaults(*args, **kwargs):
            return send(*args, **{**defaults, **kwargs})

        browser.open = open_with_defaults
        return browser

    return make
