"""Escapes: every attempt is made in a real cage, and its effect is looked for outside.

The same attempts without a cage show that they would succeed, so that the suite cannot rot.
"""

import inspect

import pytest

from tests.sandbox.abilities import ABILITIES
from tests.sandbox.attempts import ATTEMPTS
from tests.sandbox.runs import EXPECTED, RUNS, find_outcome


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
@pytest.mark.parametrize("name", EXPECTED)
def test_the_cage_contains(name, attempt):
    outcome = find_outcome(name)
    assert attempt.name in outcome.said, outcome.errors
    assert outcome.has_escaped(attempt) == (attempt.name in EXPECTED[name]), outcome.said[
        attempt.name
    ]


@pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.name)
@pytest.mark.parametrize("name", EXPECTED)
def test_inside_it_works(name, ability):
    outcome = find_outcome(name)
    if ability.needs and ability.needs not in RUNS[name].layers:
        pytest.skip(f"the layer {ability.needs!r} makes it work")
    assert outcome.said[ability.name][0] == "did", outcome.said[ability.name]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_without_a_cage_it_succeeds(attempt):
    outcome = find_outcome("no cage")
    escaped = outcome.has_escaped(attempt)
    if not attempt.control and not escaped:
        pytest.skip(f"this machine has it not: {outcome.said[attempt.name][1]}")
    assert escaped, outcome.said.get(attempt.name)


def test_the_attempts_are_many_and_most_of_them_go_around_python():
    doors = ("syscall(", "machine_code.", "LIBC.", "raw_socket(", "send_by_pair(")
    sources = {attempt.name: inspect.getsource(attempt.act) for attempt in ATTEMPTS}
    direct = [name for name, text in sources.items() if any(door in text for door in doors)]
    assert len(sources) == len(ATTEMPTS) >= 200
    assert len(direct) >= 130
    assert sum(attempt.control for attempt in ATTEMPTS) >= 170


def test_every_row_of_the_table_is_filled():
    for attempt in ATTEMPTS:
        assert attempt.call
        assert attempt.target
        assert attempt.stopped_by
        assert bool(attempt.sign) == (attempt.effect in ("signal", "change")), attempt.name
