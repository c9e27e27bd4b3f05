"""The supervisor's unix socket: questions of the front's workers and of the console."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from appengine.rpc.control import Question, pack

MAX_QUESTION_BYTES = 4 * 2**20

Answer = Callable[[Question], Awaitable[msgspec.Struct]]


async def listen(path: Path, answer: Answer) -> asyncio.AbstractServer:
    """Starts to answer; only our own processes can reach a socket in the run's directory."""

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

    server = await asyncio.start_unix_server(serve, str(path))
    path.chmod(0o600)  # whatever the operator's umask lets others do
    return server
