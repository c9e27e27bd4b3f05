"""The memory that forks share is packed, and Python's own notes are in it before the first fork."""

import subprocess
import sys

PRELUDE = """
import gc, os, signal, threading
from appengine.sandbox import packing, rehearsal
"""


def run(source: str) -> str:
    """Returns what a process of its own prints: packing is for good."""
    command = [sys.executable, "-c", PRELUDE + source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_new_objects_lie_in_one_row_when_the_gaps_are_filled() -> None:
    told = run(
        """
strings = [f"{number:060}" for number in range(20_000)]
del strings[::3]
packing.settle_memory()
made = [f"{number:062}" for number in range(50)]
print(sum(abs(id(b) - id(a)) == 112 for a, b in zip(made, made[1:])))
"""
    )
    assert int(told) > 40


def test_new_large_objects_lie_in_one_row_when_the_gaps_are_filled() -> None:
    told = run(
        """
blocks = [bytes(967) for _ in range(2_000)]
del blocks[::2]
packing.settle_memory()
made = [bytes(967) for _ in range(50)]
print(sum(id(b) - id(a) == 1008 for a, b in zip(made, made[1:])))
"""
    )
    assert int(told) > 40


def test_a_new_object_is_written_beside_the_figures_of_its_pool() -> None:
    """Both are in the first page of 4096 bytes, of the four that a pool has."""
    told = run(
        """
packing.settle_memory()
made = [bytes(size - 33) for size in range(112, 512, 32) for _ in range(3)]
print(sum(id(each) % 2**14 < 4096 for each in made) / len(made))
"""
    )
    assert float(told) > 0.7


def test_a_function_whose_code_is_moved_does_the_same() -> None:
    told = run(
        """
def add(first, second=2, *, third=3):
    "Adds."
    return first + second + third
code = add.__code__
packing.move_code({id(code)})
print(add.__code__ is not code, add.__code__ == code, add(1), add.__doc__, add.__code__.co_name)
"""
    )
    assert told == "True True 6 Adds. add\n"


def test_a_rehearsal_leaves_one_thread_no_child_and_the_same_signals() -> None:
    told = run(
        """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
before = len(os.listdir("/proc/self/fd"))
rehearsal.rehearse()
gc.collect()
print(threading.active_count(), len(os.listdir("/proc/self/task")))
print(len(os.listdir("/proc/self/fd")) - before, signal.getsignal(signal.SIGCHLD).name)
print(len(open("/proc/self/task/%d/children" % os.getpid()).read().split()))
"""
    )
    assert told.splitlines() == ["1 1", "0 SIG_IGN", "0"]


def test_a_rehearsal_finds_the_code_that_instances_run() -> None:
    told = run(
        """
from appengine.rpc.pipe import Pipe
from appengine.sandbox.instance import Instance
code = Pipe.respond.__code__, Instance.run.__code__, threading.Thread.start.__code__
rehearsal.rehearse()
now = Pipe.respond.__code__, Instance.run.__code__, threading.Thread.start.__code__
print([a is not b for a, b in zip(code, now)])
"""
    )
    assert told == "[True, True, True]\n"


def test_a_rehearsal_that_does_not_end_is_ended() -> None:
    told = run(
        """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
rehearsal.FORK_SECONDS = 0.5
rehearsal._tell = lambda *_: None
rehearsal.rehearse()
print(len(open("/proc/self/task/%d/children" % os.getpid()).read().split()))
"""
    )
    assert told == "0\n"


def test_a_rehearsal_ends_with_the_nursery() -> None:
    source = """
rehearsal.FORK_SECONDS = 3600
rehearsal._tell = lambda *_: os.write(1, b"x")
rehearsal.rehearse()
"""
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + source], stdout=subprocess.PIPE
    ) as nursery:
        assert nursery.stdout is not None
        assert nursery.stdout.read(1) == b"x"
        nursery.kill()
        while nursery.stdout.read(2**16):  # until nobody holds the other end
            continue
