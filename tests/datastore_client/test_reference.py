"""Each row of App Engine's datastore: beside the engine, through the wire, and in a cage."""

import importlib
import inspect
from contextlib import contextmanager
from pathlib import Path

import pytest

from appengine.datastore.db import kinds
from appengine.rpc.client import transport
from tests.datastore.positions import Wired
from tests.datastore_client.in_process import APPLICATION, InProcess
from tests.e2e.serving import DevServer, write_files, wsgi_application

FOLDER = Path(__file__).parent / "reference"
SECTIONS = [
    "keys",
    "ids",
    "transactions",
    "errors",
    "values",
    "namespaces",
    "queries",
    "metadata_kinds",
    "gql",
    "limits",
    "small_names",
    "models",
    "hooks",
    "applications",
]
WHOLE = ["platform"]
"""Sections that need other services than the datastore: in the cage only, where all are."""

STRICT = ["indexes"]
"""Sections whose server builds no index that index.yaml does not list."""

INDEXES = "indexes:\n\n- kind: Listed\n  properties:\n  - name: a\n  - name: b\n"

RUNNER = '''
import importlib
import traceback

from google.appengine.api import datastore, namespace_manager


def app(environ, start_response):
    """Empties the datastore, then runs a function of a section; answers its traceback."""
    section, name = environ["PATH_INFO"].strip("/").split("/")
    namespace_manager.set_namespace("")
    empty()
    try:
        module = importlib.reload(importlib.import_module(f"reference.{section}"))
        getattr(module, name)()
    except BaseException:
        said = traceback.format_exc()
    else:
        said = ""
    namespace_manager.set_namespace("")
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [said.encode("utf-8", "backslashreplace")]


def empty():
    for space in datastore.Query("__namespace__", keys_only=True).Run():
        found = datastore.Query(keys_only=True, namespace=space.name() or "").Run(batch_size=300)
        datastore.Delete([key for key in found if not key.kind().startswith("__")])
'''
"""The application: it calls the functions of `reference` where the cage holds it."""


@contextmanager
def kinds_of_its_own():
    """Leaves the classes of kinds to the other tests as they were."""
    before = dict(kinds._models)
    yield
    for kind in [kind for kind in kinds._models if not kind.startswith("__")]:
        del kinds._models[kind]
    kinds._models.update(before)


def functions_of(section):
    with kinds_of_its_own():
        module = importlib.import_module(f"tests.datastore_client.reference.{section}")
    return [
        name
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and name.count("_") > 1
    ]


ROWS = [(section, name) for section in [*SECTIONS, *STRICT] for name in functions_of(section)]
WHOLE_ROWS = [(section, name) for section in WHOLE for name in functions_of(section)]


def settings_of(section, folder):
    (folder / "index.yaml").write_text(INDEXES)
    found = {f"datastore.auto_id_policy:{APPLICATION}": "default"}
    if section in STRICT:
        found["datastore.require_indexes"] = "true"
        found[f"datastore.index_yaml:{APPLICATION}"] = str(folder / "index.yaml")
    return found


def run(section, name):
    module = importlib.import_module(f"tests.datastore_client.reference.{section}")
    with kinds_of_its_own():
        getattr(importlib.reload(module), name)()


def application(folder):
    files = {f"reference/{path.name}": path.read_text() for path in FOLDER.glob("*.py")}
    made = wsgi_application(folder, RUNNER)
    write_files(made, files | {"index.yaml": INDEXES})
    made.parent.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def caged(tmp_path_factory):
    with DevServer([application(tmp_path_factory.mktemp("application"))]) as server:
        yield server


@pytest.fixture(scope="module")
def strictly_caged(tmp_path_factory):
    folder = application(tmp_path_factory.mktemp("application"))
    with DevServer([folder], "--require_indexes") as server:
        yield server


@pytest.mark.parametrize(("section", "name"), ROWS)
def test_a_row_holds_beside_the_engine(section, name, tmp_path):
    carrier = InProcess(tmp_path, settings_of(section, tmp_path))
    token = transport.set(carrier)
    try:
        run(section, name)
    finally:
        transport.reset(token)
        carrier.close()


@pytest.mark.parametrize(("section", "name"), ROWS)
def test_a_row_holds_through_the_wire(section, name, tmp_path):
    position = Wired(tmp_path)
    position.settings.update(settings_of(section, tmp_path))
    try:
        run(section, name)
    finally:
        position.close()


@pytest.mark.parametrize(("section", "name"), [*ROWS, *WHOLE_ROWS])
def test_a_row_holds_in_a_cage(section, name, request):
    server = request.getfixturevalue("strictly_caged" if section in STRICT else "caged")
    reply = server.get(f"/{section}/{name}")
    assert (reply.status, reply.text) == (200, "")
