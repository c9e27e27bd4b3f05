"""The environment of App Engine's own SDK: made once a machine, found again in later runs.

Run as `python -m tests.differential.environment` to make it.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

SDK = "appengine-python-standard==3.1.0"
"""What is compared with: the last release whose stub has the datastore in memory."""

WANTED = "APPENGINE_TEST_DIFFERENTIAL"
"""The environment variable that asks for the environment to be made where it is absent."""

INSTALL_SECONDS = 600


class UnavailableError(Exception):
    """There is no environment, and the text says why."""


def directory(package: str = SDK) -> Path:
    """Returns where a package's environment is, or will be: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = f"{package.replace('==', '-')}-python{sys.version_info[0]}.{sys.version_info[1]}"
    return Path(cache) / "appengine-tests" / name


def find(package: str = SDK) -> Path:
    """Returns the Python of a package's environment; makes that if it is asked for.

    Raises:
        UnavailableError: it is absent and not asked for, or cannot be made.
    """
    python = directory(package) / "bin" / "python"
    if (directory(package) / "complete").exists():
        return python
    if os.environ.get(WANTED) != "1":
        raise UnavailableError(f"{package} is not installed; {WANTED}=1 installs it")
    return make(package)


def make(package: str = SDK) -> Path:
    """Makes the environment and returns its Python.

    Raises:
        UnavailableError: the package cannot be installed here.
    """
    venv.create(directory(package), clear=True, with_pip=True)
    python = directory(package) / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]
    try:
        done = subprocess.run(
            install, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"installing {package} took over {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise UnavailableError(f"{package} cannot be installed: {done.stderr.strip()[-500:]}")
    (directory(package) / "complete").touch()
    return python


if __name__ == "__main__":
    print(make())
