"""The pages of compatibility as data: which public names work, differ or are absent.

A page is `docs/compatibility.md` or one of the folder `docs/compatibility`. In it, a table with the
head `| Name | Status | Test or reason |` is read; other tables are prose. A heading of level two
that is one name in backticks is the Python module whose names the tables below it hold; below any
other heading names are keys, flags and the like. A row is one of

    | `Request.get` | works | `tests/webapp/test_request.py::test_a_field_is_text` |
    | `Request.get`, `Request.get_all` | works | `tests/...::test_one`, `tests/...::test_two` |
    | `--port` | works | `tests/cli/test_options.py::test_x`, replacing `appengine.cli.x` |
    | `Request.charset` | differs | what is otherwise here |
    | `xmpp_handlers` | absent | why |

"works" is checked by replacing the name by a function that returns None: each of the row's names
must make one of the row's tests fail. What is no Python name says by `replacing` which function of
ours serves it. "differs" may name tests too; they are checked alike. "absent" is checked as well: a
module must not have the name.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import get_annotations
from pathlib import Path
from typing import NamedTuple

import appengine  # noqa: F401  # the names of google.appengine
from tests.house.sources import ROOT

PAGE = ROOT / "docs" / "compatibility.md"
FOLDER = ROOT / "docs" / "compatibility"
HEAD = ["Name", "Status", "Test or reason"]
STATUSES = ("works", "differs", "absent")
UNKNOWN = "?"
"""In place of a test: `python -m tests.house.compatibility --fill` looks for one."""

HEADING = re.compile(r"## (?:`([\w.]+)`)?.*")
CODE = re.compile(r"`((?:[^`\\]|\\.)+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py::[^`]+)`")
REPLACING = re.compile(r"replacing `([\w.]+)`")


class Row(NamedTuple):
    """One row: its names have one status, and one reason or the same tests."""

    page: Path
    line: int
    module: str
    names: tuple[str, ...]
    status: str
    text: str

    @property
    def tests(self) -> list[str]:
        """The tests that the row names."""
        return [test.replace("\\|", "|") for test in TEST.findall(self.text)]

    @property
    def place(self) -> str:
        """Where it stands: `docs/compatibility.md:7`."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def targets(self) -> list[str]:
        """The full names of what is replaced; none where nothing can be."""
        if replacing := REPLACING.findall(self.text):
            return replacing
        return [f"{self.module}:{name}" for name in self.names] if self.module else []


def pages() -> list[Path]:
    """Returns the pages of compatibility."""
    return [PAGE, *sorted(FOLDER.glob("*.md"))]


def read_rows(page: Path) -> Iterator[Row]:
    """Yields the rows of a page's tables of names."""
    module, inside = "", False
    for line, text in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if heading := HEADING.fullmatch(text):
            module = heading[1] or ""
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", text)[1:-1]]
        if not cells:
            inside = False
        elif cells == HEAD:
            inside = True
        elif inside and set(text) - set("|-: "):
            names, status, rest = [*cells, "", "", ""][:3]
            yield Row(page, line, module, tuple(CODE.findall(names)), status, rest)


def all_rows() -> list[Row]:
    """Returns the rows of all pages."""
    return [row for page in pages() for row in read_rows(page)]


def module_sections() -> dict[str, list[Row]]:
    """Returns the rows of each Python module that a page has a heading for."""
    sections: dict[str, list[Row]] = {}
    for row in all_rows():
        if row.module:
            sections.setdefault(row.module, []).append(row)
    return sections


def has_name(module: str, name: str) -> bool:
    """Returns whether a module has a dotted name."""
    try:
        value = import_module(module)
        for part in name.split("."):
            value = None if part in annotations_of(value) else getattr(value, part)
    except (ImportError, AttributeError):
        return False
    return True


def annotations_of(value: object) -> dict[str, object]:
    """Returns the attributes that a class and those above it only annotate, with their hints."""
    classes = value.__mro__ if isinstance(value, type) else ()
    return {name: hint for each in classes for name, hint in get_annotations(each).items()}


def public_names(module: str) -> Iterator[str]:
    """Yields what a module of ours offers: its names, and those that its own classes define."""
    real = import_module(module)
    for name in sorted(getattr(real, "__all__", ())):
        yield name
        value = getattr(real, name)
        if isinstance(value, type) and value.__module__.startswith("appengine."):
            members = dict.fromkeys([*get_annotations(value), *vars(value)])
            yield from (f"{name}.{key}" for key in members if not key.startswith("_"))
