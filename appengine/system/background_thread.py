"""Background threads, which are refused: an instance runs code for open requests only.

A thread that a request starts with `threading` is fine, and ends with the request.

Source: App Engine, "Background threads" (`google.appengine.api.background_thread`).
"""

import threading
from collections.abc import Callable, Mapping, Sequence

from appengine.system.client import system
from appengine.system.service import (
    BackgroundRequest,
    BackgroundThreadLimitReachedError,
    Error,
    FrontendsNotSupported,
)

__all__ = [
    "BackgroundThread",
    "BackgroundThreadLimitReachedError",
    "Error",
    "FrontendsNotSupported",
    "start_new_background_thread",
]


def start_new_background_thread(
    target: Callable[..., object],
    args: Sequence[object],
    kwargs: Mapping[str, object] | None = None,
) -> int:
    """Asks for a thread that outlives the request, and is refused.

    Raises:
        FrontendsNotSupported: always; the text says what there is instead.
    """
    return int(system.start_background(BackgroundRequest()).request_id)


class BackgroundThread(threading.Thread):
    """A thread that outlives the request in which it is started."""

    def start(self) -> None:
        """Raises FrontendsNotSupported: it is refused."""
        start_new_background_thread(self.run, ())
