"""The users as whom versions run: in root mode each has one that no other version here has."""

import os
from zlib import crc32

from appengine.config.app_yaml import ApplicationConfig

FIRST_UID = 61000
UIDS = 4000
"""In root mode each version runs as a user of its own, from this range."""


class Users:
    """Those that one server has given to its versions."""

    def __init__(self) -> None:
        """Begins with none given."""
        self._given: dict[str, int] = {}

    def find(self, config: ApplicationConfig) -> int | None:
        """Returns the user number of this version alone; None: it runs as the supervisor's user.

        It is the same at each start, unless another version came first whose number it would be:
        whoever shares a user shares its most processes, too. Past 4,000 versions some do.
        """
        if os.getuid() != 0:
            return None
        text = f"{config.application}/{config.module}/{config.version}"
        if text not in self._given:
            first = crc32(text.encode())
            taken = set(self._given.values())
            wanted = (FIRST_UID + (first + step) % UIDS for step in range(UIDS))
            free = (number for number in wanted if number not in taken)
            self._given[text] = next(free, FIRST_UID + first % UIDS)
        return self._given[text]
