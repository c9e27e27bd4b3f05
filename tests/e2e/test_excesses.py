"""What an application does that no request pays for: it is found, ended and told."""

import os

from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application

AFTERWARDS = """
import threading

def spin():
    while True:
        pass

def app(environ, start_response):
    if environ["PATH_INFO"] == "/start":
        threading.Thread(target=spin, daemon=True).start()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""
STRAY = """
import os, time

if os.fork() == 0:
    while True:
        time.sleep(1)

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""
BUSY_ZYGOTE = """
import signal

def work(number, frame):
    for _ in range(300_000):
        pass

signal.signal(signal.SIGALRM, work)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""


def test_code_that_runs_on_after_the_response_costs_the_instance_its_life(tmp_path):
    with DevServer([wsgi_application(tmp_path / "app", AFTERWARDS)]) as server:
        assert server.get("/start").text == "fine"
        wait_until(lambda: "while no request was open" in server.log, 30)
        assert server.get("/").text == "fine"
        assert server.log.count("while no request was open") == 1


def test_a_process_that_loading_leaves_behind_ends_the_version(tmp_path):
    start = (str(CHECKOUT / "tests/e2e/without_layers.py"), "python", "--")
    environ = {"PYTHONPATH": str(CHECKOUT)}
    app = wsgi_application(tmp_path / "app", STRAY)
    with DevServer([app], start=start, environ=environ) as server:
        wait_until(lambda: ", which is no instance" in server.log, 20)
        stray = int(server.log.partition("has started process ")[2].split(",")[0])
        wait_until(lambda: not os.path.exists(f"/proc/{stray}"), 10)
        wait_until(lambda: server.get("/").text == "fine", 20)


def test_a_first_process_that_works_on_by_itself_is_ended(tmp_path):
    with DevServer([wsgi_application(tmp_path / "app", BUSY_ZYGOTE)]) as server:
        wait_until(lambda: "its first process: it used a processor" in server.log, 30)
