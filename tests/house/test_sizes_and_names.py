"""Sizes and names: a file is one idea, and its name says which."""

import ast
import re

import pytest

from tests.house.sources import PYTHON_FOLDERS, functions_of, name_of, python_files

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
BANNED = frozenset("utils helpers common misc base manager core".split())
APP_ENGINE_ERRORS = frozenset(
    (
        "BackendDeadlineExceeded BlobSizeTooLarge CommittedButStillApplying FrontendsNotSupported "
        "InvalidScope NotAllowed OperationNotImplemented Rollback Timeout"
    ).split()
)
"""Exceptions whose names App Engine chose without the ending."""

every_file = pytest.mark.parametrize("path", python_files(*PYTHON_FOLDERS), ids=name_of)
every_product_file = pytest.mark.parametrize("path", python_files("appengine"), ids=name_of)


@every_file
def test_a_file_holds_at_most_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@every_product_file
def test_a_function_holds_at_most_50_lines_beside_its_docstring(path):
    sizes = {name: _body_lines(function) for name, function in functions_of(path)}
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


@every_file
def test_a_name_says_what_a_file_is(path):
    parts = {part.removesuffix(".py").strip("_") for part in path.parts[-3:]}
    assert not parts & BANNED


@every_file
def test_a_file_is_named_in_lower_case_with_underscores(path):
    assert re.fullmatch(r"[a-z][a-z0-9_]*|__init__|__main__", path.stem)


@every_product_file
def test_an_exception_is_named_an_error(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_is_exception(base) for base in node.bases):
            named = node.name.endswith("Error") or node.name in APP_ENGINE_ERRORS
            assert named, f"{name_of(path)}:{node.lineno}: {node.name}"


def _body_lines(function):
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def _is_exception(base):
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name == "Exception" or name.endswith("Error")
