"""One thing that somebody who brings an application ought to know, with its place."""

from enum import StrEnum

from msgspec import Struct


class Weight(StrEnum):
    """What a finding means for the application."""

    REFUSED = "refused"
    """It does not work here: the page, or the whole file, fails."""

    DIFFERS = "differs"
    """It works, and is not quite what it was; or it works in part."""


class Finding(Struct, frozen=True, order=True):
    """What was found.

    Attributes:
        file: the path below the application's directory.
        line: from 1 on; 0 where it is the file as a whole.
        text: what it is and what to write instead, in one line; stanzas may follow.
    """

    file: str
    line: int
    text: str
    weight: Weight = Weight.REFUSED
