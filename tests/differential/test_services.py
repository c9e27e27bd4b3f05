"""Memcache and users give what App Engine's own give, for programs made from seeds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from tests.differential import environment
from tests.differential.services.programs import make_program

PROGRAMS = int(os.environ.get("APPENGINE_TEST_DIFFERENTIAL_PROGRAMS", "600"))
ROOT = Path(__file__).parents[2]


def play(python, module, programs, outcomes):
    """Appends the outcomes of programs, played by a process of its own."""
    text = "".join(json.dumps(program) + "\n" for program in programs)
    done = subprocess.run(
        [python, "-m", module], cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outcomes += [json.loads(line) for line in done.stdout.splitlines()]


def test_seeded_programs_give_values_and_errors_as_app_engine_does():
    """Source: `appengine-python-standard`, its stubs of memcache and users."""
    try:
        sdk = environment.find()
    except environment.UnavailableError as error:
        pytest.skip(str(error))
    programs = [make_program(seed) for seed in range(PROGRAMS)]
    theirs, ours = [], []
    other = Thread(target=play, args=(sdk, "tests.differential.services.theirs", programs, theirs))
    other.start()
    play(sys.executable, "tests.differential.services.ours", programs, ours)
    other.join()
    assert len(theirs) == len(ours) == PROGRAMS
    different = [
        (seed, step, left, right)
        for seed, program in enumerate(programs)
        for step, left, right in zip(program, theirs[seed], ours[seed], strict=True)
        if left != right
    ]
    report = "\n".join(str(each)[:600] for each in different[:15])
    assert not different, f"{len(different)} steps differ:\n{report}"
    errors = sum(
        isinstance(outcome, dict) and "error" in outcome for side in theirs for outcome in side
    )
    assert 0 < errors < sum(map(len, theirs)) / 3
