"""Judges the skipped tests of a run: on a machine that has the features, the cage is tried.

Run as `python -m tests.house.skips tests.xml`, on what pytest writes with `--junitxml`.
"""

import ctypes
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

NOT_TO_BE_TRIED = re.compile(r"the layer '\w+' makes it work|this machine has it not")
"""Reasons that are about the attempt itself: nothing of the sandbox is missing."""

LANDLOCK_CREATE_RULESET = 444
LANDLOCK_VERSION = 1


def main(arguments: list[str]) -> int:
    """Prints the skipped tests; returns 1 if one of the cage's should have run."""
    skipped = list(find_skipped(Path(arguments[0])))
    for name, reason in skipped:
        print(f"{name}: {reason}")
    missing = missing_features()
    print(f"{len(skipped)} skipped; sandbox features missing here: {', '.join(missing) or 'none'}")
    escaped = [name for name, reason in skipped if _should_have_run(name, reason)]
    if escaped and not missing:
        print(f"{len(escaped)} sandbox tests were skipped on a machine that has every feature")
    return int(bool(escaped) and not missing)


def _should_have_run(name: str, reason: str) -> bool:
    return name.startswith("tests.sandbox") and not NOT_TO_BE_TRIED.match(reason)


def find_skipped(report: Path) -> Iterator[tuple[str, str]]:
    """Returns each skipped test of a report: its name, and the reason that it gave."""
    for case in ElementTree.parse(report).iter("testcase"):
        for skipped in case.iter("skipped"):
            name = f"{case.get('classname')}.{case.get('name')}"
            yield name, skipped.get("message", "no reason")


def missing_features() -> list[str]:
    """Returns the kernel's features that the cage is made of and that do not work here."""
    found = {
        "x86-64 or aarch64": platform.machine() in {"x86_64", "aarch64"},
        "seccomp": Path("/proc/sys/kernel/seccomp/actions_avail").exists(),
        "namespaces": _makes_namespaces(),
        "landlock": _landlock_version() >= LANDLOCK_VERSION,
    }
    return [name for name, works in found.items() if not works]


def _makes_namespaces() -> bool:
    """Returns whether this user can make the namespaces, tried with util-linux."""
    user = ["--user", "--map-root-user"] if os.geteuid() else []
    command = ["unshare", *user, "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "true"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _landlock_version() -> int:
    """Returns the version of Landlock that the kernel answers with, or -1."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    return int(call(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
