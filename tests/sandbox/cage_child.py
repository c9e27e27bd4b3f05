"""A cage for attempts: keeper, zygote, and one instance for each attempt.

`cage_child.py WORLD` with the repository and the packages on the path; WORLD is JSON. A line of
JSON on stdout tells of each attempt how it ended: `[name, outcome, text]`; the outcome is "did",
"refused" or "died".
"""

import json
import os
import signal
import sys
import time

SECONDS = 5
"""An attempt that takes longer is ended by SIGALRM."""


def main() -> None:
    """Starts a keeper and ends with its zygote's status."""
    world = json.loads(sys.argv[1])
    sys.path[:0] = world["path"]
    from appengine.sandbox import cage

    config = cage.CageConfig(
        layers=world["layers"],
        mounts=[cage.Mount(source, inside, optional=True) for source, inside in world["mounts"]],
        workdir=world["workdir"],
        uid=world["uid"],
        memory_bytes=256 * 2**20,
    )
    os.dup2(os.open(world["outside"], os.O_RDONLY), world["descriptor"])  # left open by mistake
    held = []
    if "namespaces" in config.layers:
        cage.enter_namespaces()
        held = cage.open_sources(config.mounts)
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    run_zygote(config, held, world)


def run_zygote(config, held, world):
    """Locks itself as a zygote does, and tries each attempt in an instance."""
    from appengine.sandbox import cage
    from appengine.sandbox.cage.python_wall import raise_python_wall
    from tests.sandbox import abilities, attempts

    if "namespaces" in config.layers:
        cage.build_root(held)
    if "privileges" in config.layers:
        cage.drop_privileges(config.uid)
    os.chdir(config.workdir)
    started = time.perf_counter()
    if config.layers:
        cage.close_all_but(())
        cage.lock_zygote(config)
    emit("lock_zygote", "took", "", (time.perf_counter() - started) * 1000)
    wall = raise_python_wall() if "python" in config.layers else None
    for attempt in (*attempts.ATTEMPTS, *abilities.ABILITIES):
        if wall is None:
            child = os.fork()
        else:
            with wall.permit_fork():
                child = os.fork()
        if child == 0:
            run_instance(config, attempt, world)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            emit(attempt.name, "died", f"signal {os.WTERMSIG(status)}")
    os._exit(0)


def run_instance(config, attempt, world):
    """Locks itself as an instance does, and tries."""
    from appengine.sandbox import cage

    signal.alarm(SECONDS)
    started = time.perf_counter()
    if config.layers and world["position"] == "instance":
        cage.lock_instance(config)
    took = (time.perf_counter() - started) * 1000
    world = world | {"name": attempt.name}
    try:
        answer = attempt.act(world)
        emit(attempt.name, "did" if answer else "refused", str(answer), took)
    except BaseException as error:
        emit(attempt.name, "refused", f"{type(error).__name__}: {error}", took)
    os._exit(0)


def emit(*words):
    """Writes one line in one piece."""
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
