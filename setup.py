"""Builds the distribution, with the stub package of `google.appengine` in it.

All else stands in pyproject.toml.
"""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))

from appengine.cli.stubs import write_stubs  # found by the line above


class BuildWithStubs(build_py):
    """Copies the packages and writes the stubs beside them."""

    def run(self) -> None:
        """Builds; a checkout that is installed in place stays as it is."""
        super().run()
        if not self.editable_mode:
            write_stubs(Path(self.build_lib))


setup(cmdclass={"build_py": BuildWithStubs})
