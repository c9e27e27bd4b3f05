"""Instances come with the requests and go when they have nothing to do."""

import re
import threading

import pytest

from benchmarks.soak import find_roles
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

APP = """
import time

def app(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""


def serve(tmp_path, scaling, *flags):
    app = wsgi_application(tmp_path / "app", APP, threadsafe=False)
    write_files(app, {"app.yaml": (app / "app.yaml").read_text() + scaling})
    return DevServer([app], *flags)


def ended(server):
    return server.log.count("ended: stopped while idle")


def test_a_request_that_waits_starts_an_instance_up_to_the_most(tmp_path):
    with serve(tmp_path, "automatic_scaling:\n  max_instances: 3\n") as server:
        threads = [threading.Thread(target=server.get, args=("/?3",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: server.get("/_ah/health").status == 200, 5)
        for thread in threads:
            thread.join(20)
        used = {
            line.partition("instance=")[2].split()[0]
            for line in server.log.splitlines()
            if "/?3" in line
        }
        assert len(used) == 3


def test_basic_scaling_stops_what_is_idle_and_starts_it_again(tmp_path):
    scaling = "basic_scaling:\n  max_instances: 2\n  idle_timeout: 1s\n"
    with serve(tmp_path, scaling) as server:
        assert server.get("/").text == "fine"
        wait_until(lambda: ended(server) >= 1, 20)
        assert server.get("/").text == "fine"
        assert server.get("/").status == 200


@pytest.mark.parametrize("number", [1, 3])
def test_manual_scaling_keeps_its_number(tmp_path, number):
    with serve(tmp_path, f"manual_scaling:\n  instances: {number}\n") as server:
        seen = set()

        def ask():
            server.get("/?0.5")

        for _ in range(3):
            threads = [threading.Thread(target=ask) for _ in range(number)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
        for line in server.log.splitlines():
            if "/?0.5" in line:
                seen.add(line.partition("instance=")[2].split()[0])
        assert len(seen) == number


WARM_UP = """
import time

def app(environ, start_response):
    if environ["PATH_INFO"] == "/_ah/warmup":
        print("warmed up from", time.monotonic(), flush=True)
        time.sleep(2)
    time.sleep(float(environ["QUERY_STRING"] or 0))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""


@pytest.mark.parametrize(("longest", "together"), [("200ms", True), ("automatic", False)])
def test_a_request_that_may_wait_no_longer_starts_an_instance_beside_one_that_starts(
    tmp_path, longest, together
):
    """While one is warmed up nobody else is, but for who has waited `max_pending_latency`."""
    app = wsgi_application(tmp_path / "app", WARM_UP, threadsafe=False)
    scaling = "automatic_scaling: {max_instances: 4, min_pending_latency: 50ms, "
    config = f"inbound_services: [warmup]\n{scaling}max_pending_latency: {longest}}}\n"
    write_files(app, {"app.yaml": (app / "app.yaml").read_text() + config})
    with DevServer([app]) as server:
        wait_until(lambda: server.log.count("GET /_ah/warmup 200") == 2)
        threads = [threading.Thread(target=server.get, args=("/?6",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: server.log.count("warmed up") == 4)
        for thread in threads:
            thread.join(60)
        third, fourth = sorted(float(word) for word in re.findall(r"from (\S+)", server.log))[2:4]
        assert (fourth - third < 2) == together


def test_idle_instances_are_kept_beside_those_that_serve_and_no_more_of_them(tmp_path):
    """Source: App Engine, "app.yaml", `min_idle_instances`, `max_idle_instances`."""
    numbers = "max_instances: 6, min_idle_instances: 2, max_idle_instances: 2"
    with serve(tmp_path, f"automatic_scaling: {{{numbers}}}\n") as server:

        def instances():
            return len(find_roles(server.pid)["instance"])

        wait_until(lambda: instances() == 2, 20)
        threads = [threading.Thread(target=server.get, args=("/?8",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: instances() == 5, 20)
        for thread in threads:
            thread.join(30)
        wait_until(lambda: instances() == 2, 40)
        assert server.get("/").text == "fine"
        assert instances() == 2


COUNTING = """
import threading, time

lock, now, peak = threading.Lock(), 0, 0

def app(environ, start_response):
    global now, peak
    if environ["PATH_INFO"] == "/hold":
        with lock:
            now += 1
            peak = max(peak, now)
        time.sleep(1)
        with lock:
            now -= 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % peak]
"""


@pytest.mark.parametrize("most", [1, 3])
def test_an_instance_serves_as_many_requests_at_a_time_as_it_says(tmp_path, most):
    """Source: App Engine, "app.yaml", `max_concurrent_requests`."""
    app = wsgi_application(tmp_path / "app", COUNTING)
    scaling = f"automatic_scaling: {{max_instances: 1, max_concurrent_requests: {most}}}\n"
    write_files(app, {"app.yaml": (app / "app.yaml").read_text() + scaling})
    with DevServer([app]) as server:
        threads = [threading.Thread(target=server.get, args=("/hold",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert server.get("/").text == str(most)
