"""The attempts: each tries to leave the cage, and its row in the table says what stops it.

They run inside, one to an instance. What an attempt returns is its own word; where the effect is
outside (a file, a signal, a message), the test looks there. They harm nobody where there is no
cage: they reach only for what the test made.
"""

from tests.sandbox.attempts import (
    files,
    interfaces,
    kernel,
    limits,
    processes,
    python_wall,
    signals,
    sockets,
    writing,
)
from tests.sandbox.attempts.attempt import ATTEMPTS, Attempt

__all__ = [
    "ATTEMPTS",
    "Attempt",
    "files",
    "interfaces",
    "kernel",
    "limits",
    "processes",
    "python_wall",
    "signals",
    "sockets",
    "writing",
]
