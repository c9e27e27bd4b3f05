"""The last requests of a generation that another has replaced."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from appengine.front.table import OPEN, WAITING, Table
from appengine.supervisor.generations import Generation
from appengine.supervisor.readiness import GenerationError

RETIRE_SECONDS = 0.25
"""Between two looks; also between two starts of instances that die of every request."""


async def finish_requests(
    generation: Generation,
    table: Table,
    start: Callable[[Generation], Awaitable[None]],
    seconds: float,
) -> None:
    """Returns when no request of a generation is open or waits, or after so many seconds.

    Requests that were there before the routes changed wait on its own socket. Where the last of its
    instances has died one more is started for them; where that cannot be, they are refused.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(RETIRE_SECONDS)
        waiting = table.total(generation.column, WAITING)
        if not waiting and not table.total(generation.column, OPEN):
            return
        if waiting and generation.owns_socket and not generation.staying():
            try:
                await start(generation)
            except GenerationError:
                generation.refuse()
