"""Type checkers see `google.appengine` as it is: on every name, and on the examples."""

import inspect
import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from appengine.aliases import FUNCTIONS, find_aliases

PYRIGHT = "pyright@1.1"


@pytest.fixture(scope="module")
def mypy(environment, tmp_path_factory):
    """Runs mypy in a folder, as in the author's environment; returns what it prints."""
    pytest.importorskip("mypy")
    cache = tmp_path_factory.mktemp("cache")

    def run(folder, *options):
        command = [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={cache}"]
        command += [f"--python-executable={environment.python}", *options, "."]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def pyright(environment, tmp_path_factory):
    """Runs pyright on a folder; returns its findings as lines."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("no Node.js on this machine, which pyright needs")
    home = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "appengine" / "pyright"
    )
    program = home / "node_modules" / "pyright" / "index.js"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"private": true}')
        command = [npm, "install", "--prefix", str(home), PYRIGHT]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"pyright cannot be installed: {done.stderr.splitlines()[-1:]}")

    def run(folder, **options):
        settings = {
            "include": ["."],
            "venvPath": str(environment.folder.parent),
            "venv": environment.folder.name,
            "pythonVersion": f"{sys.version_info[0]}.{sys.version_info[1]}",
            "reportMissingModuleSource": "none",  # stubs only: there is no folder `google`
            **options,
        }
        (folder / "pyrightconfig.json").write_text(json.dumps(settings))
        command = [node, str(program), "--project", str(folder), "--outputjson"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = json.loads(done.stdout)["generalDiagnostics"]
        return [
            f"{Path(each['file']).relative_to(folder.resolve())}:"
            f"{each['range']['start']['line'] + 1}: {each['message']}"
            for each in found
            if each["severity"] in ("error", "warning")
        ]

    return run


@pytest.fixture(scope="module")
def every_name(tmp_path_factory):
    """Writes a program that imports every public name of every alias, and holds it for the real."""
    folder = tmp_path_factory.mktemp("names")
    lines = []
    for number, (alias, real) in enumerate(sorted(find_aliases().items())):
        lines += [f"import {alias}", f"import {real} as real_{number}"]
        for name in sorted(getattr(import_module(real), "__all__", ())):
            value = getattr(import_module(real), name)
            if inspect.isclass(value):
                lines.append(f"from {alias} import {name} as alias_{number}_{name}")
                lines.append(f"same_{number}_{name}: type[real_{number}.{name}]")
                lines.append(f"same_{number}_{name} = alias_{number}_{name}")
            elif callable(value):
                lines.append(f"from {alias} import {name} as alias_{number}_{name}")
                lines.append(f"print(alias_{number}_{name}, real_{number}.{name})")
    lines += [f"from {package} import {name}" for package, name in FUNCTIONS]
    (folder / "names.py").write_text("\n".join(lines) + "\n")
    return folder


def test_mypy_finds_every_name_and_takes_it_for_the_real_one(mypy, every_name):
    codes = "type-arg,type-abstract"  # generic classes without their types, and abstract ones
    options = [f"--disable-error-code={code}" for code in codes.split(",")]
    assert mypy(every_name, *options).startswith("Success")


def test_pyright_finds_every_name_and_takes_it_for_the_real_one(pyright, every_name):
    assert pyright(every_name, reportMissingTypeArgument="none") == []


def test_a_name_that_is_not_there_is_an_error_in_both(mypy, pyright, tmp_path):
    program = "from google.appengine.ext import db\nfrom google.appengine.api import nonsense\n"
    (tmp_path / "main.py").write_text(f"{program}db.nonsense\n")
    assert mypy(tmp_path).count("nonsense") == 2
    assert len([line for line in pyright(tmp_path) if "nonsense" in line]) == 2


PAGES = """\
import webapp2
from webapp2 import Route, exc
from webapp2_extras import jinja2, json, routes, security, sessions
from webapp2_extras.appengine.auth import models

class Page(webapp2.RequestHandler):
    def get(self) -> None:
        self.response.write(self.uri_for("page"))
        raise exc.HTTPNotFound()

made: list[Route] = [routes.RedirectRoute("/", Page, name="page", strict_slash=True)]
app = webapp2.WSGIApplication(made, debug=True)
user: models.User | None = models.User.get_by_auth_id("own:ann")
text: str = security.generate_random_string(12) + json.encode([jinja2, sessions])
webapp2.nonsense
routes.nonsense
"""


def test_both_know_webapp2(mypy, pyright, tmp_path):
    (tmp_path / "main.py").write_text(PAGES)
    errors = [line for line in mypy(tmp_path, "--strict").splitlines() if ": error: " in line]
    assert len(errors) == 2 and all("nonsense" in line for line in errors)
    found = [line for line in pyright(tmp_path) if "expression value is unused" not in line]
    assert len(found) == 2 and all("nonsense" in line for line in found)


MODEL = """\
from google.appengine.ext import db

class Pet(db.Model):
    name = db.StringProperty(required=True)

def names() -> list[str]:
    return [pet.name or "" for pet in Pet.all().order("name").fetch(20)]

def find(number: int) -> Pet | None:
    return Pet.get_by_id(number) or Pet.get_by_key_name("rex") or Pet.all().get()

def find_all() -> list[Pet | None]:
    return Pet.get_by_id([1, 2]) + Pet.get_by_key_name(["rex"])

reveal_type(Pet(name="Rex").name)
"""


def test_models_queries_and_properties_have_their_types(mypy, pyright, tmp_path):
    (tmp_path / "main.py").write_text(MODEL)
    printed = mypy(tmp_path, "--strict")
    assert 'Revealed type is "str | None"' in printed
    assert "error" not in printed
    assert pyright(tmp_path, typeCheckingMode="strict") == []


def test_other_packages_below_google_keep_their_own_types(environment, mypy, pyright, tmp_path):
    other = environment.site / "google" / "shelf"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("BOOKS: int = 3\n")
    (other / "py.typed").touch()
    program = "from google.appengine.ext import db\nfrom google.shelf import BOOKS\n"
    (tmp_path / "main.py").write_text(f"{program}import google.shelf\nx: str = BOOKS\nprint(db)\n")
    try:
        assert mypy(tmp_path).count("error") == 2  # the last line counts them once more
        assert len(pyright(tmp_path)) == 1
        assert environment.run(f"{program}print(BOOKS, db.__name__)") == "3 appengine.datastore.db"
    finally:
        shutil.rmtree(environment.site / "google")


def test_mypy_has_nothing_to_say_of_the_examples(mypy, examples, environment, flask):
    (environment.site / "flask.pth").write_text(str(flask))
    problems = {}
    for folder in sorted(path.parent for path in examples.glob("*/app.yaml")):
        printed = mypy(
            folder,
            "--check-untyped-defs",
            "--disable-error-code=import-untyped",
            "--disable-error-code=import-not-found",
            "--disable-error-code=var-annotated",  # GQL in a text: its kind is not known
        )
        if not printed.startswith("Success"):
            problems[folder.name] = printed
    assert problems == {}


def test_pyright_has_nothing_to_say_of_the_examples(pyright, examples, environment, flask):
    (environment.site / "flask.pth").write_text(str(flask))
    folders = sorted(path.parent for path in examples.glob("*/app.yaml"))
    roots = [{"root": folder.name} for folder in folders]
    found = pyright(examples, executionEnvironments=roots, reportMissingImports="none")
    assert found == []
