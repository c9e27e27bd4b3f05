"""The deadlines that hold unless a flag lowers them: a minute, and ten for tasks and cron jobs.

What an instance is told is tried always. Whether that time really passes, and what ends it, takes
ten minutes: `APPENGINE_TEST_LONG_DEADLINES=1`.

Source: App Engine, "How Requests are Handled", request timer.
"""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appengine.front.deadlines import TASK_SECONDS
from appengine.rpc.internal import InternalRequest, InternalResponse
from appengine.supervisor.door import ask
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

APP = """
import gc, time
from appengine.sandbox.deadlines import SoftDeadlines
from google.appengine.runtime import DeadlineExceededError

def app(environ, start_response):
    began, path, status = time.monotonic(), environ["PATH_INFO"], "200 OK"
    if path in ("/told", "/_ah/start"):
        [watch] = [each for each in gc.get_objects() if isinstance(each, SoftDeadlines)]
        text = str(max(watch._open.values()) - began)
        print("told", path, text, flush=True)
    while path in ("/wait", "/stubborn"):
        try:
            time.sleep(0.05)  # no exception comes into a longer one
        except DeadlineExceededError:
            text = str(time.monotonic() - began)
            print("waited", text, flush=True)
            if path == "/wait":
                break
    start_response(status, [("Content-Type", "text/plain")])
    return [text.encode()]
"""
MARGIN = 0.5
"""Before its end a request is told."""

SLOW = 10.0
"""Seconds by which a busy machine may be late."""

REQUEST = 60
TASK = 600
DAY = 86400


def ask_as_task(server: DevServer, path: str) -> InternalResponse:
    """Asks as the platform itself does for a task or a cron job."""
    links = [Path(entry.path) for entry in os.scandir(f"/proc/{server.pid}/fd")]
    run = next(link.readlink().parent for link in links if link.readlink().name == "lock")
    request = InternalRequest(
        application="trial", target=path, is_platform=True, deadline_seconds=TASK_SECONDS
    )
    return asyncio.run(ask(run / "door", request))


def is_told(text: str, deadline: float) -> bool:
    return 0 <= deadline - MARGIN - float(text) < SLOW


@pytest.mark.parametrize(
    ("scaling", "flags", "request_seconds", "task_seconds"),
    [
        ("automatic_scaling: {max_instances: 2}", [], REQUEST, TASK),
        ("basic_scaling: {max_instances: 2}", [], DAY, TASK),
        ("automatic_scaling: {max_instances: 2}", ["--request_deadline=120"], REQUEST, 120),
        ("basic_scaling: {max_instances: 2}", ["--request_deadline=20"], 20, 20),
    ],
)
def test_a_request_has_a_minute_and_a_task_ten_unless_the_flag_lowers_them(
    tmp_path, scaling, flags, request_seconds, task_seconds
):
    app = wsgi_application(tmp_path / "app", APP)
    write_files(app, {"app.yaml": f"{(app / 'app.yaml').read_text()}{scaling}\n"})
    with DevServer([app], *flags) as server:
        assert is_told(server.get("/told").text, request_seconds)
        assert is_told(ask_as_task(server, "/told").body.decode(), task_seconds)
        if scaling.startswith("basic"):
            start = server.log.partition("told /_ah/start ")[2].split()[0]
            assert is_told(start, task_seconds), "a start request has as long as a task"


@pytest.mark.skipif(
    "APPENGINE_TEST_LONG_DEADLINES" not in os.environ,
    reason="takes ten minutes: set APPENGINE_TEST_LONG_DEADLINES",
)
def test_a_minute_and_ten_pass_before_they_are_told_and_ended(tmp_path):
    app = wsgi_application(tmp_path / "app", APP)
    with DevServer([app]) as server, ThreadPoolExecutor(4) as pool:
        began = time.monotonic()

        def seconds_of(call, *arguments, **options):
            reply = call(*arguments, **options)
            return reply, time.monotonic() - began

        requests = [
            pool.submit(seconds_of, server.get, path, timeout=2 * REQUEST)
            for path in ("/wait", "/stubborn")
        ]
        (waited, _), (ended, took) = (each.result() for each in requests)
        assert waited.status == 200
        assert REQUEST - MARGIN <= float(waited.text) < REQUEST + SLOW
        assert (ended.status, "longer than 60 s" in ended.text) == (500, True)
        assert REQUEST <= took < REQUEST + SLOW
        assert server.get("/told").status == 200

        began = time.monotonic()
        tasks = [
            pool.submit(seconds_of, ask_as_task, server, path) for path in ("/wait", "/stubborn")
        ]
        (waited, _), (ended, took) = (each.result() for each in tasks)
        assert waited.status == 200
        assert TASK - MARGIN <= float(waited.body) < TASK + SLOW
        assert (ended.status, b"longer than 600 s" in ended.body) == (500, True)
        assert TASK <= took < TASK + SLOW
        wait_until(lambda: server.log.count("deadline of 600 s exceeded") >= 1, 5)
        assert server.get("/told").status == 200
