"""Messages on the control sockets of other processes, waited for beside everything else."""

import array
import asyncio
import socket
import struct

from appengine.rpc.boot import MAX_MESSAGE_BYTES

CREDENTIALS = struct.Struct("3i")


def send_descriptors(control: socket.socket, data: bytes, numbers: list[int]) -> None:
    """Sends a message with copies of open files."""
    rights = array.array("i", numbers)
    control.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


async def receive_from(control: socket.socket) -> tuple[int, bytes]:
    """Returns the sender's process number, by the kernel's word, and the next message."""
    await readable(control)
    data, ancillary, _, _ = control.recvmsg(MAX_MESSAGE_BYTES, socket.CMSG_SPACE(CREDENTIALS.size))
    for level, kind, value in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return CREDENTIALS.unpack(value)[0], data
    return 0, b""


async def readable(file: socket.socket | int) -> None:
    """Waits until there is something to read."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    number = file if isinstance(file, int) else file.fileno()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    loop.add_reader(number, wake)
    try:
        await future
    finally:
        loop.remove_reader(number)
