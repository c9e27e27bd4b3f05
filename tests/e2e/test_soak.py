"""A short soak; `APPENGINE_TEST_SOAK_SECONDS` says how long: 5 unless it is set."""

import os

from benchmarks.soak import report, soak

SECONDS = float(os.environ.get("APPENGINE_TEST_SOAK_SECONDS", "5"))


def test_while_instances_die_every_request_is_answered_and_nothing_leaks():
    result = soak(SECONDS, seed=20080407)
    print("\n".join(report(result)))
    assert result.problems == []
    assert result.kills > 0
    assert {answer.status for answer in result.answers} <= {200, 500, 503}
    assert sum(answer.status == 200 for answer in result.answers) > 20 * SECONDS
