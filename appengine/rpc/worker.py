"""Outside: what a room's loops are made of: work that goes on while no request asks for it.

A room's `worker.py` names them in `LOOPS`; the runner finds it and keeps them running beside the
Admin Console.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from appengine.config.settings import Settings

if TYPE_CHECKING:  # SQL comes with the first loop that is needed
    from appengine.rpc.server import Resources


def always(settings: Settings) -> bool:
    """Returns True: the loop is needed whatever the operator states."""
    return True


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """Work of a room that goes on for as long as the server runs.

    Attributes:
        name: as the log says it: `delivery of mail`.
        run: does the work until the event is set, then returns. What it raises is logged; then
            it is started again, after a wait that grows with each failure. One that returns
            before the event is set has nothing to do in this run of the server.
        is_needed: whether there is anything to do; what is not needed costs nothing.
    """

    name: str
    run: "Callable[[Resources, threading.Event], None]"
    is_needed: Callable[[Settings], bool] = always
