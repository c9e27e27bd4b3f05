"""The users as whom versions run: in root mode each has one that nobody else on the machine has."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig

FIRST_UID = 61000
UIDS = 4000
"""In root mode each version runs as a user of its own, from this range."""


class Users:
    """Those that one server has given to its versions."""

    def __init__(self) -> None:
        """Begins with none given, at a number by chance: another server may start just now."""
        self._first = secrets.randbelow(UIDS)
        self._given: dict[str, int] = {}

    def find(self, config: ApplicationConfig) -> int | None:
        """Returns the user number of this version alone; None: it runs as the supervisor's user.

        Whoever shares a user shares its most processes, too. So it is one that no process here runs
        as, of another server either. Past 4,000 versions some share theirs.
        """
        if os.getuid() != 0:
            return None
        text = f"{config.application}/{config.module}/{config.version}"
        if text not in self._given:
            taken = {*self._given.values(), *_users_of_processes()}
            wanted = [FIRST_UID + (self._first + step) % UIDS for step in range(UIDS)]
            self._given[text] = next((each for each in wanted if each not in taken), wanted[0])
        return self._given[text]


def _users_of_processes() -> set[int]:
    """Returns the users as whom the processes of this machine run."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            found.add(process.stat().st_uid)
    return found
