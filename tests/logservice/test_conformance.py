"""What App Engine promises of logs, one sentence a test."""

import logging

import pytest

from appengine import logservice
from appengine.logservice.client import buffering
from appengine.logservice.client.buffering import RequestHandler
from appengine.logservice.service import MAX_LINE, MAX_LINES
from tests.logservice.conftest import CALL


def ids(**arguments):
    return [request.request_id for request in logservice.fetch(**arguments)]


@pytest.fixture
def logger():
    """A logger whose lines go to the open request alone."""
    made = logging.Logger("trial")
    made.addHandler(RequestHandler())
    return made


def test_requests_come_newest_first(logs):
    """Source: `logservice.fetch`: most recent first."""
    for number in range(5):
        logs.end(f"r{number}", started=1000.0 + number)
    assert ids() == ["r4", "r3", "r2", "r1", "r0"]


def test_a_request_has_app_engines_fields(logs):
    """Source: class `RequestLog`."""
    logs.end(
        "r1",
        started=1000.0,
        seconds=0.25,
        waited_seconds=0.01,
        cpu_seconds=0.05,
        path="/a?b=c",
        method="POST",
        status=201,
        response_bytes=7,
        user="ann@example.com",
        version="2",
        module="back",
        host="localhost:8080",
        ip="192.0.2.1",
        http_version="HTTP/1.1",
        referrer="http://example.com/",
        user_agent="trial/1",
        handler="/.*",
        queue="slow",
        task="t1",
        calls=[CALL],
        call_count=1,
    )
    (found,) = logservice.fetch()
    expected = {
        "request_id": "r1",
        "start_time": 1000.0,
        "end_time": 1000.25,
        "latency": 0.25,
        "pending_time": 10_000,
        "mcycles": 60,
        "api_mcycles": 2,
        "method": "POST",
        "resource": "/a?b=c",
        "status": 201,
        "response_size": 7,
        "nickname": "ann",
        "version_id": "2",
        "module_id": "back",
        "host": "localhost:8080",
        "ip": "192.0.2.1",
        "http_version": "HTTP/1.1",
        "referrer": "http://example.com/",
        "user_agent": "trial/1",
        "url_map_entry": "/.*",
        "task_queue_name": "slow",
        "task_name": "t1",
        "finished": True,
        "instance_key": "77",
        "replica_index": None,
        "was_loading_request": False,
        "cost": 0.0,
        "app_logs": [],
    }
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.combined == (
        "192.0.2.1 - ann [01/Jan/1970:00:16:40 +0000] "
        '"POST /a?b=c HTTP/1.1" 201 7 "http://example.com/" "trial/1"'
    )
    assert found.app_engine_release.startswith("1.9")


def test_lines_have_level_time_text_and_place(logs, logger):
    """Source: class `AppLog`."""
    buffer = logs.open("r1")
    for level in (10, 20, 30, 40, 50):
        logger.log(level, "level %d", level)
    buffer.flush()
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    assert [(line.level, line.message) for line in request.app_logs] == [
        (0, "level 10"),
        (1, "level 20"),
        (2, "level 30"),
        (3, "level 40"),
        (4, "level 50"),
    ]
    file, number, function = request.app_logs[0].source_location
    assert file == __file__ and number > 0 and function.startswith("test_lines")
    assert request.app_logs[0].time <= request.app_logs[4].time
    (bare,) = logservice.fetch()
    assert bare.app_logs == []


def test_a_traceback_is_a_part_of_its_line(logs, logger):
    """Source: App Engine, "Logs": `logging.exception`."""
    buffer = logs.open("r1")
    try:
        raise KeyError("pet")
    except KeyError:
        logger.exception("failed")
    buffer.flush()
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    assert "failed\nTraceback" in request.app_logs[0].message
    assert "KeyError: 'pet'" in request.app_logs[0].message


def test_times_bound_the_ends_of_requests(logs):
    """Source: `logservice.fetch`, `start_time` and `end_time`: both inclusive."""
    for number in range(5):
        logs.end(f"r{number}", started=1000.0 + number, seconds=0.5)
    assert ids(start_time=1002.5) == ["r4", "r3", "r2"]
    assert ids(end_time=1001.5) == ["r1", "r0"]
    assert ids(start_time=1001.5, end_time=1002.5) == ["r2", "r1"]


