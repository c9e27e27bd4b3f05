"""What the tests of users share: secrets, a clock that stands still, a browser."""

import pytest
from werkzeug.test import Client

from appengine.storage.clock import Clock
from appengine.storage.secrets import Secrets
from appengine.users.endpoints import LoginPages


@pytest.fixture
def secrets():
    return Secrets(b"s" * 32)


@pytest.fixture
def clock():
    clock = Clock()
    clock.freeze(1_700_000_000)
    return clock


@pytest.fixture
def make_browser(secrets, clock):
    """Returns a client of one application's pages; by default on the server's own machine."""

    def make(application="guestbook", base_url="http://localhost:8080", peer="127.0.0.1", code=""):
        browser = Client(LoginPages(application, secrets, clock, code))
        defaults = {"base_url": base_url, "environ_overrides": {"REMOTE_ADDR": peer}}
        send = browser.open

        def open_with_defaults(*args, **kwargs):
            return send(*args, **{**defaults, **kwargs})

        browser.open = open_with_defaults
        return browser

    return make
