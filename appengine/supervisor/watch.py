"""Watches an application's files."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import Change, awatch

from appengine.config.app_yaml import ApplicationConfig

STEP_MILLISECONDS = 10
DEBOUNCE_MILLISECONDS = 60
"""Changes that come within this time are one: an editor writes, renames and deletes."""

OWN_FILES = frozenset({"index.yaml"})
"""Written by the server itself, or of no meaning to the code."""

_IGNORED = re.compile(r"(^|/)(\.[^/]*|__pycache__|[^/]*~|#[^/]*#|[^/]*\.py[co])(/|$)")


def is_watched(config: ApplicationConfig, path: str) -> bool:
    """Tells whether a change of this file changes the application."""
    try:
        relative = Path(path).relative_to(config.directory).as_posix()
    except ValueError:
        return False
    return relative not in OWN_FILES and not _IGNORED.search(relative)


async def watch(config: ApplicationConfig, on_change: Callable[[], Awaitable[None]]) -> None:
    """Calls `on_change` whenever files of the application have changed, until cancelled."""

    def is_ours(_change: Change, path: str) -> bool:
        return is_watched(config, path)

    stop = asyncio.Event()
    try:
        async for _ in awatch(
            config.directory,
            watch_filter=is_ours,
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=stop,
        ):
            await on_change()
    finally:
        stop.set()
