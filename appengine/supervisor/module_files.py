"""The files that the generations of one module see: made outside of the event loop, and removed."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.supervisor.application_files import ShownFiles, show_files


class ModuleFiles:
    """Makes a copy for each generation, by links to what the one before had already."""

    def __init__(
        self, directory: Path, report: Callable[[str], None], *, with_skipped: bool = False
    ) -> None:
        """Takes where the copies go, and who is told what an application will miss."""
        self._directory = directory
        self._report = report
        self._with_skipped = with_skipped
        self._last: ShownFiles | None = None

    async def show(self, config: ApplicationConfig, name: str, user: int | None) -> Path:
        """Returns a directory with what the application may see of its files now.

        Args:
            config: of the version.
            name: of the generation, which is to remove it.
            user: who may read them; None: the supervisor's own.

        Raises:
            FilesError: the files cannot be shown.
        """
        before = self._last
        shown = self._last = await asyncio.to_thread(
            show_files,
            config,
            self._directory / f"{name}.files",
            user=user,
            before=before,
            with_skipped=self._with_skipped,
        )
        for line in shown.left_out:
            if before is None or line not in before.left_out:
                self._report(f"[{config.application}] {line}")
        return shown.directory


def remove_files(directory: Path) -> None:
    """Removes a copy, outside of the event loop; what is left goes with the run's directory."""
    asyncio.get_running_loop().run_in_executor(None, shutil.rmtree, directory, True)
