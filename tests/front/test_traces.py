"""Traces of requests that have ended, on their way to the supervisor."""

import threading

import msgspec

from appengine.front.answers import page
from appengine.front.dispatch import Work
from appengine.front.spool import Spool
from appengine.front.traces import TraceLog
from appengine.rpc.callers import Caller
from appengine.rpc.control import pack
from appengine.rpc.records import CallRecord
from appengine.supervisor.control import MAX_QUESTION_BYTES
from tests.front.routes import make_route

CALL = CallRecord(
    service="datastore",
    method="x" * 100,
    milliseconds=1.0,
    request_bytes=1,
    response_bytes=1,
    quota="",
    units=0,
    error="",
    notes={"rows": 1},
)


def test_a_batch_of_large_traces_is_one_that_the_supervisor_takes(monkeypatch, tmp_path):
    sent, is_done = [], threading.Event()

    def ask(_path, question, _answer):
        sent.append(question)
        if sum(len(record.traces) for record in sent) == 500:
            is_done.set()

    monkeypatch.setattr("appengine.front.traces.ask", ask)
    monkeypatch.setattr("appengine.front.traces.BATCH_SECONDS", 0.2)
    log = TraceLog(tmp_path)
    work = Work(
        route=make_route(),
        script="main.app",
        caller=Caller(application="trial"),
        environ={},
        body=Spool(),
        method="GET",
        calls=[CALL] * 200,
        call_count=1000,
    )
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    for _ in range(500):
        log.write(environ, page(200, "ok"), "r", 0.1, work)
    assert is_done.wait(30)
    assert max(len(pack(question)) for question in sent) <= MAX_QUESTION_BYTES
    assert msgspec.msgpack.decode(sent[0].traces[0])["call_count"] == 1000
