"""The file wall: Landlock lets a process read below a few paths, and do nothing else to files.

It also ends TCP, abstract sockets and signals to processes outside. Of what it knows nothing
(metadata: chmod, chown, stat), seccomp and the tiny root take care.

Source: Linux, Documentation/userspace-api/landlock.rst.
"""

import os
import stat
import struct
from collections.abc import Iterable

from appengine.sandbox.cage.system import syscall

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1

WRITE_FILE, READ_FILE, READ_DIR = 2, 4, 8

FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files there are since each version of the interface."""

KNOWS_TRUNCATION = 3
"""The version since which a file cannot be truncated by opening it for reading."""

ALSO = ((4, 0b11), (6, 0b11))
"""By version: bind and connect TCP; scopes, of abstract unix sockets and of signals."""


def find_version() -> int:
    """Returns the version of the kernel's Landlock, 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", 0, 0, CREATE_RULESET_VERSION)
    except OSError:
        return 0


def find_rights(version: int) -> int:
    """Returns all rights on files that a version of the interface can take away, as bits."""
    known = max((first for first in FILE_RIGHTS if first <= version), default=1)
    return (1 << FILE_RIGHTS[known]) - 1


def restrict_files(readable: Iterable[str], writable: Iterable[str] = ()) -> int:
    """Leaves the calling thread, and all that it starts, only these files and directories.

    Needs no_new_privs.

    Args:
        readable: with all below; missing ones are passed over.
        writable: for reading and writing what is there.

    Returns:
        The version of Landlock that is used.

    Raises:
        OSError: the kernel has no Landlock (ENOSYS, EOPNOTSUPP), or refused.
    """
    version = find_version()
    handled = find_rights(version)
    ruleset = syscall("landlock_create_ruleset", *_describe(version, handled), 0)
    try:
        for path in readable:
            _allow(ruleset, path, READ_FILE | READ_DIR)
        for path in writable:
            _allow(ruleset, path, READ_FILE | READ_DIR | WRITE_FILE)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _describe(version: int, handled: int) -> tuple[bytes, int]:
    fields = [handled, *(rights for first, rights in ALSO if version >= first)]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    return attributes, len(attributes)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~READ_DIR
        rule = struct.pack("=Qi", rights, descriptor)
        syscall("landlock_add_rule", ruleset, RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
