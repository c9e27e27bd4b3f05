"""Doors: each library, each danger and each database's peculiarity has one place."""

import ast
import re

import pytest

from tests.house.sources import PRODUCT, imports_of, name_of, python_files, tree_of

DOORS = {
    "gunicorn": r"front/gunicorn\.py|console/gunicorn\.py",
    "webob": r"webapp2/library\.py",
    "yaml": r"config/loader\.py",
    "re2": r"config/.*|front/urls\.py",
    "watchfiles": r"supervisor/watch\.py",
    "sqlite3": r"storage/.*",
    "cryptography": r"app_identity/server/keys\.py|(front|supervisor|config)/.*",
    "pymemcache": r"memcache/server/memcached\.py",
    "psycopg": r"storage/postgresql\.py",
    "ctypes": r"sandbox/.*|rpc/interruptions\.py|front/(files|parents)\.py",
}
"""A library, and the files through which the platform reaches it."""

BROAD_HANDLERS = (
    r"front/app\.py|front/calls\.py|supervisor/forks\.py"
    r"|sandbox/(instance|keeper|scripts|zygote)\.py"
)
"""Where any failure is caught: the front's two doors, where an application's code is run, and in a
fork, which never returns."""

UNSAFE = frozenset({"pickle", "marshal", "shelve", "dill"})

every_file = pytest.mark.parametrize("path", python_files("appengine"), ids=name_of)
outside_files = [
    path
    for path in python_files("appengine")
    if not re.match(
        r"appengine/(sandbox|webapp|webapp2|webapp2_extras|runtime|\w+/client)/", name_of(path)
    )
]


@every_file
def test_a_library_is_reached_through_its_door(path):
    here = str(path.relative_to(PRODUCT))
    for line, module in imports_of(path):
        door = DOORS.get(module.split(".")[0], ".*")
        assert re.fullmatch(door, here), f"{name_of(path)}:{line}: {module} has its door in {door}"


@every_file
def test_an_engine_is_made_in_storage_alone(path):
    if not name_of(path).startswith("appengine/storage/"):
        assert "create_engine" not in path.read_text(encoding="utf-8")


@every_file
def test_a_database_differs_in_storage_alone(path):
    if not name_of(path).startswith("appengine/storage/"):
        assert not re.search(r"\bdialect(\.name)?\s*[!=]=", path.read_text(encoding="utf-8"))


@every_file
def test_a_failure_is_swallowed_at_the_doors_alone(path):
    broad = [node.lineno for node in ast.walk(tree_of(path)) if _is_broad(node)]
    door = re.fullmatch(BROAD_HANDLERS, str(path.relative_to(PRODUCT)))
    assert door or not broad, f"{name_of(path)}:{broad}"


@pytest.mark.parametrize("path", outside_files, ids=name_of)
def test_nothing_from_the_wire_becomes_code(path):
    assert not {module.split(".")[0] for _, module in imports_of(path)} & UNSAFE
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not {node.id for node in calls if isinstance(node, ast.Name)} & {"eval", "exec"}


@every_file
def test_imports_are_absolute(path):
    tree = tree_of(path)
    relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    assert relative == []


def _is_broad(node):
    """Returns whether a handler takes every failure, and neither raises it nor hands it on."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = ast.unparse(node.type) if node.type else "BaseException"
    passed = any(
        isinstance(inner, ast.Raise) or (isinstance(inner, ast.Name) and inner.id == node.name)
        for inner in ast.walk(node)
    )
    return caught in {"Exception", "BaseException"} and not passed
