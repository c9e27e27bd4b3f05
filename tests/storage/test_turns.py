"""Processes take turns in the order in which they asked, whatever becomes of one of them."""

import os
import signal
import subprocess
import sys

from appengine.storage.turns import ProcessTurns

WAITER = """
import sys
from pathlib import Path
from appengine.storage.turns import ProcessTurns
turns = ProcessTurns(Path(sys.argv[1]))
for _time in range(int(sys.argv[3])):
    turns.take(60)
    with open(sys.argv[1], "a") as order:
        order.write(sys.argv[2])
    turns.end()
"""


def start(path, name, times=1):
    command = [sys.executable, "-c", WAITER, str(path), name, str(times)]
    return subprocess.Popen(command)


def tickets(path):
    """Returns how many tickets have been taken."""
    queue = path.with_name(path.name + "-queue")
    return int.from_bytes(queue.read_bytes()[:8], "little") if queue.exists() else 0


def wait_for_tickets(path, count):
    while tickets(path) < count:
        os.sched_yield()


def test_who_has_asked_first_comes_first(tmp_path):
    path = tmp_path / "order"
    turns = ProcessTurns(path)
    turns.take(60)
    waiting = []
    for number, name in enumerate("abcd", start=2):
        waiting.append(start(path, name))
        wait_for_tickets(path, number)
    assert not path.exists()
    turns.end()
    assert [process.wait(timeout=60) for process in waiting] == [0] * 4
    assert path.read_text() == "abcd"
    turns.close()


def test_who_comes_back_at_once_comes_behind_those_that_wait(tmp_path):
    path = tmp_path / "order"
    turns = ProcessTurns(path)
    turns.take(60)
    other = start(path, "b")
    wait_for_tickets(path, 2)
    turns.end()
    turns.take(60)
    assert path.read_text() == "b"
    turns.end()
    assert other.wait(timeout=60) == 0
    turns.close()


def test_the_turn_of_a_process_that_is_killed_ends(tmp_path):
    path = tmp_path / "order"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{WAITER.replace('turns.end()', 'sys.stdin.read()')}",
         str(path), "x", "1"], stdin=subprocess.PIPE,
    )  # fmt: skip
    wait_for_tickets(path, 1)
    other = start(path, "b")
    wait_for_tickets(path, 2)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    assert other.wait(timeout=60) == 0
    assert path.read_text().endswith("b")


def test_all_turns_are_taken_by_many_at_once(tmp_path):
    path = tmp_path / "order"
    processes = [start(path, name, times=50) for name in "abcd"]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert sorted(path.read_text()) == sorted("abcd" * 50)


def test_a_turn_that_does_not_come_in_time_is_given_up_and_hinders_nobody(tmp_path):
    """Nor does what waits for it: the process that holds the turn may be stopped for long."""
    path = tmp_path / "order"
    holder, hasty, patient = (ProcessTurns(path) for _ in range(3))
    assert holder.take(60)
    assert not hasty.take(0.01)
    assert not hasty.take(0.01)
    assert not patient.take(0.01)
    holder.end()
    assert patient.take(60)
    assert not hasty.take(0.01)
    patient.end()
    assert hasty.take(60)
    hasty.end()
    for turns in (holder, hasty, patient):
        turns.close()
