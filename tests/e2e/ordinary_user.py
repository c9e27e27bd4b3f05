"""Runs a command as nobody, on machines whose Python lies in a home that only root may enter.

In a mount namespace of its own, each closed directory above what the command needs is covered by
an open one that holds nothing else.
"""

import os
import shlex
import shutil
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

NOBODY = 65534


def missing() -> str:
    """Returns why no command can be run as another user here; "" if it can."""
    if os.getuid() != 0:
        return "not root: everything runs as an ordinary user already"
    tools = [tool for tool in ("unshare", "mount", "setpriv") if shutil.which(tool) is None]
    return f"{tools[0]} is not installed" if tools else ""


def as_nobody(command: Sequence[str], needed: Sequence[Path]) -> list[str]:
    """Returns a command that runs another one as nobody, who can read the `needed` directories."""
    places = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.exec_prefix), *needed}
    lines = ["set -e", "hold=$(mktemp -d)"]
    for number, closed in enumerate(sorted({top for p in places if (top := closed_above(p))})):
        inside = sorted(p for p in places if p.is_relative_to(closed))
        for place, path in enumerate(inside):
            lines.append(f"mkdir $hold/{number}-{place}")
            lines.append(f"mount --bind {shlex.quote(str(path))} $hold/{number}-{place}")
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(closed))}")
        for place, path in enumerate(inside):
            lines.append(f"mkdir -p {shlex.quote(str(path))}")
            lines.append(f"mount --bind $hold/{number}-{place} {shlex.quote(str(path))}")
    user = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups"
    lines.append(f"exec setpriv {user} {shlex.join(command)}")
    return ["unshare", "--mount", "sh", "-c", "\n".join(lines)]


def closed_above(path: Path) -> Path | None:
    """Returns the outermost directory on the way to a path that others may not search."""
    for folder in reversed([path, *path.parents]):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None
