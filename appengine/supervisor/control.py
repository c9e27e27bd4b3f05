"""The supervisor's unix socket: questions of the front's workers and of the console."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import msgspec

from appengine.rpc.control import Question, pack

MAX_QUESTION_BYTES = 4 * 2**20

BACKLOG = 2048
"""Questions that wait: each thread of the front may have one, and the console's get through."""

Answer = Callable[[Question], Awaitable[msgspec.Struct]]


async def listen(listener: socket.socket, answer: Answer) -> asyncio.AbstractServer:
    """Starts to answer on a listening socket, which only our own processes can reach."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            length = int.from_bytes(await reader.readexactly(4), "big")
            if length <= MAX_QUESTION_BYTES:
                question = msgspec.msgpack.decode(await reader.readexactly(length), type=Question)
                writer.write(pack(await answer(question)))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            return  # whoever asked has died
        finally:
            writer.close()

    return await asyncio.start_unix_server(serve, sock=listener, backlog=BACKLOG)
