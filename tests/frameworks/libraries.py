"""The frameworks' libraries: installed once into the cache that the servers of tests share."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor.libraries import Libraries, LibrariesError, cache_directory


def provide(folder: Path) -> Path | None:
    """Returns the directory of an application's libraries; None if it names none.

    The test is skipped where the package index cannot be reached.
    """
    config = load_application(folder)
    libraries = Libraries(cache_directory(), print)
    try:
        with ThreadPoolExecutor(1) as thread:  # Playwright has a loop running in this one
            return thread.submit(lambda: asyncio.run(libraries.provide(config))).result()
    except LibrariesError as error:
        if "cannot be reached" in str(error):
            pytest.skip(f"{folder.name}: {error}")
        raise
