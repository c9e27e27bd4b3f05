"""Which of an application's files are its own to read: neither skipped nor static only.

Source: App Engine, "app.yaml", `skip_files`, `application_readable` and `error_handlers`.
"""

import posixpath

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.handlers import StaticHandler
from appengine.config.patterns import Regex, literal

_WHOLE_DIRECTORY = "/\\1"
"""How the template of a `static_dir` ends."""


class VisibleFiles:
    """The rule of one version, for paths below the application's directory: `images/logo.png`."""

    def __init__(self, config: ApplicationConfig, *, with_skipped: bool = False) -> None:
        """Takes the rule from app.yaml; `with_skipped` shows what `skip_files` matches, too."""
        self._skipped = None if with_skipped else Regex(config.skip_files)
        handlers = [each for each in config.handlers if isinstance(each, StaticHandler)]
        self._uploads = [(_upload(each), each.application_readable) for each in handlers]
        self._error_pages = {posixpath.normpath(page.file) for page in config.error_handlers}

    def has(self, path: str) -> bool:
        """Returns whether a directory or file is a part of the application at all.

        What is not takes all below with it, so this is asked on the way down.
        """
        return self._skipped is None or not self._skipped.is_match(_readable(path))

    def is_readable(self, path: str) -> bool:
        """Returns whether a file of the application is more than static.

        The first handler that uploads the file decides.
        """
        text = _readable(path)
        for upload, is_readable in self._uploads:
            if upload.is_match(text):
                return is_readable
        return path not in self._error_pages


def _upload(handler: StaticHandler) -> Regex:
    """Returns the expression for the files that a handler serves."""
    if handler.upload:
        return Regex(handler.upload)
    folder = posixpath.normpath(handler.file.removesuffix(_WHOLE_DIRECTORY))
    return Regex(literal(folder) + "/.*")


def _readable(path: str) -> str:
    """Returns a path that an expression can be tried on: not every file's name is UTF-8."""
    return path.encode("utf-8", "replace").decode()
