"""An exception as the application's developer wants to read it: without others' frames."""

import os
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException

FOREIGN = (str(Path(__file__).parents[1]) + os.sep, str(Path(os.__file__).parent) + os.sep)
"""Where the platform and the standard library are."""

LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def format_exception(exception: BaseException) -> str:
    """Returns a traceback with the frames of the application and its templates alone.

    An exception that none of these had a part in keeps all of its frames.
    """
    described = TracebackException.from_exception(exception)
    link: TracebackException | None = described
    while link is not None:  # the exceptions that this one followed; they form no circle
        if own := [frame for frame in link.stack if is_own(frame)]:
            link.stack = StackSummary.from_list(own)
        link = link.__cause__ or link.__context__
    return "".join(described.format())


def is_own(frame: FrameSummary) -> bool:
    """Returns whether a frame is of a file of the application."""
    file = frame.filename
    return not (file.startswith((*FOREIGN, "<")) or any(part in file for part in LIBRARIES))
