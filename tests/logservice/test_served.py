"""Logs and traces of an application in its cage."""

import json

import pytest

from tests.e2e.serving import DevServer, fetch, wait_until, wsgi_application

SOURCE = """
import json, logging, os, threading
from google.appengine.api import logservice, memcache, users
from google.appengine.ext import db


class Pet(db.Model):
    name = db.StringProperty()


def work(path):
    if path == "/lines":
        logging.info("hello %s", "there")
        thread = threading.Thread(target=logging.warning, args=("from a thread",))
        thread.start()
        thread.join()
        return os.environ["REQUEST_LOG_ID"]
    if path == "/fail":
        raise KeyError("pet")
    if path == "/calls":
        Pet(key_name="tom", name="Tom").put()
        Pet.all().filter("name =", "Tom").fetch(5)
        memcache.get("nothing")
        return [[call.service, call.method, call.notes] for call in logservice.get_calls()]
    if path == "/fetch":
        return [
            [log.resource, log.status, [line.message for line in log.app_logs]]
            for log in logservice.fetch(include_app_logs=True)
        ]
    os._exit(3)


def app(environ, start_response):
    answer = json.dumps(work(environ["PATH_INFO"])).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [answer]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), SOURCE)
    folder.parent.chmod(0o755)
    with DevServer([folder]) as running:
        yield running


def logs(server):
    return json.loads(server.get("/fetch").body)


def find(server, resource):
    return next((log for log in logs(server) if log[0] == resource), None)


def test_lines_of_logging_are_those_of_their_request(server):
    assert server.get("/lines").status == 200
    wait_until(lambda: find(server, "/lines"))
    assert find(server, "/lines") == ["/lines", 200, ["hello there", "from a thread"]]


def test_a_failure_is_a_line_of_its_request(server):
    assert server.get("/fail").status == 500
    wait_until(lambda: find(server, "/fail"))
    _, status, lines = find(server, "/fail")
    assert status == 500 and "KeyError: 'pet'" in lines[-1]


def test_a_static_file_is_a_request_as_well(server):
    assert server.get("/static/small.txt").status == 200
    wait_until(lambda: find(server, "/static/small.txt"))


def test_an_application_sees_what_its_calls_have_cost(server):
    calls = json.loads(server.get("/calls").body)
    names = [(service, method) for service, method, _ in calls]
    assert ("datastore", "put") in names or ("datastore_v3", "put") in names
    assert names[-1] == ("memcache", "get")
    run = next(notes for _, method, notes in calls if method == "run")
    assert run["query"] == "Pet; name = ?" and run["rows_returned"] == 1
    put = next(notes for _, method, notes in calls if method in {"put", "commit"})
    assert put["key"] == "Pet/tom"


def test_who_asks_for_a_trace_on_this_machine_gets_it_in_the_response(server):
    reply = server.request("GET", "/calls", headers={"X-AppEngine-Trace": "1"})
    trace = reply.headers["X-AppEngine-Trace"]
    assert "calls=" in trace and "memcache.get" in trace and "ms=" in trace
    assert "X-AppEngine-Trace" not in server.get("/calls").headers
    stranger = {"X-AppEngine-Trace": "1", "Host": "example.com"}
    assert "X-AppEngine-Trace" not in server.request("GET", "/calls", headers=stranger).headers


def test_the_console_shows_the_request_and_each_of_its_calls(server):
    reply = server.request("GET", "/calls", headers={"X-AppEngine-Trace": "1"})
    request_id = reply.headers["X-AppEngine-Trace"].partition(";")[0]
    url = f"{server.admin}/logs/{request_id}"
    wait_until(lambda: "No such request" not in fetch(url).text)
    page = fetch(url).text
    assert "memcache.get" in page and "Pet; name = ?" in page and "memcache_calls" in page
    assert "/calls" in fetch(f"{server.admin}/logs?text=calls").text
    assert f"/logs/{request_id}" in fetch(f"{server.admin}/requests").text


def test_a_request_whose_instance_dies_is_kept_with_the_cause(server):
    assert server.get("/die").status == 500
    wait_until(lambda: find(server, "/die"))
    assert "its instance ended" in fetch(f"{server.admin}/logs?text=die").text
