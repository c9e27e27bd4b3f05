"""Runs programs on both sides at once, each in a process of its own, and compares as they go.

Run as `python -m tests.differential.running FIRST COUNT` for as many programs as one likes.
"""

import json
import subprocess
import sys
from pathlib import Path
from threading import Thread

from tests.differential import environment
from tests.differential.comparison import Tally
from tests.differential.programs import make_program

ROOT = Path(__file__).parents[2]


class Side:
    """One side: a process that answers each line of programs with a line of outcomes."""

    def __init__(self, python, module):
        self._process = subprocess.Popen(
            [python, "-m", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def feed(self, seeds):
        """Sends the programs of the seeds, then ends the input, from another thread."""
        Thread(target=self._send, args=(seeds,), daemon=True).start()

    def _send(self, seeds):
        with self._process.stdin as programs:
            for seed in seeds:
                programs.write(json.dumps(make_program(seed)) + "\n")

    def outcomes(self):
        """Yields each program's outcomes."""
        for line in self._process.stdout:
            yield json.loads(line)

    def end(self):
        """Ends the process and returns its status."""
        self._process.stdout.close()
        return self._process.wait(timeout=30)


def compare(python, seeds):
    """Returns the tally of the programs of some seeds.

    Args:
        python: the one whose environment has App Engine's SDK.
        seeds: their programs are played in this order.
    """
    theirs = Side(python, "tests.differential.theirs")
    ours = Side(sys.executable, "tests.differential.ours")
    tally = Tally()
    try:
        for side in (theirs, ours):
            side.feed(seeds)
        both = zip(seeds, theirs.outcomes(), ours.outcomes(), strict=True)
        for seed, left, right in both:
            tally.add(seed, make_program(seed), left, right)
    finally:
        statuses = theirs.end(), ours.end()
    if any(statuses):
        raise RuntimeError(f"a side ended with a status other than 0: {statuses}")
    return tally


MOST_SHOWN = 100
"""Differences that are printed."""


def main(first, count):
    """Prints what came of `count` programs from a seed on; returns 1 if a step differs."""
    tally = compare(environment.find(), range(first, first + count))
    print(tally.report(MOST_SHOWN))
    print(f"{tally.errors} of {tally.steps} steps are errors on the other side; accepted:")
    for line, times in tally.accepted.most_common():
        print(f"{times:6} {line}")
    return int(bool(tally.differences))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
