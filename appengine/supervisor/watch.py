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

OWN_FILES = frozenset({"index.yaml", "dispatch.yaml", "dispatch.yml"})
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

    await _watch(config.directory, is_ours, on_change, recursive=True)


async def watch_file(file: Path, on_change: Callable[[], Awaitable[None]]) -> None:
    """Calls `on_change` whenever one file has changed, until cancelled.

    Args:
        file: absolute, without symbolic links.
    """

    def is_ours(_change: Change, path: str) -> bool:
        return Path(path) == file

    await _watch(file.parent, is_ours, on_change, recursive=False)


async def _watch(
    directory: Path,
    is_ours: Callable[[Change, str], bool],
    on_change: Callable[[], Awaitable[None]],
    *,
    recursive: bool,
) -> None:
    stop = asyncio.Event()
    try:
        async for _ in awatch(
            directory,
            watch_filter=is_ours,
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=stop,
            recursive=recursive,
        ):
            await on_change()
    finally:
        stop.set()
