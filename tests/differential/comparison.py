"""Compares what two datastores gave for one program, but for the differences that are accepted."""

import json
from collections import Counter
from dataclasses import dataclass, field

from tests.differential.accepted import find_line
from tests.differential.outcomes import error_of, is_same

WRITES = frozenset({"put", "delete", "model", "transaction", "call", "allocate"})
"""Steps behind whose accepted difference the datastores no longer hold the same."""


@dataclass
class Tally:
    """What came of many programs.

    Attributes:
        accepted: how often each accepted difference was seen, by its line in the documentation.
        differences: what nobody has accepted: seed, number of the step, the step, both outcomes.
    """

    steps: int = 0
    errors: int = 0
    accepted: Counter = field(default_factory=Counter)
    differences: list = field(default_factory=list)

    def add(self, seed, program, theirs, ours):
        """Compares one program's outcomes step by step."""
        for number, (step, left, right) in enumerate(zip(program, theirs, ours, strict=True)):
            self.steps += 1
            self.errors += error_of(left) is not None
            if is_same(left, right):
                continue
            line = find_line(step, left, right)
            if line is None:
                self.differences.append((seed, number, step, left, right))
            else:
                self.accepted[line] += 1
            if step["do"] in WRITES:
                return

    def report(self, most=5):
        """Returns the first differences as text."""
        lines = [f"{len(self.differences)} of {self.steps} steps differ without a reason"]
        for seed, number, *rest in self.differences[:most]:
            lines.append(f"seed {seed}, step {number}: {json.dumps(rest[0])}")
            for name, outcome in zip(("theirs", "ours"), rest[1:], strict=True):
                lines.append(f"  {name}: {json.dumps(outcome)[:1500]}")
        return "\n".join(lines)
