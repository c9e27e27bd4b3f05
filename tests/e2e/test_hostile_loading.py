"""An application that turns on its zygote while it is loaded harms nobody but itself."""

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application

GOOD = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"good"]
"""
JUNK = """
import os, socket

for number in range(3, 50):
    try:
        socket.socket(fileno=os.dup(number)).send(b"junk")
    except OSError:
        continue
"""
ITSELF = """
import sys

sys.modules["appengine.sandbox.zygote"]._fork = lambda wall: 0
"""
STRANGER = """
import os, sys

def fork(wall):
    number = os.fork()
    if number and os.fork() == 0:
        instance = sys.modules["appengine.sandbox.instance"].Instance
        instance.run = lambda self, listener, boot, own=None: self._accept(listener)
        return 0
    return number

def app(environ, start_response):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

sys.modules["appengine.sandbox.zygote"]._fork = fork
"""


def test_a_process_that_is_no_instance_does_not_outlive_its_deadline(tmp_path):
    app = wsgi_application(tmp_path / "bad", STRANGER, name="bad")
    start = (str(CHECKOUT / "tests/e2e/without_layers.py"), "python", "--")
    environ = {"PYTHONPATH": str(CHECKOUT)}
    with DevServer([app], "--request_deadline=1", start=start, environ=environ) as server:
        for _ in range(6):
            server.get("/")
        wait_until(lambda: "is no instance" in server.log, 10)
        wait_until(lambda: "its zygote ended" in server.log, 10)


@pytest.mark.parametrize(
    ("hostile", "told"),
    [(JUNK, "what it sent is no message"), (ITSELF, "an instance died at once")],
    ids=["junk to the supervisor", "the zygote as an instance"],
)
def test_an_application_that_turns_on_its_zygote_is_told_and_others_are_served(
    hostile, told, tmp_path
):
    apps = [
        wsgi_application(tmp_path / "bad", hostile + GOOD, name="bad"),
        wsgi_application(tmp_path / "good", GOOD, name="good"),
    ]
    with DevServer(apps) as server:
        wait_until(lambda: told in server.log, 10)
        reply = server.get("/", application=0)
        assert (reply.status, told in reply.text) == (500, True)
        assert server.get("/", application=1).text == "good"
