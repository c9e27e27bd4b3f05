"""The pages of the documentation say what the suite really counts."""

import re

import pytest

from tests.house.sources import ROOT
from tests.sandbox import counts
from tests.sandbox.attempts import ATTEMPTS
from tests.sandbox.runs import EXPECTED, RUNS, find_escapes

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([\w, ]+?) \| (\d+) \|$", re.MULTILINE)
QUOTED = {name: int(count) for name, count in ROW.findall(PAGE)}
ONLY_ON_SOME_MACHINES = sum(not attempt.control for attempt in ATTEMPTS)


def test_the_page_quotes_a_count_for_every_run():
    assert list(QUOTED) == list(RUNS)
    assert f"of {len(ATTEMPTS)} attempts" in PAGE


@pytest.mark.parametrize("name", RUNS)
def test_a_quoted_count_is_what_the_suite_counts_here(name):
    """Without a wall, kernels differ in what they offer to those who get there."""
    found = len(find_escapes(name))
    if name in EXPECTED:
        assert QUOTED[name] == found
    else:
        assert abs(QUOTED[name] - found) <= ONLY_ON_SOME_MACHINES


def test_the_reference_lists_every_attempt_as_it_is_declared():
    page = (ROOT / "docs/reference/escapes.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("|")] == counts.make_table()
