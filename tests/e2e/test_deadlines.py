"""Deadlines: an exception for the developer, then the end.

Source: App Engine, "Dealing with DeadlineExceededErrors".
"""

import re

import pytest

from tests.e2e.serving import DevServer, wait_until, wsgi_application

APP = """
import threading, time
from appengine.rpc.client import transport
from appengine.rpc.frames import Response, encode
from google.appengine.ext import db
from google.appengine.runtime import DeadlineExceededError

class Note(db.Model):
    text = db.StringProperty()

def spin():
    while True:
        pass

def trickle(beginning):
    # on the request's own connection, a byte at a time, whatever happens
    connection = transport.get()._connection
    connection.send(beginning)
    while True:
        try:
            connection.send(b"x")
            time.sleep(0.05)
        except BaseException:
            pass

def app(environ, start_response):
    path = environ["PATH_INFO"]
    answer = b"fine"
    if path == "/caught":
        try:
            spin()
        except DeadlineExceededError:
            Note(text="late").put()
            answer = b"late, and saved"
    elif path == "/broad":
        try:
            spin()
        except Exception:
            answer = b"a broad handler got it"
    elif path == "/calls":
        while True:
            Note.all().count()
    elif path == "/swallow":
        while True:
            try:
                spin()
            except BaseException:
                pass
    elif path == "/slow-frame":
        trickle((10**6).to_bytes(4, "big"))
    elif path == "/slow-body":
        trickle(encode(Response(200, "OK", [], 10**6)))
    elif path == "/sip":
        while environ["wsgi.input"].read(1):
            try:
                time.sleep(0.05)
            except BaseException:
                pass
    elif path == "/sleep":
        time.sleep(30)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("deadlines") / "app", APP)
    with DevServer([app], "--request_deadline=2") as running:
        yield running


def instances(server):
    return set(re.findall(r"instance (\d+) ended", server.log))


def test_a_request_is_told_before_its_end_and_may_still_answer_and_save(server):
    before = instances(server)
    reply = server.get("/caught")
    assert (reply.status, reply.text) == (200, "late, and saved")
    assert instances(server) == before


@pytest.mark.parametrize("path", ["/broad", "/calls"])
def test_uncaught_it_is_a_page_with_the_place_and_the_instance_lives_on(server, path):
    before = instances(server)
    reply = server.get(path)
    assert reply.status == 500
    assert "DeadlineExceededError" in reply.text
    assert 'main.py", line ' in reply.text
    assert instances(server) == before
    assert server.get("/").text == "fine"


@pytest.mark.parametrize("path", ["/swallow", "/sleep", "/slow-frame", "/slow-body", "/sip"])
def test_what_does_not_end_by_itself_is_killed_and_the_next_request_is_answered(server, path):
    """The end is that of the whole exchange, however it is stretched."""
    before = instances(server)
    reply = server.request("POST", path, bytes(5_000_000 if path == "/sip" else 0))
    assert reply.status == 500
    assert "longer than 2 s" in reply.text
    wait_until(lambda: len(instances(server) - before) == 1, 5)
    assert server.get("/").text == "fine"
