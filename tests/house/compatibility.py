"""Checks what the pages of compatibility promise: "works" has a test that fails without the name.

Run as `python -m tests.house.compatibility` for all names, `--sample 40` for some, `--only webapp2`
for those below a module or on a page; `--fill tests/webapp2` looks for tests where a row has `?`
and writes them into the page. The form of the pages is told in `compatibility_pages.py`.

Each name is tried in a fork of one process that has imported the tests already.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.compatibility_pages import UNKNOWN, Row, all_rows
from tests.house.replacing import replace

GIVEN = "PYTEST_ADDOPTS"
"""Options of the run around this one, which are none of this one's."""

OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
NOTHING_REPLACED = 70
"""Exit code of a fork in which the name could not be replaced."""

UNUSED = (4, 5)
"""Exit codes of pytest that say that no test has run."""


class Trial(NamedTuple):
    """One name and the tests of which one must fail without it."""

    row: Row
    target: str
    tests: tuple[str, ...]


class Failures:
    """Notes the tests that fail or cannot be collected: a plug-in of pytest."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes a test that failed, before or after it too."""
        if report.failed:
            self.found.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notes a file that cannot be imported."""
        if report.failed:
            self.found.append(report.nodeid)


def main(arguments: list[str]) -> int:
    """Prints each name that has no test; returns 1 if there is one."""
    options = _parse(arguments)
    rows = [row for row in all_rows() if options.only in (f"{row.module} {row.page}")]
    if options.fill:
        return _fill([row for row in rows if row.text == UNKNOWN], options.fill)
    trials = [trial for row in rows for trial in trials_of(row)]
    if options.sample:
        trials = random.Random(options.seed).sample(trials, min(options.sample, len(trials)))
    tests = sorted({test for trial in trials for test in trial.tests})
    if not tests:
        print("no row names a test")
        return 0
    problems = [f"{test}: it fails, or is not there" for test in run_forked(tests)]
    with imported({test.partition("::")[0] for test in tests}):
        problems += [problem for trial in trials if (problem := try_without(trial))]
    print(*problems, sep="\n")
    chosen = f" (--seed {options.seed})" if options.sample else ""
    print(f"{len(trials)} names replaced{chosen}, {len(tests)} tests; {len(problems)} problems")
    return int(bool(problems))


def trials_of(row: Row) -> Iterator[Trial]:
    """Yields what is tried of a row: its names, each with all of its tests."""
    if row.status == "works" or (row.status == "differs" and row.tests):
        yield from (Trial(row, target, tuple(row.tests)) for target in row.targets)


def try_without(trial: Trial) -> str:
    """Returns what is wrong: that no test notices that the name is gone, or nothing."""
    try:
        failed = run_forked(list(trial.tests), trial.target, ["-x"])
    except LookupError as error:
        return f"{trial.row.place}: {error}"
    if failed:
        return ""
    return f"{trial.row.place}: {trial.target} is replaced, and no test of the row fails"


def run_forked(tests: list[str], target: str = "", options: Iterable[str] = ()) -> list[str]:
    """Returns the tests that fail, in a fork of this process, in which a name may be replaced.

    Raises:
        LookupError: there is no such name to replace.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_run(tests, target, options, writing))
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        found = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == NOTHING_REPLACED:
        raise LookupError(f"{target} cannot be replaced: {' '.join(found)}")
    return found or ([] if code == 0 else [" ".join(tests)])


def _run(tests: list[str], target: str, options: Iterable[str], writing: int) -> int:
    try:
        if target:
            replace(target)
    except Exception as error:
        os.write(writing, f"{type(error).__name__}: {error}".encode())
        return NOTHING_REPLACED
    null = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(null, number)
    failures = Failures()
    os.environ.pop(GIVEN, None)
    try:
        code = pytest.main([*OPTIONS, *options, *tests], plugins=[failures])
    except BaseException:  # what is left without the name cannot even collect: the tests notice
        return 1
    os.write(writing, "".join(f"{name}\n" for name in failures.found).encode())
    return 0 if code in UNUSED and target else int(code)


@contextmanager
def imported(files: set[str]) -> Iterator[None]:
    """Imports files of tests as pytest does, so that forks have them."""
    given = os.environ.pop(GIVEN, None)
    with open(os.devnull, "w", encoding="utf-8") as null, redirect_stdout(null):
        pytest.main([*OPTIONS, "--collect-only", *sorted(files)])
    if given is not None:
        os.environ[GIVEN] = given
    yield


def _fill(rows: list[Row], folders: list[str]) -> int:
    """Writes a test into each row: one that fails without the name, with a name like it."""
    missing = 0
    with imported(set(folders)):
        for row in rows:
            tests = [_choose(run_forked(folders, target), target) for target in row.targets]
            if not tests or not all(tests):
                missing += 1
                print(f"{row.place}: {row.names}: no test fails without it")
                continue
            unique = ", ".join(f"`{test}`" for test in dict.fromkeys(tests))
            _write(row.page, row.line, unique.replace("|", "\\|"))
    return int(bool(missing))


def _choose(failed: list[str], target: str) -> str:
    """Returns the failed test that says most about a name; its parameters are left out."""
    words = set(target.lower().replace(":", ".").replace("_", ".").split(".")[-4:])
    score: Callable[[str], tuple[int, int]] = lambda test: (  # noqa: E731  # a key of max
        len(words & set(test.lower().replace("::", "_").replace(".py", "").split("_"))),
        -len(test),
    )
    named = [test.partition("[")[0] for test in failed if "::" in test]
    mentioned = [test for test in named if _mentions(test, target)]
    return max(mentioned or named, key=score, default="")


def _mentions(test: str, target: str) -> bool:
    """Returns whether a test's own text has the name."""
    path, _, name = test.partition("::")
    text = Path(path).read_text(encoding="utf-8")
    body = text.partition(f"def {name}(")[2].partition("\ndef ")[0]
    return target.rpartition(":")[2].rpartition(".")[2] in body


def _write(page: Path, line: int, cell: str) -> None:
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(f"| {UNKNOWN} |", f"| {cell} |")
    page.write_text("".join(lines), encoding="utf-8")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="tries N names only")
    parser.add_argument("--seed", default=str(time.time_ns()), help="chooses the sample")
    parser.add_argument("--only", default="", metavar="TEXT", help="a module or a page")
    parser.add_argument("--fill", nargs="+", default=[], metavar="TESTS", help="finds tests")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
