"""Each wall by itself: what it stops alone, and what gets out when it alone is down.

So that no row of the table promises more than its wall holds, and no wall is there for nothing.
"""

import pytest

from tests.sandbox.attempts import ATTEMPTS, Attempt
from tests.sandbox.runs import STOPPED_BY_TWO, TITLES, WALLS, find_escapes

every_wall = pytest.mark.parametrize("wall", WALLS)
MISTAKES_ONLY = 90


def named_walls(attempt: Attempt) -> set[str]:
    """Returns the layers that a row names, without what it says about them."""
    return {piece.split()[0].lower() for piece in attempt.stopped_by.split(", ")} & set(WALLS)


@every_wall
def test_a_wall_alone_stops_what_the_rows_that_name_it_say(wall):
    stopped = {attempt.name for attempt in ATTEMPTS if wall in named_walls(attempt)}
    assert stopped
    assert stopped & find_escapes(f"only {TITLES[wall]}") == set()


@every_wall
def test_with_a_wall_down_just_that_gets_out_which_no_other_stops_alone(wall):
    others = [find_escapes(f"only {TITLES[other]}") for other in WALLS if other != wall]
    unstopped = set.intersection(*others)
    escaped = find_escapes(f"no {TITLES[wall]}")
    assert escaped <= unstopped
    assert unstopped - escaped <= STOPPED_BY_TWO


@every_wall
def test_a_wall_stops_something_that_no_other_does(wall):
    alone = {attempt.name for attempt in ATTEMPTS if named_walls(attempt) == {wall}}
    assert alone & find_escapes(f"no {TITLES[wall]}")


def test_the_python_wall_alone_stops_nobody_who_means_it():
    assert len(find_escapes("only the Python wall")) > MISTAKES_ONLY


def test_without_a_cage_nearly_everything_gets_out():
    assert len(find_escapes("no cage")) >= sum(attempt.control for attempt in ATTEMPTS)
