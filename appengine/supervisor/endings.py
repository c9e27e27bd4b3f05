"""Why a process that is not our child has ended, as far as the kernel says."""

import asyncio
import fcntl
import os
import signal
import struct

from appengine.supervisor.messages import readable

PIDFD_GET_INFO = 0xC0000000 | (64 << 16) | (0xFF << 8) | 11
"""_IOWR(0xFF, 11, struct pidfd_info): Linux 6.13, with the exit status since 6.15."""

INFO_EXIT = 1 << 3
_INFO = struct.Struct("QQ11Ii")
_SIZE = 64

UNKNOWN = "died"

END_SECONDS = 1.0
"""A process that has closed its sockets ends within that time, unless it is held up."""

REAPED_STEPS, REAPED_STEP_SECONDS = 20, 0.005
"""How often, and in what steps, the kernel is asked of one that has ended and is being reaped."""


def why_it_ended(pidfd: int) -> str:
    """Returns "killed by SIGSEGV", "exited with status 3", or "died" where nothing is known."""
    status = _wait_status(pidfd)
    if status is None:
        return UNKNOWN
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


async def wait_for_cause(pidfd: int) -> str:
    """Returns why a process has ended that is about to; "died" where it does not, or who knows."""
    try:
        async with asyncio.timeout(END_SECONDS):
            await readable(pidfd)
    except TimeoutError:
        return UNKNOWN
    for _ in range(REAPED_STEPS):
        if (cause := why_it_ended(pidfd)) != UNKNOWN:
            return cause
        await asyncio.sleep(REAPED_STEP_SECONDS)
    return UNKNOWN


def _wait_status(pidfd: int) -> int | None:
    buffer = bytearray(_SIZE)
    struct.pack_into("Q", buffer, 0, INFO_EXIT)
    try:
        fcntl.ioctl(pidfd, PIDFD_GET_INFO, buffer)
    except OSError:  # an older kernel, or the process has not ended
        return None
    mask, *_, status = _INFO.unpack_from(buffer)
    return status if mask & INFO_EXIT else None
