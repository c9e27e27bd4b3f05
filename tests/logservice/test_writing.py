"""The file of logs: bounded, and never in the way."""

import pytest

from appengine.logservice.server import LogWriter, Search, find_requests
from appengine.logservice.service import Line, ReadRequest
from appengine.rpc.server import Caller
from tests.logservice.conftest import make_trace


@pytest.fixture
def make(tmp_path):
    opened = []

    def open_one(**options):
        opened.append(LogWriter(tmp_path / "logs.db", **options))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


def find(log, application="trial", text="", status=0, **wanted):
    log.write()
    request = ReadRequest(count=1000, with_incomplete=True, **wanted)
    search = Search(request=request, text=text, status=status)
    return [each.request_id for each in find_requests(log.storage, application, search).requests]


def add_lines(log, request_id, *texts, application="trial"):
    caller = Caller(application=application, request_id=request_id)
    return log.add_lines(caller, tuple(Line(0, 1, text) for text in texts))


def test_the_oldest_requests_go_when_there_are_too_many(make):
    log = make(max_requests=20)
    for number in range(50):
        log.add_requests([make_trace(f"r{number}")])
        add_lines(log, f"r{number}", "line")
        log.write()
    found = find(log)
    assert len(found) <= 20 and "r49" in found and "r0" not in found
    with log.storage.read() as connection:
        count = connection.driver.execute("SELECT count(*) FROM logservice_lines").fetchone()[0]
    assert count <= 20


def test_the_oldest_go_when_they_take_too_much_room(make):
    log = make(max_bytes=100_000)
    for number in range(60):
        add_lines(log, f"r{number}", "x" * 5000)
        log.add_requests([make_trace(f"r{number}")])
        log.write()
    found = find(log)
    assert 5 < len(found) < 20 and found[0] == "r59"


def test_one_application_does_not_push_out_anothers(make):
    log = make(max_requests=20)
    log.add_requests([make_trace("other", application="other")])
    log.add_requests([make_trace(f"r{number}") for number in range(100)])
    assert find(log, "other") == ["other"]
    assert len(find(log)) == 20


def test_an_instance_that_floods_the_log_is_cut_off(make):
    """A hostile one sends as many lines as it likes: a request keeps 1000."""
    log = make()
    for _ in range(30):
        add_lines(log, "r1", *["x"] * 100)
    log.write()
    with log.storage.read() as connection:
        count = connection.driver.execute("SELECT count(*) FROM logservice_lines").fetchone()[0]
    assert count == 1000


def test_what_waits_to_be_written_is_bounded(make, monkeypatch):
    log = make()
    monkeypatch.setattr(log, "_wake", lambda: None)
    taken = [add_lines(log, "r1", *["x" * 8192] * 1000) for _ in range(6)]
    assert taken[0] == 1000 and taken[-1] == 0


def test_a_search_looks_at_requests_and_their_lines(make):
    log = make()
    add_lines(log, "r1", "The Cat", "sat 100%")
    log.add_requests(
        [make_trace("r1", path="/one"), make_trace("r2", path="/two", status=404, user="ann@x.y")]
    )
    assert find(log, text="cat") == ["r1"]
    assert find(log, text="/two") == ["r2"]
    assert find(log, text="ANN@") == ["r2"]
    assert find(log, text="100%") == ["r1"]
    assert find(log, text="%") == ["r1"]
    assert find(log, text="a_") == []
    assert find(log, status=4) == ["r2"]


def test_logs_survive_a_restart(make):
    log = make()
    log.add_requests([make_trace("r1")])
    log.close()
    assert find(make()) == ["r1"]


def test_a_file_that_cannot_be_written_costs_the_lines_alone(make, caplog):
    log = make()
    log.add_requests([make_trace("r1")])
    log.write()
    with log.storage.transaction() as connection:
        connection.driver.execute("DROP TABLE logservice_requests")
    log.add_requests([make_trace("r2")])
    log.write()
    assert "log records are lost" in caplog.text
