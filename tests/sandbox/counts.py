"""The counts of the escape suite: how many attempts get out of each cage.

`python -m tests.sandbox.counts` makes every run that this machine can and prints the counts;
`python -m tests.sandbox.counts attempts` prints the table of all attempts, one row each.
"""

import sys

from tests.sandbox.attempts import ATTEMPTS
from tests.sandbox.runs import RUNS, explain_missing, find_escapes

SEEN_BY = {
    "word": "the call's answer",
    "secret": "the secret is read",
    "file": "a new file outside",
    "message": "a message received",
    "signal": "a signal received",
    "change": "a file changed",
}
"""How the effect of an attempt shows, without a cage."""


def count_runs() -> dict[str, int | str]:
    """Returns the attempts that got out, by run; the reason where this machine cannot make it."""
    return {name: explain_missing(name) or len(find_escapes(name)) for name in RUNS}


def make_counts() -> list[str]:
    """Returns the lines of the table of counts."""
    rows = [f"| {name} | {count} |" for name, count in count_runs().items()]
    return [f"| of {len(ATTEMPTS)} attempts, with | get out |", "|---|---|", *rows]


def make_table() -> list[str]:
    """Returns the lines of the table of attempts."""
    rows = [
        f"| `{each.name}` | {each.call} | {each.target} | {each.stopped_by} "
        f"| {SEEN_BY[each.effect]}{'' if each.control else '; not on every machine'} |"
        for each in ATTEMPTS
    ]
    return [
        "| attempt | call | object | stopped by | without a cage |",
        "|---|---|---|---|---|",
        *rows,
    ]


def main() -> None:
    """Prints one of the two tables."""
    lines = make_table() if sys.argv[1:] == ["attempts"] else make_counts()
    print("\n".join(lines))


if __name__ == "__main__":
    main()
