"""Whether a script's Python module makes the object that app.yaml names, seen in its text alone.

Only what is certainly not there is refused: nothing runs, and a module has many ways to make names.
"""

import ast
from collections.abc import Sequence
from os.path import getsize, isdir, isfile
from pathlib import Path

MAX_SOURCE_BYTES = 2**20
"""A larger module is not looked at: reading it would hold the start up."""

_DYNAMIC = frozenset(("globals", "locals", "vars", "exec", "eval", "setattr", "__import__"))
"""Functions that may make any name."""

_DYNAMIC_ATTRIBUTES = frozenset(("__dict__", "modules"))
"""Of a module, or of `sys`: what is put there is seen by no reading."""


def find_missing_object(names: list[str], folders: Sequence[Path]) -> tuple[Path, str] | None:
    """Returns the module's file and the name that it does not make; None where it may.

    Args:
        names: a script's parts: `main`, `application`.
        folders: where the application's Python modules are, in the order of their search.
    """
    for folder in folders:
        for count in range(len(names) - 1, 0, -1):
            stem, name = folder.joinpath(*names[:count]), names[count]
            for file in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
                if isfile(file):
                    return None if _may_make(file, name) else (file, name)
    return None


def _may_make(file: Path, name: str) -> bool:
    part = file.with_name(name)
    if file.name == "__init__.py" and (isdir(part) or isfile(f"{part}.py")):
        return True
    try:
        if getsize(file) > MAX_SOURCE_BYTES:
            return True
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # loading it tells more
    return any(_makes(node, name) for node in ast.walk(tree))


def _makes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _DYNAMIC or (node.id == name and isinstance(node.ctx, ast.Store))
    if isinstance(node, ast.Attribute):
        return node.attr in _DYNAMIC_ATTRIBUTES
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name in (name, "__getattr__")
    if isinstance(node, ast.alias):
        return "*" in node.name or (node.asname or node.name.partition(".")[0]) == name
    if isinstance(node, ast.Global):
        return name in node.names
    return getattr(node, "name", None) == name  # of `except`, `match` and the like
