"""Our webapp2 beside the original: the same requests, routes and values give the same facts.

`facts.json` is what webapp2 3.0.0b1 from PyPI gives. With APPENGINE_TEST_DIFFERENTIAL=1 it is
installed in an environment of its own and asked again; `python -m tests.webapp2.test_differential`
writes what it says into the file.
"""

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import appengine  # noqa: F401  # the name webapp2
from tests.differential.environment import UnavailableError, find
from tests.webapp2.scenarios import facts

FACTS = Path(__file__).with_name("facts.json")
ORIGINAL = "webapp2==3.0.0b1"
SCENARIOS = Path(__file__).with_name("scenarios.py")

ACCEPTED = {
    r"build /100%/": "The original formats a template with a percent sign and fails",
    r"fields ": "Several values of a field are a list, as in webapp and webapp2 2.5, not the first",
    r"simple /\(a\)\|\(b\) ": "An expression matches whole paths, also one with alternatives",
}
"""What is otherwise here, by the beginnings of facts' names, and why."""


def ask_the_original():
    """Returns the facts of the original, from a process of its own."""
    python = find(ORIGINAL)
    done = subprocess.run([python, SCENARIOS], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_what_the_original_does_is_done_here(caplog):
    caplog.set_level(logging.CRITICAL)
    theirs, ours = json.loads(FACTS.read_text(encoding="utf-8")), facts()
    assert ours.keys() == theirs.keys() and len(ours) > 1_500
    different = {name: (theirs[name], ours[name]) for name in ours if ours[name] != theirs[name]}
    excused = {name: why for name in different for why in ACCEPTED if re.match(why, name)}
    assert {name: both for name, both in different.items() if name not in excused} == {}
    assert set(excused.values()) == set(ACCEPTED)  # each excuse is needed


def test_the_facts_are_still_the_originals():
    try:
        theirs = ask_the_original()
    except UnavailableError as reason:
        pytest.skip(str(reason))
    assert theirs == json.loads(FACTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    text = json.dumps(ask_the_original(), indent=0, sort_keys=True, ensure_ascii=False)
    sys.exit(0 if FACTS.write_text(text + "\n", encoding="utf-8") else 1)
