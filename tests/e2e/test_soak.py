"""A short soak; `APPENGINE_TEST_SOAK_SECONDS` says how long: 5 unless it is set.

Where each request has a process of its own, a quarter of that, but no less than 5.
"""

import os

import pytest

from benchmarks.soak import report, soak

SECONDS = float(os.environ.get("APPENGINE_TEST_SOAK_SECONDS", "5"))


@pytest.mark.parametrize(
    ("isolation", "seconds", "least"),
    [("instance", SECONDS, 20), ("request", max(5.0, SECONDS / 4), 5)],
)
def test_while_instances_die_every_request_is_answered_and_nothing_leaks(isolation, seconds, least):
    """`least`: requests a second that are answered with 200, on the slowest machine."""
    result = soak(seconds, seed=20080407, isolation=isolation)
    print("\n".join(report(result)))
    assert result.problems == []
    assert result.kills > 0
    assert {answer.status for answer in result.answers} <= {200, 500, 503}
    assert sum(answer.status == 200 for answer in result.answers) > least * seconds
