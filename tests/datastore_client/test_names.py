"""The names by which applications import the datastore."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import appengine.datastore.db
from appengine.datastore.service import MODULES
from tests.datastore_client.public_names import ABSENT, NAMES

COMPATIBILITY = Path(__file__).parents[2] / "docs" / "compatibility.md"


@pytest.mark.parametrize("alias", ["google.appengine.api.datastore", *MODULES])
def test_app_engines_names_are_the_same_modules(alias):
    name = f"appengine.datastore.{MODULES[alias]}" if alias in MODULES else "appengine.datastore"
    assert importlib.import_module(alias) is importlib.import_module(name)


@pytest.mark.parametrize("module", ["appengine.datastore", "appengine.datastore.db"])
def test_everything_that_is_exported_is_there(module):
    found = importlib.import_module(module)
    assert [name for name in found.__all__ if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", NAMES)
def test_app_engines_public_names_are_there(module):
    found = importlib.import_module(module)
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", ABSENT)
def test_each_name_that_is_not_there_has_its_reason_in_the_documentation(module):
    found, said = importlib.import_module(module), COMPATIBILITY.read_text()
    for name in ABSENT[module].split():
        owner, _, attribute = name.rpartition(".")
        assert not hasattr(getattr(found, owner) if owner else found, attribute), name
        assert f"`{name}`" in said, name


def test_the_classic_import_gives_the_models():
    from google.appengine.ext import db

    assert db is appengine.datastore.db


def test_the_plain_calls_have_their_old_names_too():
    from google.appengine.api import datastore

    assert datastore.Get is datastore.get
    assert datastore.RunInTransaction is datastore.run_in_transaction
    assert datastore.Query.Order is datastore.Query.order


def test_models_cost_an_application_no_large_import():
    """What the datastore needs is what starts with every instance."""
    heavy = {"sqlalchemy", "werkzeug", "jinja2", "http.client", "asyncio", "yaml"}
    code = "import sys, appengine.datastore.db; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.intersection(done.stdout.split()) == set()
