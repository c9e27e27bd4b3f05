"""Why an instance ended, told to its client and to the log, whichever worker of the front asks."""

import re

import pytest

from tests.e2e.serving import DevServer, wsgi_application

SOURCE = """
import ctypes, os

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/leave":
        os._exit(3)
    if path == "/null":
        ctypes.string_at(0)
    if path == "/abort":
        os.abort()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("causes") / "app", SOURCE)
    with DevServer([app], "--workers=2", "--max_module_instances=2") as running:
        yield running


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/leave", "exited with status 3"),
        ("/null", "killed by SIGSEGV"),
        ("/abort", "killed by SIGABRT"),
    ],
)
def test_the_cause_is_told_with_a_reference_and_the_next_request_is_served(server, path, cause):
    for _ in range(4):  # both workers, both instances
        reply = server.get(path)
        assert reply.status == 500
        assert re.search(rf"ended: {cause}\. Reference: \w+", reply.text), reply.text
        assert server.get("/").text == "fine"
    assert len(re.findall(rf"instance \d+ ended: {cause}", server.log)) >= 4
