"""Watches an application's files."""

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from watchfiles import Change, awatch

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.patterns import Regex

STEP_MILLISECONDS = 25
"""Each step of a watcher takes some 50 microseconds of a processor, also while nothing changes."""

DEBOUNCE_MILLISECONDS = 60
"""Changes that come within this time are one: an editor writes, renames and deletes."""

LOOK_MILLISECONDS = 2000
"""Between two looks whether the directory is still the same one."""

ABSENT_SECONDS = 0.2
"""Between two looks for a directory that is not there."""

OWN_FILES = frozenset({"index.yaml", "dispatch.yaml", "dispatch.yml"})
"""Written by the server itself, or of no meaning to the code."""

_IGNORED = re.compile(r"(^|/)(\.[^/]*|__pycache__|[^/]*~|#[^/]*#|[^/]*\.py[co])(/|$)")


def is_watched(config: ApplicationConfig, path: str, ignored: Regex | None = None) -> bool:
    """Tells whether a change of this file changes the application."""
    try:
        relative = Path(path).relative_to(config.directory).as_posix()
    except ValueError:
        return False
    is_ignored = _IGNORED.search(relative) or (ignored and ignored.is_match(relative))
    return relative not in OWN_FILES and not is_ignored


async def watch(
    config: ApplicationConfig,
    on_change: Callable[[], Awaitable[None]],
    *,
    polls: bool = False,
    ignored: str = "",
) -> None:
    """Calls `on_change` whenever files of the application have changed, until cancelled.

    Args:
        polls: looks at the files' times, where the system tells of no change.
        ignored: the expression for files, as paths below the directory, that do not count.
    """
    regex = Regex(ignored) if ignored else None

    def is_ours(_change: Change, path: str) -> bool:
        return is_watched(config, path, regex)

    await _watch(config.directory, is_ours, on_change, recursive=True, polls=polls)


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
    polls: bool = False,
) -> None:
    """Watches what a directory's name means.

    The kernel watches the directory itself: one that is removed and made anew, or exchanged for
    another, is looked for from time to time.
    """
    identity, is_new = _identity(directory), False
    while True:
        if identity is None:
            await asyncio.sleep(ABSENT_SECONDS)
        else:
            stop = asyncio.Event()
            batches = awatch(
                directory,
                watch_filter=is_ours,
                step=STEP_MILLISECONDS,
                debounce=DEBOUNCE_MILLISECONDS,
                rust_timeout=LOOK_MILLISECONDS,
                yield_on_timeout=True,
                stop_event=stop,
                recursive=recursive,
                force_polling=polls,
            )
            try:
                await _follow(batches, directory, identity, on_change, is_new=is_new)
            finally:
                stop.set()
        before, identity = identity, _identity(directory)
        if is_new := identity != before:
            await on_change()


async def _follow(
    batches: AsyncIterator[set[tuple[Change, str]]],
    directory: Path,
    identity: tuple[int, int],
    on_change: Callable[[], Awaitable[None]],
    *,
    is_new: bool,
) -> None:
    """Tells of changes until the directory's name means another directory, or none.

    Of a new one it tells once more: files may have been written before they were watched.
    """
    try:
        async for changes in batches:
            if _identity(directory) != identity:
                return
            if changes or is_new:
                is_new = False
                await on_change()
    except FileNotFoundError:  # it has just been removed
        return


def _identity(directory: Path) -> tuple[int, int] | None:
    """Returns what tells a directory from another of its name; None: there is none."""
    try:
        status = directory.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None
