"""Warm-up, start and stop requests: to the instance itself, before and after all others.

Source: App Engine, "Configuring Warmup Requests", "How Instances are Managed".
"""

import json
import os
import signal

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

APP = """
import json, os
from google.appengine.ext import db

class Event(db.Model):
    what = db.StringProperty()
    instance = db.StringProperty()
    address = db.StringProperty()

seen = []
STATUS = "%s"

def app(environ, start_response):
    path = environ["PATH_INFO"]
    seen.append(path)
    status, text = "200 OK", "fine"
    if path.startswith("/_ah/"):
        if path.endswith("start") and STATUS:
            status = STATUS
        address = environ["REMOTE_ADDR"]
        Event(what=path, instance=os.environ["INSTANCE_ID"], address=address).put()
    elif path == "/events":
        text = json.dumps([[e.what, e.instance, e.address] for e in Event.all()])
    else:
        text = json.dumps([os.environ["INSTANCE_ID"], seen])
    start_response(status, [("Content-Type", "application/json")])
    return [text.encode()]
"""


def serve(folder, scaling, status=""):
    app = wsgi_application(folder / "app", APP % status)
    write_files(app, {"app.yaml": (app / "app.yaml").read_text() + scaling})
    return DevServer([app])


def events(server):
    return json.loads(server.get("/events").text)


def test_an_instance_is_warmed_up_before_it_takes_requests(tmp_path):
    scaling = "inbound_services: [warmup]\nautomatic_scaling:\n  min_instances: 3\n"
    with serve(tmp_path, scaling) as server:
        wait_until(lambda: len(events(server)) == 3, 20)
        told = events(server)
        assert {(what, address) for what, _, address in told} == {("/_ah/warmup", "0.1.0.3")}
        assert len({instance for _, instance, _ in told}) == 3
        for _ in range(10):
            _, seen = json.loads(server.get("/").text)
            assert seen[0] == "/_ah/warmup"
            assert seen.count("/_ah/warmup") == 1


def test_nobody_is_warmed_up_who_has_not_asked_for_it(tmp_path):
    with serve(tmp_path, "") as server:
        assert json.loads(server.get("/").text)[1] == ["/"]
        assert events(server) == []


@pytest.mark.parametrize("isolation", ["instance", "request"])
def test_manual_scaling_starts_each_and_stops_each(tmp_path, isolation):
    scaling = f"manual_scaling:\n  instances: 2\nplatform:\n  isolation: {isolation}\n"
    with serve(tmp_path, scaling) as server:
        wait_until(lambda: len(events(server)) == 2, 20)
        told = events(server)
        assert {what for what, *_ in told} == {"/_ah/start"}
        if isolation == "instance":
            assert len({instance for _, instance, _ in told}) == 2
            assert json.loads(server.get("/").text)[1][0] == "/_ah/start"
        main = server.application / "main.py"
        main.write_text(main.read_text() + "# edited\n")
        wait_until(lambda: len(events(server)) == 6, 30)
        if isolation == "instance":
            stopped = {instance for what, instance, _ in events(server) if what == "/_ah/stop"}
            assert stopped == {instance for _, instance, _ in told}


def test_instances_are_asked_to_stop_when_the_server_stops(tmp_path):
    with serve(tmp_path, "manual_scaling:\n  instances: 1\n") as server:
        assert server.get("/").status == 200
        assert server.stop() < 5
        assert "GET /_ah/stop 200" in server.log


def test_basic_scaling_starts_with_a_request_and_stops_when_idle(tmp_path):
    scaling = "basic_scaling:\n  max_instances: 2\n  idle_timeout: 2s\n"
    with serve(tmp_path, scaling) as server:
        instance, seen = json.loads(server.get("/").text)
        assert seen == ["/_ah/start", "/"]
        wait_until(lambda: "ended: stopped while idle" in server.log, 20)
        assert ["/_ah/stop", instance, "0.1.0.3"] in events(server)


def test_a_start_that_fails_is_told_and_tried_again_with_other_files(tmp_path):
    with serve(tmp_path, "manual_scaling:\n  instances: 1\n", "500 No") as server:
        assert server.get("/").status == 500
        assert "its start request was answered with status 500" in server.log
        (server.application / "main.py").write_text(APP % "")
        wait_until(lambda: server.get("/").status == 200, 20)


def test_a_start_that_is_not_found_is_a_start(tmp_path):
    with serve(tmp_path, "manual_scaling:\n  instances: 1\n", "404 Not Found") as server:
        assert server.get("/").status == 200


def test_one_that_dies_is_replaced_and_started_anew_and_the_urls_stay_closed(tmp_path):
    with serve(tmp_path, "manual_scaling:\n  instances: 1\n") as server:
        for name in ("start", "stop", "warmup"):
            assert server.get(f"/_ah/{name}").status == 403
        first, _ = json.loads(server.get("/").text)
        os.kill(last_instance(server), signal.SIGKILL)
        wait_until(lambda: server.get("/").status == 200, 20)
        second, seen = json.loads(server.get("/").text)
        assert second != first
        assert seen[0] == "/_ah/start"


def last_instance(server):
    """Returns the process number of the instance that has answered last."""
    line = [each for each in server.log.splitlines() if " instance=" in each][-1]
    return int(line.partition(" instance=")[2].split()[0])
