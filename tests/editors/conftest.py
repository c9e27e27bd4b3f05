"""An environment as an application's author has it: the platform is installed in it, or a copy."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import appengine
from appengine.cli.stubs import write_stubs
from tests.e2e.serving import CHECKOUT
from tests.frameworks.libraries import provide


class Environment(NamedTuple):
    """A virtual environment: its folder, its Python, and where its packages are."""

    folder: Path
    python: Path
    site: Path

    def run(self, program: str) -> str:
        """Runs a program in it; returns what it prints, or its error."""
        command = [str(self.python), "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return (done.stdout + done.stderr).strip()


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Installs what the wheel holds: the package, its libraries, and what is written beside it."""
    folder = tmp_path_factory.mktemp("editor") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    shutil.copytree(Path(appengine.__path__[0]), site / "appengine")
    write_stubs(site)
    own = {path for path in sys.path if path.endswith("site-packages")}
    (site / "zz-libraries.pth").write_text("\n".join(own))
    return Environment(folder, folder / "bin" / "python", site)


@pytest.fixture(scope="session")
def examples(tmp_path_factory):
    """Copies the examples, so that the configuration of this project is not found above them."""
    folder = tmp_path_factory.mktemp("applications") / "examples"
    shutil.copytree(CHECKOUT / "examples", folder)
    return folder


@pytest.fixture(scope="session")
def flask():
    """Returns the folder with Flask, which is typed; other frameworks are not."""
    return provide(CHECKOUT / "examples" / "flaskr")
