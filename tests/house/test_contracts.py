"""The import contracts: our own type by examples, and that none forgets a file."""

import tomllib

import pytest

from appengine.sandbox.view import OUTSIDE_FILES, OUTSIDE_PIECES
from tests.house.contracts import GRAMMAR, OUTSIDE, PIECES, find_broken, find_strangers
from tests.house.sources import PRODUCT, ROOT

PUBLIC = {"datastore": frozenset({"db", "gql"})}

INSIDE_WALL = "Inside never imports outside"
RPC_OUTSIDE = {"callers", "control", "internal", "records"}
"""Files of `rpc` that are outside, beside those which carry the name of a room's outside file."""

ALLOWED = [
    ("appengine.mail", "appengine.mail.client"),
    ("appengine.mail.client", "appengine.mail.service"),
    ("appengine.mail.client", "appengine.rpc.client"),
    ("appengine.mail.server", "appengine.mail.tables"),
    ("appengine.mail.server.outbox", "appengine.mail.server.limits"),
    ("appengine.mail.server", "appengine.datastore.service"),
    ("appengine.mail.server", "appengine.storage.engine"),
    ("appengine.mail.admin", "appengine.mail.server"),
    ("appengine.datastore.client", "appengine.users.service"),
    ("appengine.datastore.db.model", "appengine.datastore.client"),
    ("appengine.datastore.db", "appengine.datastore.gql"),
    ("appengine.datastore", "appengine.datastore.db"),
    ("appengine.webapp.handlers", "appengine.users"),
    ("appengine.front.access", "appengine.users.server"),
    ("appengine.front.internal", "appengine.users.endpoints"),
    ("appengine.front.hosts", "appengine.versions.server"),
    ("appengine.testbed", "appengine.mail.server"),
    ("appengine.supervisor.watch", "appengine.config.app_yaml"),
]

REFUSED = [
    ("appengine.mail.client", "appengine.mail.server"),
    ("appengine.mail.client", "appengine.storage.engine"),
    ("appengine.mail.service", "appengine.mail.client"),
    ("appengine.mail.server", "appengine.mail.client"),
    ("appengine.mail.server", "appengine.mail"),
    ("appengine.mail.server", "appengine.mail.admin"),
    ("appengine.mail.server", "appengine.datastore.server"),
    ("appengine.mail.server", "appengine.front.calls"),
    ("appengine.mail.tables", "appengine.mail.service"),
    ("appengine.datastore.client", "appengine.users"),
    ("appengine.datastore.db.model", "appengine.datastore.tables"),
    ("appengine.datastore.server", "appengine.datastore.db"),
    ("appengine.webapp.handlers", "appengine.users.server"),
    ("appengine.front.access", "appengine.mail.server"),
    ("appengine.console.pages", "appengine.mail.admin"),
    ("appengine.storage.engine", "appengine.mail.tables"),
]


@pytest.mark.parametrize("edge", ALLOWED, ids=" to ".join)
def test_an_import_within_the_grammar_is_kept(edge):
    assert list(find_broken([edge], PUBLIC)) == []


@pytest.mark.parametrize("edge", REFUSED, ids=" to ".join)
def test_an_import_against_the_grammar_is_broken(edge):
    assert list(find_broken([edge], PUBLIC)) == [f"{edge[0]} -> {edge[1]}"]


def test_a_file_that_the_grammar_does_not_know_is_named():
    modules = ["appengine.mail.server", "appengine.datastore.db", "appengine.mail.outbox"]
    [line] = find_strangers([*modules, "appengine.front.outbox"], PUBLIC)
    assert line.startswith("appengine.mail.outbox: 'outbox' is no file of a room")


def _contract(name):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [found] = [contract for contract in contracts if contract["name"] == name]
    return found


def test_both_walls_name_every_outside_file_and_piece():
    files = {f"appengine.*.{file}" for file in OUTSIDE}
    inside = set(_contract(INSIDE_WALL)["forbidden_modules"])
    outside = set(_contract("Outside never imports inside")["source_modules"])
    assert files <= inside and files <= outside
    assert inside - {"sqlalchemy", "gunicorn"} == outside
    assert {f"appengine.rpc.{file}" for file in RPC_OUTSIDE} <= inside


def test_an_instance_sees_no_file_that_it_may_not_import():
    """The sandbox hides by the same list of names by which the linter refuses."""
    assert OUTSIDE_FILES - {"templates"} == OUTSIDE | RPC_OUTSIDE
    refused = {name.split(".")[1] for name in _contract(INSIDE_WALL)["forbidden_modules"][:-2]}
    assert OUTSIDE_PIECES - {"testbed"} == refused & PIECES - {"rpc"}


def test_every_piece_stands_on_one_side_of_the_wall():
    wall = _contract(INSIDE_WALL)
    named = {name.split(".")[1] for name in wall["source_modules"] + wall["forbidden_modules"][:-2]}
    assert named - {"*"} == PIECES - {"testbed"}


def test_every_folder_is_a_piece_or_a_room():
    for folder in sorted(path for path in PRODUCT.iterdir() if (path / "__init__.py").exists()):
        files = {path.stem for path in folder.iterdir()}
        assert folder.name in PIECES or files & (set(GRAMMAR) - {""}), folder.name
