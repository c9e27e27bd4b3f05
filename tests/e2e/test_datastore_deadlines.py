"""Deadlines of datastore calls that an application in its cage makes."""

import json
import time

import pytest

from appengine.storage.engine import Storage
from tests.e2e.serving import DevServer, wsgi_application

APP = '''
import json
import time
from urllib.parse import parse_qs
from google.appengine.ext import db


class Note(db.Expando):
    pass


def fill():
    db.put([Note(key_name=str(n), n=list(range(1000))) for n in range(40)])


def app(environ, start_response):
    """Does one thing; answers the error that it ended in, and its seconds."""
    what = environ["PATH_INFO"].strip("/")
    given = parse_qs(environ["QUERY_STRING"]).get("deadline")
    rpc = db.create_rpc(deadline=float(given[0])) if given else None
    begun = time.monotonic()
    error = result = None
    try:
        if what == "fill":
            fill()
        elif what == "put":
            Note(key_name="late").put(rpc=rpc)
        elif what == "count":
            result = Note.all().filter("n >=", 0).count(rpc=rpc)
        elif what == "late":
            result = Note.get_by_key_name("late") is not None
    except db.Error as found:
        error = type(found).__name__
    start_response("200 OK", [("Content-Type", "application/json")])
    seconds = time.monotonic() - begun
    return [json.dumps({"error": error, "result": result, "seconds": seconds}).encode()]
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("deadlines") / "app", APP)
    with DevServer([app], "--request_deadline=4") as running:
        assert did(running, "/fill")["error"] is None
        yield running


def did(server, path):
    reply = server.get(path)
    assert reply.status == 200, reply.text
    return json.loads(reply.text)


@pytest.fixture
def busy(server):
    """Another process that writes to the application's data for as long as the test runs."""
    storage = Storage(server.storage / "trial.db")
    with storage.transaction():
        yield
    storage.close()


@pytest.mark.usefixtures("busy")
def test_a_put_behind_a_writer_raises_timeout_at_its_deadline_and_writes_nothing(server):
    answer = did(server, "/put?deadline=0.3")
    assert answer["error"] == "Timeout"
    assert 0.3 <= answer["seconds"] < 3
    assert did(server, "/late")["result"] is False


@pytest.mark.usefixtures("busy")
def test_a_longer_deadline_does_not_extend_the_requests(server):
    begun = time.monotonic()
    reply = server.get("/put?deadline=600")
    assert reply.status == 500 or json.loads(reply.text)["error"] == "Timeout"
    assert time.monotonic() - begun < 25
    assert did(server, "/late")["result"] is False


def test_a_query_that_reads_for_long_raises_timeout_at_its_deadline(server):
    whole = [did(server, "/count") for _ in range(3)]
    assert [(each["error"], each["result"]) for each in whole] == [(None, 40)] * 3
    quickest = min(each["seconds"] for each in whole)
    answer = did(server, f"/count?deadline={quickest / 10}")
    assert answer["error"] == "Timeout"
    assert did(server, "/count?deadline=3")["result"] == 40
