"""The process that runs pip: it takes wheels only, so nothing that it installs runs here."""

import os
import runpy
import sys
from importlib.util import find_spec

from appengine.config.requirements import FILE_NAME
from appengine.front.parents import die_with_parent

TARGET = "libraries"
"""The directory that pip fills, below the staging directory."""

ARGUMENTS = (
    "install --only-binary :all: --no-input --no-user --disable-pip-version-check"
    " --no-warn-script-location --progress-bar off --no-color"
).split()


def main(staging: str) -> None:
    """Installs what the requirements.txt in a staging directory names, beside it; then exits."""
    die_with_parent(os.getppid())
    os.umask(0o022)  # the applications' users are others than ours
    os.chdir(staging)
    if find_spec("pip") is None:
        sys.exit(f"ERROR: there is no pip in {sys.prefix}; 'python -m ensurepip' installs it")
    sys.argv = ["pip", *ARGUMENTS, "--target", TARGET, "--requirement", FILE_NAME]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
