"""Runs a command as on a machine without some layers: `lacking.py landlock,limits COMMAND ...`.

The kernel refuses the calls that make these layers, to the command and to all that it starts.
"""

import errno
import os
import sys

from appengine.sandbox.cage import bpf, seccomp
from appengine.sandbox.cage.limits import renounce_new_privileges
from appengine.sandbox.cage.syscalls import this_architecture

REFUSED = {
    "namespaces": {"unshare": errno.EPERM},
    "privileges": {"setresuid": errno.EPERM, "setresgid": errno.EPERM, "capset": errno.EPERM},
    "limits": {"setrlimit": errno.EPERM, "prlimit64": errno.EPERM},
    "landlock": {"landlock_create_ruleset": errno.ENOSYS},
    "seccomp": {"seccomp": errno.EINVAL},
}
"""The calls by layer, and how kernels and containers refuse them."""

ALLOW = bpf.finish(bpf.ALLOW)
READS_ONLY = [bpf.Condition(2, 0), bpf.Condition(2, 0, high=True)]
"""Of prlimit: no new limit is given."""


def make_filter(layers: list[str]) -> bytes:
    """Returns the program that refuses the calls of some layers and allows all others."""
    numbers = this_architecture().numbers
    pieces: dict[int, bpf.Code] = {}
    for layer in layers:
        for name, error in REFUSED[layer].items():
            refused = bpf.finish(bpf.refuse(error))
            reads = bpf.require(READS_ONLY, ALLOW, refused)
            if name in numbers:
                pieces[numbers[name]] = reads if name == "prlimit64" else refused
    search = bpf.select(pieces, ALLOW)
    return bpf.pack((bpf.Instruction(bpf.LOAD, bpf.NUMBER_AT), *search))


if __name__ == "__main__":
    renounce_new_privileges()
    seccomp.install(make_filter(sys.argv[1].split(",")))
    os.execv(sys.argv[2], sys.argv[2:])
