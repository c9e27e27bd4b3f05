"""The supervisor's children: exec'd clean, with nothing inherited but what is named.

They die with the supervisor: each asks the kernel for it as its first act.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import appengine

MAX_FILES = 65536
"""Descriptors of a process of ours; more are of no use to it."""

_START = """
import sys
root, module, function, *arguments = sys.argv[1:]
if root not in sys.path:
    sys.path.insert(0, root)
from importlib import import_module
getattr(import_module(module), function)(*arguments)
"""


def start_python(
    target: str,
    arguments: Sequence[str],
    descriptors: Sequence[int],
    *,
    output: int | None = None,
    errors: int | None = None,
    variables: Sequence[str] = (),
    environ: dict[str, str] | None = None,
    stdin: int | None = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Starts a Python process of ours that calls one function.

    Args:
        target: `package.module:function`; it is given the arguments as text.
        descriptors: what it inherits, beside its standard streams.
        output: its standard output; by default ours. errors: likewise.
        variables: names of environment variables that it inherits, beside those that all do.
        environ: all variables that it gets, instead.
        stdin: its standard input; None: ours.
    """
    module, _, function = target.partition(":")
    root = str(Path(appengine.__path__[0]).parent)
    return subprocess.Popen(  # noqa: S603  # our own interpreter
        [sys.executable, "-I", "-c", _START, root, module, function, *arguments],
        env=child_environment(variables) if environ is None else environ,
        pass_fds=descriptors,
        stdin=stdin,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )


def child_environment(variables: Sequence[str] = ()) -> dict[str, str]:
    """Returns the variables that our processes need: no secret of the operator's is among them."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", *variables)
    return {name: os.environ[name] for name in kept if name in os.environ}


def raise_file_limit() -> None:
    """Takes as many descriptors as the system allows: connections, bodies, instances."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(most, MAX_FILES) if most != resource.RLIM_INFINITY else MAX_FILES
    with suppress(OSError, ValueError):  # a container may refuse it: then what there is must do
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
