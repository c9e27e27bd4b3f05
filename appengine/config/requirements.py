"""requirements.txt: the libraries of an application, by name and version and nothing else.

A line that could name a place, an option or a file is refused: what is installed comes from where
the operator says, as a wheel, and nothing of it runs before it is in the sandbox.

Source: PEP 508, "Dependency specification"; pip, "Requirements File Format".
"""

import re
from pathlib import Path

from msgspec import Struct

from appengine.config.errors import ConfigurationError, in_file, shown

FILE_NAME = "requirements.txt"
MAX_FILE_BYTES = 2**20
MAX_REQUIREMENTS = 1000

ALLOWED = "names, versions, extras, markers and hashes only"

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9][A-Za-z0-9.*+!_-]*"
_VERSIONS = rf"{_VERSION}(?:\s*,\s*{_VERSION})*"
_TEXT = r"(?:[A-Za-z0-9._+*,-]|[ ](?!-))*"
"""What stands in quotes in a marker: pip takes what follows a blank and a hyphen for an option."""

_MARKER = rf"""(?:[A-Za-z_.]++|'{_TEXT}'|"{_TEXT}"|===|==|~=|!=|<=|>=|<|>|\(|\))"""
_ARCHIVE = r"(?i:\.(?:whl|zip|tgz|tbz|txz|tlz|tar|tar\.[a-z0-9]+))"
_LINE = re.compile(
    rf"(?P<name>{_NAME})\s*"
    rf"(?:\[\s*(?P<extras>{_NAME}(?:\s*,\s*{_NAME})*)\s*\])?\s*"
    rf"(?:(?P<versions>{_VERSIONS})|\(\s*(?P<enclosed>{_VERSIONS})\s*\))?\s*"
    rf"(?:;\s*(?P<marker>{_MARKER}(?:\s*{_MARKER})*))?",
    re.ASCII,
)
_HASH = re.compile(
    r"\s--hash[=\s]\s*(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})"
)
_COMMENT = re.compile(r"(^|\s)#.*")

_PLAIN_REASONS = (
    (re.compile(r"^-(r|c|-requirement|-constraint)\b"), "another file"),
    (re.compile(r"^-(e|-editable)\b"), "an editable installation"),
    (re.compile(r"^-|\s--(?!hash\b)"), "an option"),
    (re.compile(r"\$\{"), "a variable"),
    (re.compile(r"(?i)^file:|@\s*file:"), "a file"),
    (re.compile(r"://|@"), "a URL"),
    (re.compile(rf"[/\\]|{_ARCHIVE}$|^\.+$"), "a file"),
)
"""How lines look that people write and that are refused; the first that is found names it."""


class Requirement(Struct, frozen=True):
    """One library.

    Attributes:
        name: as the file spells it.
        text: the whole requirement, for pip, in one line.
        line: of requirements.txt, where it begins.
    """

    name: str
    text: str
    line: int


def read_requirements(directory: Path) -> tuple[Requirement, ...]:
    """Returns what the requirements.txt in a directory names; nothing if there is none.

    Raises:
        ConfigurationError: it cannot be read, or a line holds something else.
    """
    file = directory / FILE_NAME
    try:
        if not file.exists():
            return ()
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise ConfigurationError(f"{file}: more than {MAX_FILE_BYTES} bytes")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: byte {error.start} is no UTF-8") from error
    return parse_requirements(text, str(file))


def parse_requirements(text: str, source: str) -> tuple[Requirement, ...]:
    """Returns the requirements in a text; `source` is the file that errors name.

    Raises:
        ConfigurationError: a line holds something else than a requirement, or there are too many.
    """
    found = []
    for number, line in _join_lines(text):
        try:
            found.append(_parse(line, number))
        except ValueError as error:
            raise in_file(source, number, "", str(error)) from error
    if len(found) > MAX_REQUIREMENTS:
        raise ConfigurationError(f"{source}: {len(found)} requirements; at most {MAX_REQUIREMENTS}")
    return tuple(found)


def _join_lines(text: str) -> list[tuple[int, str]]:
    """Returns the lines that hold something, each with its number; a backslash joins two."""
    lines: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        start, before = begun or (number, "")
        line = before + _COMMENT.sub("", raw)
        begun = (start, line[:-1] + " ") if line.endswith("\\") else None
        if begun is None and line.strip():
            lines.append((start, line.strip()))
    if begun is not None and begun[1].strip():
        lines.append((begun[0], begun[1].strip()))
    return lines


def _parse(line: str, number: int) -> Requirement:
    """Returns the requirement in a line, put together anew of its parts.

    Raises:
        ValueError: it holds something else.
    """
    line = " ".join(line.split())
    hashes = _HASH.findall(" " + line)
    plain = _HASH.sub("", line).strip()
    if (found := _LINE.fullmatch(plain)) is None or _HASH.sub("", line[: len(plain)]) != plain:
        raise ValueError(f"{shown(line)} is {_name_kind(line)}; {ALLOWED}")
    if re.search(rf"{_ARCHIVE}\Z", found["name"]):  # pip would look whether there is such a file
        raise ValueError(f"{shown(line)} is a file; {ALLOWED}")
    text = found["name"]
    text += f"[{found['extras']}]" if found["extras"] else ""
    text += found["versions"] or found["enclosed"] or ""
    text += f" ; {found['marker']}" if found["marker"] else ""
    return Requirement(found["name"], " --hash=".join((text, *hashes)), number)


def _name_kind(line: str) -> str:
    for pattern, kind in _PLAIN_REASONS:
        if pattern.search(line):
            return kind
    return "no requirement such as 'Jinja2==3.1.6'"
