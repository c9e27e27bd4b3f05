"""Which layers of the sandbox are put up, and whether that is enough to serve."""

import os
import socket
import sys
from collections.abc import Sequence

from appengine.config.settings import Settings
from appengine.rpc.boot import Layer
from appengine.supervisor.cgroups import NAME as CGROUPS

MINIMUM = frozenset({"seccomp", "limits"})
"""Without these nothing is served, unless the operator names them."""

RED, PLAIN = "\033[31;1m", "\033[0m"


class SandboxError(Exception):
    """A layer is missing that the operator has not given up."""


def missing_system() -> str:
    """Returns what this system lacks to serve at all, in a sentence; "" for nothing."""
    if not hasattr(socket, "SO_PASSCRED"):
        return f"{sys.platform} does not tell who answers on a socket (SO_PASSCRED), as Linux does"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        return f"this system refuses to hold processes by pidfd_open, as Linux 5.3 does: {error}"
    return ""


def choose_layers(layers: Sequence[Layer], settings: Settings) -> list[str]:
    """Returns the names of the layers to put up.

    Raises:
        SandboxError: one that is needed is missing, or `--allow_weak_sandbox` names none of ours.
    """
    known = {layer.name for layer in layers}
    allowed = set(settings.allow_weak_sandbox)
    if unknown := sorted(allowed - known):
        raise SandboxError(
            f"--allow_weak_sandbox: {unknown[0]!r} is no layer; layers: {', '.join(sorted(known))}"
        )
    allowed.add(CGROUPS)  # limits of processes hold where there are none
    missing = [layer for layer in layers if not layer.on and layer.name not in allowed]
    fatal = [layer for layer in missing if settings.require_sandbox or layer.name in _minimum()]
    if fatal:
        names = ",".join(layer.name for layer in fatal)
        reasons = "; ".join(f"{layer.name}: {layer.detail}" for layer in fatal)
        raise SandboxError(
            f"the sandbox is not whole here ({reasons}); "
            f"--allow_weak_sandbox={names} serves all the same"
        )
    return [layer.name for layer in layers if layer.on and layer.name != CGROUPS]


def _minimum() -> frozenset[str]:
    """Returns what must be there: elsewhere than on Linux there is no kernel wall at all."""
    return MINIMUM if sys.platform == "linux" else frozenset()


def describe_layers(layers: Sequence[Layer]) -> list[str]:
    """Returns the lines that say what protects this machine from the application."""
    on = [layer.name for layer in layers if layer.on]
    lines = [f"sandbox: {', '.join(on) or 'none'}"]
    off = [layer for layer in layers if not layer.on]
    lines += [f"sandbox: no {each.name} ({each.detail})" for each in off if each.name == CGROUPS]
    if missing := [f"{each.name} ({each.detail})" for each in off if each.name != CGROUPS]:
        red, plain = (RED, PLAIN) if sys.stderr.isatty() else ("", "")
        lines.append(f"{red}sandbox layers MISSING here: {'; '.join(missing)}{plain}")
    return lines
