"""The declaration of an attempt, and what several of them use."""

import ctypes
import os
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

World = dict[str, Any]
Act = Callable[[World], Any]

Effect = Literal["word", "secret", "file", "message", "signal", "change"]
"""Seen by: its own word, the secret in its answer, a new file, a message, a signal, a change."""

ROOT = "namespaces (tiny root), Landlock"
READ_ONLY = "namespaces (read-only root), Landlock"
METADATA = "namespaces (read-only mount), seccomp"
KERNEL = "seccomp"
ARGUMENTS = "seccomp (arguments)"

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100


class Attempt(Struct, frozen=True):
    """One way out.

    Attributes:
        call: the system call that it needs.
        target: what it reaches for.
        stopped_by: the walls that stop it, each of them alone.
        effect: how its success shows.
        control: without a cage, root succeeds on any machine; otherwise only on some.
        sign: of a signal or change: what the world then records.
    """

    name: str
    act: Act
    call: str
    target: str
    stopped_by: str
    effect: Effect
    control: bool
    sign: str


ATTEMPTS: list[Attempt] = []
"""The table; the row of each stands above its function."""


def attempt(
    call: str,
    target: str,
    stopped_by: str,
    effect: Effect = "word",
    *,
    control: bool = True,
    sign: str = "",
) -> Callable[[Act], Act]:
    """Enters a function in the table; see `Attempt` for the columns."""

    def enter(act: Act) -> Act:
        row = Attempt(act.__name__, act, call, target, stopped_by, effect, control, sign)
        ATTEMPTS.append(row)
        return act

    return enter


def check(result: int) -> int:
    """Returns what a C function returned; raises its errno."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def new_file(world: World) -> str:
    return os.path.join(world["outside"], "writable", world["name"])


def secret(world: World) -> str:
    return os.path.join(world["outside"], "secret.txt")


def changed(world: World) -> str:
    return os.path.join(world["outside"], "changed.txt")


def report_child(child: int) -> bool:
    """Ends the child; tells the parent whether there was one."""
    if child == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
