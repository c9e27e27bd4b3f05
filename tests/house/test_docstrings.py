"""Docstrings: a Python module says what it is, a public function what it returns or changes."""

import ast
import re

import pytest

from tests.house.sources import name_of, public_functions_of, python_files, tree_of

every_product_file = pytest.mark.parametrize("path", python_files("appengine"), ids=name_of)

THIRD_PERSON = re.compile(r"[A-Z][a-z]*s\b|Whether\b|See `|[A-Z]{3,} /")
"""A verb ("Returns"), a predicate, a pointer ("See `x`"), or what a handler answers ("GET /x")."""

STATEMENTS = frozenset({"property", "cached_property", "setter", "overload", "fixture"})


@every_product_file
def test_a_module_says_in_one_line_what_it_is(path):
    text = ast.get_docstring(tree_of(path))
    assert text, f"{name_of(path)} has no docstring"
    first, *rest = text.splitlines()
    assert (
        re.match(r"[A-Z]|[\w.]*[\d.]", first) and first.endswith((".", ":")) and not any(rest[:1])
    )
    assert not re.match(r"(This|Module|Contains|Provides)\b", first)


@every_product_file
def test_a_public_name_has_a_docstring(path):
    for name, function in public_functions_of(path):
        assert ast.get_docstring(function) or _needs_none(function), _at(path, name, function)
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), _at(path, node.name, node)


@every_product_file
def test_a_public_function_speaks_in_the_third_person(path):
    for name, function in public_functions_of(path):
        text = ast.get_docstring(function)
        if text and not _decorators(function) & STATEMENTS:
            assert THIRD_PERSON.match(text), f"{_at(path, name, function)}: {text.splitlines()[0]}"


@every_product_file
def test_a_public_signature_says_more_than_any(path):
    for name, function in public_functions_of(path):
        arguments = function.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        given += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
        hints = [argument.annotation for argument in given] + [function.returns]
        assert not any(_is_any(hint) for hint in hints if hint), _at(path, name, function)


def _is_any(hint):
    """Returns whether a hint is `Any`; a callback's own arguments may be."""
    if isinstance(hint, ast.Subscript) and getattr(hint.value, "id", "") == "Callable":
        return False
    if isinstance(hint, ast.Name):
        return hint.id == "Any"
    return any(_is_any(part) for part in ast.iter_child_nodes(hint))


def _needs_none(function):
    """Returns whether a function speaks by the one that it overrides or overloads."""
    return bool(_decorators(function) & {"overload", "override", "setter"})


def _decorators(function):
    nodes = [getattr(node, "func", node) for node in function.decorator_list]
    return {getattr(node, "attr", getattr(node, "id", "")) for node in nodes}


def _at(path, name, node):
    return f"{name_of(path)}:{node.lineno}: {name}"
