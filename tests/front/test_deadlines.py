"""Deadlines of requests.

Source: App Engine, "How Requests are Handled".
"""

import pytest

from appengine.front.deadlines import find_deadline, find_longest
from tests.front.routes import make_route

DAY = 86400


@pytest.mark.parametrize(
    ("long", "stated", "most", "expected"),
    [
        (False, None, None, 60),
        (False, 600.0, None, 600),
        (False, 30.0, None, 30),
        (True, None, None, DAY),
        (True, 600.0, None, 600),
        (False, None, 5.0, 5),
        (False, 600.0, 5.0, 5),
        (True, None, 5.0, 5),
        (False, None, 100.0, 60),
        (False, 600.0, 100.0, 100),
        (True, None, 100.0, 100),
    ],
)
def test_a_deadline_is_usual_or_stated_and_lowered_for_all(long, stated, most, expected):
    assert find_deadline(make_route(has_long_requests=long), stated, most) == expected


def test_the_longest_is_that_of_tasks_or_a_day():
    assert find_longest(make_route(), None) == 600
    assert find_longest(make_route(has_long_requests=True), None) == DAY
    assert find_longest(make_route(), 5.0) == 5
