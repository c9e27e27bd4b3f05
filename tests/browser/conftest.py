"""A headless Chromium, and a server for pages that are tried alone."""

import os
import shutil
import threading
from contextlib import contextmanager

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

FLAGS = (
    "--no-sandbox",  # as root Chromium refuses its own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)

SIZES = {"phone": (390, 844), "desk": (1200, 800)}


class QuietHandler(WSGIRequestHandler):
    """Answers without writing to the terminal."""

    def log(self, type, message, *args):  # noqa: A002  # the overridden method's own name
        """Writes nothing."""


@pytest.fixture(scope="package")
def chromium():
    """Starts one Chromium for all tests; without one they are skipped."""
    path = os.environ.get("APPENGINE_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine: install Debian's package `chromium`")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors():
    """Holds how errors end that a test brings about on purpose."""
    return []


@pytest.fixture(params=[(scheme, size) for scheme in ("light", "dark") for size in SIZES])
def page(chromium, request, expected_errors):
    """Opens a page in light and dark, on a phone and on a desk; it logs no other error."""
    scheme, size = request.param
    width, height = SIZES[size]
    context = chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    errors = []
    page.on("console", lambda message: is_autofocus(message.text) or errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert [error for error in errors if not error.endswith(tuple(expected_errors))] == []


def is_autofocus(text):
    """Tells whether a message only says that a test was quicker than the page's own focus."""
    return text.startswith("Autofocus processing was blocked")


@pytest.fixture
def serve():
    """Returns what serves a WSGI application on a free port, and says where."""

    @contextmanager
    def serving(app):
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return serving
