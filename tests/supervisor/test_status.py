"""What the supervisor remembers of requests: enough for the console, and no more."""

import time

import msgspec

from appengine.rpc.records import CallRecord, Trace
from appengine.supervisor.status import KEPT_INSTANCES, WINDOW_SECONDS, Statistics


def make_trace(pid=7, ago=0.0, seconds=0.01):
    trace = Trace(
        request_id="r",
        application="trial",
        module="default",
        method="GET",
        path="/",
        status=200,
        response_bytes=1,
        started=time.time() - ago - seconds,
        seconds=seconds,
        waited_seconds=0.0,
        cpu_seconds=0.0,
        pid=pid,
        user="",
        outcome="",
        calls=[],
    )
    return msgspec.Raw(msgspec.msgpack.encode(trace))


def kept_times(statistics):
    return sum(len(count.recent) for count in statistics._counts.values())


def test_an_instance_s_requests_are_counted_and_those_of_the_last_minute_timed():
    statistics = Statistics()
    statistics.record([make_trace(seconds=0.02), make_trace(seconds=0.04)])
    requests, rate, milliseconds = statistics.count(7)
    assert (requests, rate) == (2, 2 / WINDOW_SECONDS)
    assert round(milliseconds) == 30
    assert statistics.count(8) == (0, 0.0, 0.0)


def test_times_older_than_a_minute_are_forgotten_also_of_the_dead():
    statistics = Statistics()
    statistics.record([make_trace(pid=1, ago=WINDOW_SECONDS + 5)] * 3)
    statistics.record([make_trace(pid=2)])
    assert kept_times(statistics) == 1
    assert statistics.count(1)[0] == 3


def test_only_the_instances_that_served_last_are_remembered():
    statistics = Statistics()
    for pid in range(1, KEPT_INSTANCES + 11):
        statistics.record([make_trace(pid=pid)])
    assert statistics.count(10)[0] == 0
    assert statistics.count(11)[0] == 1


def test_the_calls_of_requests_are_not_kept():
    statistics = Statistics()
    call = CallRecord(
        service="s",
        method="m",
        milliseconds=1.0,
        request_bytes=1,
        response_bytes=1,
        quota="",
        units=0,
        error="",
        notes={},
    )
    trace = msgspec.msgpack.decode(make_trace(), type=Trace)
    whole = msgspec.structs.replace(trace, calls=[call] * 200, call_count=200)
    statistics.record([msgspec.Raw(msgspec.msgpack.encode(whole))])
    assert [(each.calls, each.call_count) for each in statistics.traces] == [([], 200)]
