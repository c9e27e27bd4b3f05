"""A process that ends with the one that has started it, however that ends."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Source: Linux, prctl(2)."""


def die_with_parent(parent: int) -> None:
    """Makes the kernel kill this process when its parent ends, or ends it now if it has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
