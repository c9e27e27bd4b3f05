"""The pace of replacements."""

from hypothesis import given
from hypothesis import strategies as st

from appengine.supervisor.replacements import BURST, INTERVAL_SECONDS, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_deaths_now_and_then_are_made_good_at_once():
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(1000):
        clock.now += INTERVAL_SECONDS
        assert pace.take() == 0


def test_a_loop_is_slowed_to_one_start_in_each_interval():
    pace = Pace(clock=Clock())
    waits = [pace.take() for _ in range(BURST + 3)]
    assert waits[:BURST] == [0] * BURST
    assert waits[BURST:] == [INTERVAL_SECONDS * number for number in (1, 2, 3)]


def test_a_quiet_time_gives_back_a_burst_and_no_more():
    clock = Clock()
    pace = Pace(clock=clock)
    clock.now += 3600
    assert [pace.take() for _ in range(BURST)] == [0] * BURST
    assert pace.take() == INTERVAL_SECONDS


@given(st.lists(st.floats(0, 10, allow_nan=False), max_size=200))
def test_whatever_dies_when_no_window_has_more_starts_than_a_burst_and_the_pace(gaps):
    clock = Clock()
    pace = Pace(clock=clock)
    starts = []
    for gap in gaps:
        clock.now += gap
        starts.append(clock.now + pace.take())
    for first, start in enumerate(starts):
        for last in range(first, len(starts)):
            allowed = BURST + (starts[last] - start) / INTERVAL_SECONDS + 1
            assert last - first <= allowed + 1e-6
