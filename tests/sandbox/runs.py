"""The runs of the escape suite: all attempts in one configuration of the cage, and their end."""

import functools
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import msgspec
import pytest

from appengine.sandbox.cage.plan import LAYERS
from appengine.sandbox.cage.probe import probe
from tests.sandbox.attempts import ATTEMPTS, Attempt
from tests.sandbox.world import World

REPOSITORY = Path(__file__).parents[2]
SITE = Path(msgspec.__file__).parents[1]
SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo"),
    *("/dev/null", "/dev/zero", "/dev/urandom"),
)
NOBODY, OWN_USER = 65534, 61234
WITHOUT_CAGE = frozenset[str]()
EVERYTHING = frozenset(LAYERS)


class Run(msgspec.Struct, frozen=True):
    """One way to run all attempts.

    Attributes:
        user: who starts the cage.
        uid: who the cage then becomes.
        position: where they run: an application is imported in the zygote.
    """

    user: int
    layers: frozenset[str]
    uid: int | None = None
    position: str = "instance"


WALLS = tuple(layer for layer in LAYERS if layer != "python")
"""The layers that safety rests on."""

TITLES = {wall: wall for wall in WALLS} | {"landlock": "Landlock"}
KERNEL = EVERYTHING - {"python"}

RUNS = {
    "everything": Run(0, EVERYTHING, OWN_USER),
    "no Python wall": Run(0, KERNEL, OWN_USER),
    "import in the zygote": Run(0, KERNEL, OWN_USER, "zygote"),
    "ordinary user": Run(NOBODY, EVERYTHING),
    "ordinary user, no Python wall": Run(NOBODY, KERNEL),
    "ordinary user, no namespaces": Run(NOBODY, KERNEL - {"namespaces"}),
    **{f"no {TITLES[wall]}": Run(0, KERNEL - {wall}, OWN_USER) for wall in WALLS},
    **{f"only {TITLES[wall]}": Run(0, frozenset({wall}), OWN_USER) for wall in WALLS},
    "only the Python wall": Run(0, frozenset({"python"}), OWN_USER),
    "no cage": Run(0, WITHOUT_CAGE),
}
"""By name; the Python wall is down where a single other one is, so that it hides nothing."""

ESCAPES_WITHOUT_NAMESPACES = {"stat_outside", "statx_outside", "see_group", "see_scheduler"}
"""Metadata of files and the existence of processes: Landlock and seccomp cannot tell them."""

ALLOWED_IN_A_ZYGOTE = {
    *("fork_by_python", "fork_by_c", "fork_by_clone", "fork_by_machine_code"),
    *("fork_with_permission", "take_descriptors", "raise_limits", "see_zygote"),
}
"""It forks instances, which stay in the cage, and takes their sockets from the supervisor."""

EXPECTED = {
    "everything": set(),
    "no Python wall": set(),
    "import in the zygote": ALLOWED_IN_A_ZYGOTE,
    "ordinary user": set(),
    "ordinary user, no Python wall": set(),
    "ordinary user, no namespaces": ESCAPES_WITHOUT_NAMESPACES,
    "no namespaces": ESCAPES_WITHOUT_NAMESPACES,
    "no privileges": {"read_locked_page", "wake_machine"},
    "no Landlock": {"list_root"},
}
"""What gets out of each cage in which an application may run."""

STOPPED_BY_TWO = {"lock_memory", "queue_io"}
"""Locked memory is limited to nothing, which binds nobody who is root: limits with privileges."""


class Outcome(msgspec.Struct, frozen=True):
    """What the child said, and what was really seen outside."""

    said: dict[str, tuple[str, str]]
    effects: frozenset[str]
    token: str
    errors: str

    def has_escaped(self, attempt: Attempt) -> bool:
        """Tells whether an attempt had its effect."""
        outcome, text = self.said.get(attempt.name, ("silent", ""))
        if attempt.effect == "word":
            return outcome == "did"
        if attempt.effect == "secret":
            return self.token in text
        return (attempt.sign or attempt.name) in self.effects


@functools.cache
def run_attempts(name: str) -> Outcome:
    """Makes a world, runs everything in it as `RUNS[name]` says, and looks what happened; once."""
    run = RUNS[name]
    with tempfile.TemporaryDirectory(prefix="cage-") as made:
        directory = Path(made)
        user = (run.uid or run.user) if os.geteuid() == 0 else 0
        world = World(directory, user, starter=run.user)
        try:
            return _run_in(world, directory, run)
        finally:
            world.close()


def _run_in(world: World, directory: Path, run: Run) -> Outcome:
    as_root = os.geteuid() == 0
    repository, site = REPOSITORY, SITE
    library = Path(sysconfig.get_path("stdlib"))
    if as_root:
        repository, site = directory / "repository", directory / "site"
        library = directory / "python" / library.relative_to(sys.base_prefix)
    isolated = "namespaces" in run.layers
    application = str(world.application)
    mounts = [(path, path) for path in (*SYSTEM, *map(str, (library, repository, site)))]
    mounts.append((application, "/app" if isolated else application))
    known = world.describe() | {
        "path": [str(repository), str(site)],
        "layers": sorted(run.layers),
        "mounts": mounts,
        "workdir": "/app" if isolated else application,
        "uid": run.uid,
        "position": run.position,
    }
    child = [str(repository / "tests/sandbox/cage_child.py"), json.dumps(known)]
    launcher = [sys.executable, "-m", "tests.sandbox.launcher", str(directory), str(run.user)]
    command = [*launcher, str(REPOSITORY), str(SITE)] if as_root else [sys.executable, "-I", "-B"]
    done = subprocess.run(
        [*command, *child], cwd=REPOSITORY, capture_output=True, timeout=60, check=False
    )
    said = {}
    for line in done.stdout.decode().splitlines():
        attempt, outcome, text, *_ = json.loads(line)
        said[attempt] = (outcome, text)
    errors = done.stderr.decode()
    assert done.returncode == 0, errors
    return Outcome(said, frozenset(world.effects()), world.token, errors)


@functools.cache
def find_missing() -> dict[str, str]:
    """Returns the layers that this machine lacks, and why."""
    return {layer.name: layer.detail for layer in probe() if not layer.on}


def explain_missing(name: str) -> str:
    """Returns why this machine cannot make a run; "" if it can."""
    if os.geteuid() != 0 and RUNS[name].user == 0:
        return "needs root"
    missing = find_missing()
    lacking = sorted(missing.keys() & RUNS[name].layers)
    texts = ", ".join(f"{layer}: {missing[layer]}" for layer in lacking)
    return f"this machine lacks {texts}" if lacking else ""


def find_outcome(name: str) -> Outcome:
    """Returns the outcome of a run, or skips the test with the reason why there is none."""
    if reason := explain_missing(name):
        pytest.skip(reason)
    return run_attempts(name)


def find_escapes(name: str) -> set[str]:
    """Returns the names of the attempts that got out in a run."""
    outcome = find_outcome(name)
    return {attempt.name for attempt in ATTEMPTS if outcome.has_escaped(attempt)}
