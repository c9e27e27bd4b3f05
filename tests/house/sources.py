"""The files that the house's rules are about, read once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "appengine"
PYTHON_FOLDERS = ("appengine", "tests", "examples", "benchmarks")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    """Returns the Python files below folders of the project, and the scripts at its top."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not _is_hidden(path))


def documents() -> list[Path]:
    """Returns the project's own pages of Markdown."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*/*.md")]
    return sorted(path for path in found if not _is_hidden(path))


@cache
def tree_of(path: Path) -> ast.Module:
    """Returns the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    """Returns a path as messages show it: from the top of the project."""
    return str(path.relative_to(ROOT))


def functions_of(path: Path) -> Iterator[tuple[str, Function]]:
    """Returns each function and method of a file, with its dotted name."""
    yield from _functions_in(tree_of(path), "")


def public_functions_of(path: Path) -> Iterator[tuple[str, Function]]:
    """Returns the functions and methods of a file whose dotted names have no private part."""
    for name, function in functions_of(path):
        if not any(part.startswith("_") for part in name.split(".")):
            yield name, function


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Returns each import of a file: its line and the full name of the module."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def _functions_in(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield f"{prefix}{child.name}", child
            yield from _functions_in(child, f"{prefix}{child.name}._local.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions_in(child, f"{prefix}{child.name}.")
        else:
            yield from _functions_in(child, prefix)


def _is_hidden(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part.startswith(".") or part in {"build", "dist"} for part in parts)
