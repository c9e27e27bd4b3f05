"""Names of logs that App Engine documents in passing: constants, time-outs, the buffer's end."""

import re
from types import SimpleNamespace

import pytest

from appengine import logservice
from appengine.logservice.client import buffering, fetching
from appengine.logservice.client.buffering import LogsBuffer
from tests.logservice.conftest import CALL


def ids(**arguments):
    return [request.request_id for request in logservice.fetch(**arguments)]


def test_the_constants_are_app_engines():
    """Source: `google.appengine.api.logservice`, constants."""
    levels = "DEBUG INFO WARNING ERROR CRITICAL".split()
    assert [getattr(logservice, f"LOG_LEVEL_{name}") for name in levels] == [0, 1, 2, 3, 4]
    assert logservice.AUTOFLUSH_ENABLED is True
    assert logservice.AUTOFLUSH_EVERY_SECONDS == 60
    assert logservice.AUTOFLUSH_EVERY_BYTES == 4096
    assert logservice.AUTOFLUSH_EVERY_LINES == 50
    assert logservice.MAX_ITEMS_PER_FETCH == 1000
    assert re.fullmatch(logservice.MODULE_ID_RE_STRING, "back-end")
    assert not re.fullmatch(logservice.MODULE_ID_RE_STRING, "-back" + "x" * 60)
    assert re.fullmatch(logservice.MODULE_VERSION_RE_STRING, "v" * 100)
    assert not re.fullmatch(logservice.MODULE_VERSION_RE_STRING, "v" * 101)


def test_reading_that_takes_too_long_ends_and_can_go_on(logs, monkeypatch):
    """Source: `logservice.fetch`, `timeout`; class `TimeoutError`: its offset and last end."""
    for number in range(5):
        logs.end(f"r{number}", started=1000.0 + number)
    times = iter([0.0, 1.0, 2.0, 4.0])
    monkeypatch.setattr(fetching, "time", SimpleNamespace(monotonic=lambda: next(times)))
    found = []
    with pytest.raises(logservice.TimeoutError) as caught:
        found += [each.request_id for each in logservice.fetch(batch_size=2, timeout=3)]
    monkeypatch.undo()
    assert issubclass(logservice.TimeoutError, logservice.Error)
    assert caught.value.last_end_time == pytest.approx(1001.1)
    assert ids(offset=caught.value.offset) == ["r0"]
    assert len(ids(timeout=60)) == 5
    with pytest.raises(logservice.TimeoutError) as at_once:
        ids(timeout=0)
    assert (at_once.value.offset, at_once.value.last_end_time) == (None, None)


def test_lines_are_sent_when_it_is_time_for_it(logs, monkeypatch):
    """Source: `logservice.autoflush`; class `LogsBuffer`, `autoflush` and `close`."""
    now = 1000.0
    buffer = LogsBuffer(now=lambda: now)
    buffer.write("waits")
    buffer.autoflush()
    assert buffer.lines() == 1
    now += logservice.AUTOFLUSH_EVERY_SECONDS
    buffer.autoflush()
    assert buffer.lines() == 0
    buffer.write("goes with the buffer")
    buffer.close()
    assert buffer.lines() == 0
    logservice.write("of the request's own buffer")
    logservice.autoflush()
    assert logservice.log_buffer_lines() == 1
    monkeypatch.setattr(buffering, "AUTOFLUSH_EVERY_SECONDS", 0)
    logservice.autoflush()
    assert logservice.log_buffer_lines() == 0
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    texts = [line.message for line in request.app_logs]
    assert texts == ["waits", "goes with the buffer", "of the request's own buffer"]


def test_a_record_names_its_application_and_holds_its_calls(logs, monkeypatch):
    """Source: class `RequestLog`, `app_id`; the calls are of our own."""
    monkeypatch.setenv("APPLICATION_ID", "dev~trial")
    logs.end("r1", calls=[CALL], call_count=1)
    (request,) = logservice.fetch()
    assert request.app_id == "dev~trial"
    assert [call.method for call in request.calls] == ["get"]


def test_a_reading_filters_by_a_hundred_versions(logs):
    """Source: `logservice.fetch`, `version_ids`; the bound is of our own."""
    versions = [f"v{number}" for number in range(101)]
    assert ids(version_ids=versions[:100]) == []
    with pytest.raises(logservice.InvalidArgumentError, match="101 versions; at most 100"):
        ids(version_ids=versions)
