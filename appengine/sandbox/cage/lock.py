"""The locks of the two processes that run application code: zygote and instance.

The zygote's come after all trusted imports, the instance's right after its fork. The application
is imported in the zygote, so a hostile one could take away its instances' lock before they put
it up: the zygote's lock is the wall, the instance's makes instances still less.
"""

import os

from appengine.sandbox.cage import landlock, limits, seccomp
from appengine.sandbox.cage.plan import CageConfig
from appengine.sandbox.cage.syscalls import this_architecture

NULL_DEVICE = "/dev/null"
"""The one file that may be opened for writing."""


def lock_zygote(config: CageConfig) -> None:
    """Takes from the process, for good, what no application needs; it may still fork instances.

    The order matters: a change of the user came before; Landlock and seccomp need
    no_new_privs; seccomp refuses the calls of all the others, so it is last.

    Raises:
        OSError: a layer of the configuration cannot be put up.
    """
    limits.seal_process()
    limits.renounce_new_privileges()
    if "limits" in config.layers:
        limits.limit_zygote(config)
    may_write_null = False
    if "landlock" in config.layers:
        readable = [mount.inside for mount in config.mounts if mount.inside != NULL_DEVICE]
        version = landlock.restrict_files(readable, writable=[NULL_DEVICE])
        may_write_null = version >= landlock.KNOWS_TRUNCATION
    if "seccomp" in config.layers:
        architecture = this_architecture()
        program = seccomp.make_zygote_filter(
            architecture, may_write_null=may_write_null, shares_memory=config.shares_memory
        )
        seccomp.install(program)


def lock_instance(config: CageConfig) -> None:
    """Takes from an instance, for good, what only its zygote needed.

    Raises:
        OSError: a layer of the configuration cannot be put up.
    """
    limits.seal_process()
    if "limits" in config.layers:
        limits.limit_instance(config)
    if "seccomp" in config.layers:
        seccomp.install(seccomp.make_instance_filter(this_architecture(), os.getpid()))
