"""A process's place among ours: whose end is its own, and its name in the system's lists."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
"""Source: Linux, prctl(2)."""


def die_with_parent(parent: int) -> None:
    """Makes the kernel kill this process when its parent ends, or ends it now if it has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """Gives this process a name, of at most 15 bytes, for `ps` and `top`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode())