def test_an_offset_goes_on_behind_its_request(logs):
    """Source: `logservice.fetch`, `offset`; class `RequestLog`, `offset`."""
    for number in range(5):
        logs.end(f"r{number}")
    first = next(iter(logservice.fetch()))
    third = list(logservice.fetch())[2]
    assert ids(offset=first.offset) == ["r3", "r2", "r1", "r0"]
    assert ids(offset=third.offset) == ["r1", "r0"]


def test_all_requests_come_however_few_are_read_at_once(logs):
    """Source: `logservice.fetch`, `batch_size`."""
    for number in range(25):
        logs.end(f"r{number}")
    assert len(ids(batch_size=7)) == len(ids()) == 25


def test_a_minimum_level_asks_for_a_line_of_that_level(logs):
    """Source: `logservice.fetch`, `minimum_log_level`."""
    for request_id, level in (("quiet", 1), ("loud", 3)):
        buffer = logs.open(request_id)
        buffer.write_record(level, 1000.0, "line")
        buffer.flush()
        logs.end(request_id)
    logs.end("silent")
    assert ids(minimum_log_level=0) == ["loud", "quiet"]
    assert ids(minimum_log_level=2) == ["loud"]
    assert ids(minimum_log_level=4) == []


def test_open_requests_come_where_they_are_asked_for(logs):
    """Source: `logservice.fetch`, `include_incomplete`."""
    logs.end("r0")
    buffer = logs.open("r1", started=2000.0)
    buffer.write("first")
    buffer.flush()
    assert ids() == ["r0"]
    found = next(iter(logservice.fetch(include_incomplete=True, include_app_logs=True)))
    assert (found.request_id, found.finished, found.start_time) == ("r1", False, 2000.0)
    assert [line.message for line in found.app_logs] == ["first"]
    buffer.write("second")
    buffer.flush()
    logs.end("r1", started=2000.0)
    (found,) = logservice.fetch(request_ids=["r1"], include_app_logs=True)
    assert [line.message for line in found.app_logs] == ["first", "second"]


def test_versions_and_modules_are_filters(logs):
    """Source: `logservice.fetch`, `module_versions` and `version_ids`."""
    for module, version in (("default", "1"), ("default", "2"), ("back", "1")):
        logs.end(f"{module}-{version}", module=module, version=version)
    assert ids(version_ids=["1"]) == ["default-1"]
    assert ids(module_versions=[("back", "1"), ("default", "2")]) == ["back-1", "default-2"]


def test_requests_may_be_asked_for_by_their_ids(logs):
    """Source: `logservice.fetch`, `request_ids`."""
    for number in range(3):
        logs.end(f"r{number}")
    assert ids(request_ids=["r1", "r0", "unknown"]) == ["r1", "r0"]


WRONG = [
    {"start_time": "now"},
    {"end_time": "now"},
    {"offset": "nothing"},
    {"offset": 7},
    {"minimum_log_level": 5},
    {"minimum_log_level": -1},
    {"minimum_log_level": "error"},
    {"include_incomplete": 1},
    {"include_app_logs": "yes"},
    {"module_versions": "back"},
    {"module_versions": ["back"]},
    {"module_versions": [("-back", "1")]},
    {"module_versions": [("back", "")]},
    {"version_ids": [1]},
    {"version_ids": ["1"], "module_versions": [("default", "1")]},
    {"request_ids": []},
    {"request_ids": ["r1", "r1"]},
    {"request_ids": ["no spaces"]},
    {"request_ids": ["r1"], "start_time": 1},
    {"request_ids": ["r1"], "version_ids": ["1"]},
    {"batch_size": 0},
    {"batch_size": 1001},
    {"colour": "blue"},
]


@pytest.mark.parametrize("arguments", WRONG, ids=str)
def test_a_wrong_argument_is_refused(logs, arguments):
    """Source: `logservice.fetch`: InvalidArgumentError."""
    with pytest.raises(logservice.InvalidArgumentError):
        logservice.fetch(**arguments)


def test_a_batch_holds_a_thousand_at_the_most(logs):
    """Source: `logservice.MAX_ITEMS_PER_FETCH`."""
    logs.end("r1")
    assert ids(batch_size=1000) == ["r1"]


def test_lines_are_sent_when_there_are_fifty(logs):
    """Source: `logservice.AUTOFLUSH_EVERY_LINES`."""
    buffer = logs.open("r1")
    for _ in range(49):
        logservice.write("x")
    assert buffer.lines() == logservice.log_buffer_lines() == 49
    logservice.write("x")
    assert buffer.lines() == 0


