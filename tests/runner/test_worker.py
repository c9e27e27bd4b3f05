"""Loops of rooms: each goes on whatever it raises, and whatever the others do."""

import logging
import threading

from appengine.config.settings import Settings
from appengine.rpc.worker import Loop
from appengine.runner.worker import LONGEST_WAIT_SECONDS, find_loops, keep_running, start_loops

SECONDS = 30


def nothing():
    """Stands for the applications' data."""


def test_a_loop_that_fails_starts_again_after_waits_that_grow(caplog):
    """The log says what went wrong, each time."""
    waits, runs = [], []
    stop = threading.Event()

    def run(_resources, _stop):
        runs.append(1)
        if len(runs) < 9:
            raise ValueError(f"number {len(runs)}")

    def wait(_event, seconds):
        waits.append(seconds)
        return False

    with caplog.at_level(logging.ERROR):
        keep_running(Loop(name="trial", run=run), nothing, stop, wait)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60] and LONGEST_WAIT_SECONDS == 60
    assert "trial failed and starts again in 1 s: number 1" in caplog.text
    assert "Traceback" in caplog.text


def test_a_loop_that_returns_is_not_run_again():
    runs = []
    keep_running(Loop(name="trial", run=lambda *each: runs.append(1)), nothing, threading.Event())
    assert runs == [1]


def test_no_loop_waits_for_another_and_all_of_them_stop():
    ended = [threading.Event() for _ in range(3)]
    began = threading.Barrier(4)
    stop = threading.Event()

    def wait_for_stop(number):
        def run(_resources, event):
            began.wait(SECONDS)
            event.wait(SECONDS)
            ended[number].set()

        return run

    def fail(_resources, _event):
        raise OSError("broken")

    loops = [Loop(name=f"loop {number}", run=wait_for_stop(number)) for number in range(3)]
    start_loops([Loop(name="broken", run=fail), *loops], nothing, stop)
    began.wait(SECONDS)
    stop.set()
    assert all(event.wait(SECONDS) for event in ended)


def test_the_loops_of_rooms_are_found_by_their_files():
    names = [loop.name for loop in find_loops()]
    assert len(set(names)) == len(names)
    assert {"delivery of mail", "SMTP for incoming mail"} <= set(names)


def test_a_loop_that_the_operator_does_not_ask_for_is_not_needed():
    needed = [loop.name for loop in find_loops() if loop.is_needed(Settings())]
    assert "delivery of mail" not in needed
    settings = Settings(smtp_host="localhost", smtp_listen="localhost:25")
    needed = [loop.name for loop in find_loops() if loop.is_needed(settings)]
    assert {"delivery of mail", "SMTP for incoming mail"} <= set(needed)
