"""Builds the wheel as pip does, from a copy: a build leaves files behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LEFT_OUT = (".git", ".venv", "build", "*.egg-info", "__pycache__", "tests", "benchmarks")


def build_wheel(checkout: Path, folder: Path) -> Path:
    """Returns the wheel of a checkout; skips where the tools of the build cannot be had."""
    source = folder / "source"
    shutil.copytree(checkout, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    if "Could not find a version that satisfies the requirement setuptools" in done.stderr:
        pytest.skip("the package index cannot be reached: no setuptools to build with")
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel
