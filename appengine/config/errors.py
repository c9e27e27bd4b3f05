"""The error of everything that a person writes for the platform: files, flags, variables."""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 80
"""Characters of a wrong value that an error repeats."""


class ConfigurationError(Exception):
    """A file, flag or variable states what cannot be; the text is one line for the terminal."""


class InvalidFieldError(ValueError):
    """One field of a section contradicts another.

    Attributes:
        field: the field's path within its section: `script`, `http_headers.Via`.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def shown(value: str) -> str:
    """Returns a wrong value as an error repeats it: quoted, in one line, at most 80 characters."""
    return repr(value if len(value) <= SHOWN else value[: SHOWN - 3] + "...")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Returns `; did you mean 'x'?` for the known word that is most like `word`, or nothing."""
    likely = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {likely[0]!r}?" if likely else ""


def in_file(source: str, line: int, field: str, text: str) -> ConfigurationError:
    """Returns the error for one place of a file: `app.yaml:7: handlers[2].script: ...`."""
    place = f"{source}:{line}: {field}" if field else f"{source}:{line}"
    return ConfigurationError(f"{place}: {text}")
