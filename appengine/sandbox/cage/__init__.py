"""The cage: namespaces, Landlock, seccomp and limits around the processes of an application.

A keeper calls `enter_namespaces`, `open_sources` and forks; the child is the zygote, which calls
`build_root`, `drop_privileges`, imports what is trusted, and then `lock_zygote` and
`raise_python_wall`; each instance calls `close_all_but` and `lock_instance` after its fork.
"""

from appengine.sandbox.cage.limits import close_all_but
from appengine.sandbox.cage.lock import lock_instance, lock_zygote
from appengine.sandbox.cage.namespaces import (
    HeldMount,
    build_root,
    drop_privileges,
    enter_namespaces,
    open_sources,
)
from appengine.sandbox.cage.plan import LAYERS, CageConfig, Mount

__all__ = [
    "LAYERS",
    "CageConfig",
    "HeldMount",
    "Mount",
    "build_root",
    "close_all_but",
    "drop_privileges",
    "enter_namespaces",
    "lock_instance",
    "lock_zygote",
    "open_sources",
]