def test_lines_are_sent_when_they_have_4096_bytes(logs):
    """Source: `logservice.AUTOFLUSH_EVERY_BYTES`."""
    logs.open("r1")
    logservice.write("x" * 4095)
    assert logservice.log_buffer_bytes() == 4095
    logservice.write("x")
    assert logservice.log_buffer_bytes() == 0


def test_lines_are_sent_after_a_minute(logs):
    """Source: `logservice.AUTOFLUSH_EVERY_SECONDS`."""
    now = [1000.0]
    buffer = buffering.LogsBuffer(now=lambda: now[0])
    buffer.write("x")
    now[0] += 59.9
    assert buffer.age() == pytest.approx(59.9) and buffer.flush_time() == 1000.0
    buffer.autoflush()
    assert buffer.lines() == 1
    now[0] += 0.1
    buffer.autoflush()
    assert buffer.lines() == 0


def test_an_error_is_sent_at_once(logs, logger):
    """Of our own: what ends the instance a moment later is known all the same."""
    buffer = logs.open("r1")
    logger.info("before")
    assert buffer.lines() == 1
    logger.error("now")
    assert buffer.lines() == 0


def test_the_buffer_can_be_looked_at_and_cleared(logs):
    """Source: `logservice.log_buffer_contents`, `clear`, `flush`."""
    buffer = logs.open("r1")
    logservice.write_record(2, 1.5, "one\n")
    assert logservice.log_buffer_contents() == "one\n"
    assert buffer.parse_logs() == [(1_500_000, 2, "one")]
    assert logservice.logs_buffer() is buffer
    logservice.clear()
    assert logservice.log_buffer_contents() == ""
    buffer.writelines(["a", "b"])
    logservice.autoflush()
    assert logservice.log_buffer_lines() == 2
    logservice.flush()
    assert logservice.log_buffer_lines() == 0 and logservice.log_buffer_age() >= 0
    assert logservice.flush_time() > 0
    buffer.close()


def test_a_line_is_cut_at_8192_characters(logs):
    """Source: App Engine, "Logs": a line of 8 KB."""
    buffer = logs.open("r1")
    for length in (MAX_LINE, MAX_LINE + 1):
        buffer.write("x" * length)
    buffer.flush()
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    assert [len(line.message) for line in request.app_logs] == [MAX_LINE, MAX_LINE]


def test_a_request_keeps_a_thousand_lines(logs):
    """Source: App Engine, "Logs": 1000 lines a request."""
    buffer = logs.open("r1")
    for number in range(MAX_LINES + 1):
        buffer.write(str(number))
    buffer.flush()
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    assert len(request.app_logs) == MAX_LINES
    assert request.app_logs[-1].message == str(MAX_LINES - 1)


def test_what_utf_8_cannot_carry_is_written_out(logs):
    """Source: `logservice.cleanup_message`."""
    assert logservice.cleanup_message("a\udce4\n") == "a\\udce4"


def test_an_application_reads_its_own_logs_alone(logs):
    logs.end("mine")
    logs.end("theirs", application="other")
    assert ids() == ["mine"]
    assert ids(request_ids=["theirs"]) == []
    logs.open("mine", application="other")
    assert ids() == ["theirs"]
    assert logservice.get_calls("mine") == ()


def test_outside_of_requests_a_line_goes_nowhere(logs, logger):
    buffering._buffer.set(None)
    logger.error("nobody reads this")
    logservice.write("nor this")
    logservice.flush()
    logs.end("r1")
    (request,) = logservice.fetch(include_app_logs=True)
    assert request.app_logs == []


def test_the_calls_of_a_request_are_its_applications_to_read(logs):
    """Of our own: what App Engine's appstats showed."""
    logs.end("r1", calls=[CALL], call_count=1)
    (call,) = logservice.get_calls("r1")
    assert (call.service, call.method, call.milliseconds) == ("datastore_v3", "get", 2.0)
    assert call.notes["rows_read"] == 3
    logs.open("r2", calls=[CALL])
    assert [each.method for each in logservice.get_calls()] == ["get"]
    assert logservice.get_calls("unknown") == ()


def test_logs_that_cannot_be_opened_cost_their_lines_alone(logs, tmp_path, caplog):
    logs.resources.kept.clear()
    (tmp_path / "logs.db").write_bytes(b"no database" * 100)
    logs.end("r1")
    assert "request logs are lost" in caplog.text
    buffer = logs.open("r1")
    buffer.write("nobody keeps this")
    buffer.flush()
    assert ids() == []
    (tmp_path / "logs.db").unlink()
    logs.end("r2")
    assert ids() == ["r2"]
