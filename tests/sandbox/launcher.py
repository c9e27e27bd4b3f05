"""A launcher: starts a Python that any user may read, in mounts that nobody else sees.

`launcher.py DIRECTORY USER REPOSITORY SITE COMMAND...`: the interpreter of a checkout often lies
below a home directory that only its owner may enter. Root binds it, the packages and the
repository into DIRECTORY, becomes USER, and executes the command with it. Whatever the command
mounts is gone when it ends.
"""

import os
import sys

from appengine.sandbox.cage import system


def main() -> None:
    """Binds, becomes the user and executes."""
    directory, user, repository, site, *command = sys.argv[1:]
    system.unshare(system.CLONE_NEWNS)
    system.mount("", "/", flags=system.MS_REC | system.MS_PRIVATE)
    sources = {"python": sys.base_prefix, "repository": repository, "site": site}
    for name, source in sources.items():
        target = os.path.join(directory, name)
        os.mkdir(target)
        system.mount(source, target, flags=system.MS_BIND)
    if int(user):
        os.setgroups([])
        os.setresgid(int(user), int(user), int(user))
        os.setresuid(int(user), int(user), int(user))
    os.chdir("/")
    python = os.path.join(directory, "python", "bin", f"python3.{sys.version_info.minor}")
    # the library lies beside it, at a place that is not written into the interpreter
    library = os.path.join(directory, "python", "lib")
    os.execve(python, [python, "-I", "-B", *command], {"LD_LIBRARY_PATH": library})


if __name__ == "__main__":
    main()
