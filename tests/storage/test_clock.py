"""The platform clock: one time for all processes."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.storage.clock import Clock


def test_it_runs_with_the_machine_until_somebody_changes_it():
    clock = Clock()
    before = time.time_ns() // 1000
    assert before <= clock.now_microseconds() <= time.time_ns() // 1000
    assert not clock.is_frozen


def test_a_frozen_clock_stands_still_until_it_is_resumed():
    clock = Clock()
    clock.freeze(1_000_000.25)
    assert clock.now() == 1_000_000.25
    assert clock.now_microseconds() == 1_000_000_250_000
    clock.advance(60)
    assert (clock.now(), clock.is_frozen) == (1_000_060.25, True)
    clock.resume()
    assert 1_000_060.25 <= clock.now() < 1_000_120
    assert not clock.is_frozen


@given(st.floats(-1e9, 1e10), st.floats(-1e6, 1e6))
def test_setting_and_advancing_add_up(start, step):
    clock = Clock()
    clock.freeze(0)
    clock.set(start)
    clock.advance(step)
    assert clock.now() == pytest.approx(start + step, abs=2e-6)


def test_a_running_clock_that_is_set_runs_on():
    clock = Clock()
    clock.set(1000)
    assert 1000 <= clock.now() < 1060
    clock.reset()
    assert clock.now() == pytest.approx(time.time(), abs=60)


def test_clocks_on_one_file_show_the_same_time(tmp_path):
    one, other = Clock(tmp_path / "clock"), Clock(tmp_path / "clock")
    one.freeze(5)
    assert other.now() == 5
    other.advance(1)
    assert one.now() == 6


def test_a_forked_process_shares_a_clock_without_a_file():
    clock = Clock()
    clock.freeze(5)
    child = os.fork()
    if child == 0:
        clock.advance(1)
        os._exit(0)
    os.waitpid(child, 0)
    assert clock.now() == 6
