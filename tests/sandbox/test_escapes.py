"""Escapes: every attempt is made in a real cage, and its effect is looked for outside.

The same attempts without a cage show that they would succeed, so that the suite cannot rot.
"""

import functools
import inspect
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appengine.sandbox.cage.plan import LAYERS
from appengine.sandbox.cage.probe import probe
from tests.sandbox.abilities import ABILITIES
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


RUNS = {
    "everything": Run(0, EVERYTHING, OWN_USER),
    "no Python wall": Run(0, EVERYTHING - {"python"}, OWN_USER),
    "ordinary user": Run(NOBODY, EVERYTHING),
    "ordinary user, no Python wall": Run(NOBODY, EVERYTHING - {"python"}),
    "no namespaces": Run(0, EVERYTHING - {"namespaces"}, OWN_USER),
    "ordinary user, no namespaces": Run(NOBODY, EVERYTHING - {"namespaces", "python"}),
    "no Landlock": Run(0, EVERYTHING - {"landlock", "python"}, OWN_USER),
    "import in the zygote": Run(0, EVERYTHING - {"python"}, OWN_USER, "zygote"),
    "no cage": Run(0, WITHOUT_CAGE),
}

ESCAPES_WITHOUT_NAMESPACES = {"stat_outside", "statx_outside", "see_group", "see_scheduler"}
"""Metadata of files and the existence of processes: Landlock and seccomp cannot tell them."""

ALLOWED_IN_A_ZYGOTE = {
    *("fork_by_python", "fork_by_c", "fork_by_clone", "fork_by_machine_code"),
    *("fork_with_permission", "take_descriptors", "raise_limits", "see_zygote"),
}
"""It forks instances, which stay in the cage, and takes their sockets from the supervisor."""

EXPECTED = {
    "no namespaces": ESCAPES_WITHOUT_NAMESPACES,
    "ordinary user, no namespaces": ESCAPES_WITHOUT_NAMESPACES,
    "import in the zygote": ALLOWED_IN_A_ZYGOTE,
}

CAGES = [name for name, run in RUNS.items() if run.layers]


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


def run_attempts(name: str) -> Outcome:
    """Makes a world, runs everything in it as `RUNS[name]` says, and looks what happened."""
    run = RUNS[name]
    with tempfile.TemporaryDirectory(prefix="cage-") as made:
        directory = Path(made)
        world = World(directory, (run.uid or run.user) if os.geteuid() == 0 else 0)
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


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Outcome]]:
    """Each run's outcome, made when first asked for."""
    yield {}


def find_outcome(outcomes: dict[str, Outcome], name: str) -> Outcome:
    """Runs the attempts once, or skips with the reason why this machine cannot."""
    if os.geteuid() != 0 and RUNS[name].user == 0:
        pytest.skip("needs root")
    missing = find_missing()
    if lacking := missing.keys() & RUNS[name].layers:
        pytest.skip(f"this machine lacks {', '.join(f'{x}: {missing[x]}' for x in lacking)}")
    if name not in outcomes:
        outcomes[name] = run_attempts(name)
    return outcomes[name]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
@pytest.mark.parametrize("name", CAGES)
def test_the_cage_contains(outcomes, name, attempt):
    outcome = find_outcome(outcomes, name)
    assert attempt.name in outcome.said, outcome.errors
    expected = attempt.name in EXPECTED.get(name, ())
    assert outcome.has_escaped(attempt) == expected, outcome.said[attempt.name]


@pytest.mark.parametrize("ability", ABILITIES, ids=lambda ability: ability.name)
@pytest.mark.parametrize("name", CAGES)
def test_inside_it_works(outcomes, name, ability):
    outcome = find_outcome(outcomes, name)
    if ability.needs and ability.needs not in RUNS[name].layers:
        pytest.skip(f"the layer {ability.needs!r} makes it work")
    assert outcome.said[ability.name][0] == "did", outcome.said[ability.name]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_without_a_cage_it_succeeds(outcomes, attempt):
    outcome = find_outcome(outcomes, "no cage")
    escaped = outcome.has_escaped(attempt)
    if not attempt.control and not escaped:
        pytest.skip(f"this machine has it not: {outcome.said[attempt.name][1]}")
    assert escaped, outcome.said.get(attempt.name)


def test_the_attempts_are_many_and_most_of_them_go_around_python():
    doors = ("syscall(", "machine_code.", "LIBC.", "raw_socket(", "send_by_pair(")
    sources = {attempt.name: inspect.getsource(attempt.act) for attempt in ATTEMPTS}
    direct = [name for name, text in sources.items() if any(door in text for door in doors)]
    assert len(sources) == len(ATTEMPTS) >= 160
    assert len(direct) >= 100
    assert sum(attempt.control for attempt in ATTEMPTS) >= 150


def test_every_row_of_the_table_is_filled():
    for attempt in ATTEMPTS:
        assert attempt.call
        assert attempt.target
        assert attempt.stopped_by
        assert bool(attempt.sign) == (attempt.effect in ("signal", "change")), attempt.name
