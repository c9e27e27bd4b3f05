"""The front's unix socket, as the supervisor asks there: without an HTTP library in its memory."""

import asyncio
from pathlib import Path

import msgspec

from appengine.rpc.internal import InternalRequest, InternalResponse

MAX_RESPONSE_BYTES = 2**20
"""Of answers to what the supervisor asks: nobody reads their bodies."""


async def ask(path: Path, request: InternalRequest) -> InternalResponse:
    """Returns an application's response to a request of the supervisor.

    Raises:
        OSError: the front does not answer, or with what is no response.
    """
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_RESPONSE_BYTES)
    try:
        data = msgspec.msgpack.encode(request)
        head = f"POST / HTTP/1.1\r\nHost: front\r\nContent-Length: {len(data)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + data)
        answer = await reader.readuntil(b"\r\n\r\n")
        body = await reader.read(MAX_RESPONSE_BYTES)
        while piece := await reader.read(MAX_RESPONSE_BYTES):
            body += piece
    except asyncio.IncompleteReadError as error:
        raise OSError("the front closed the connection") from error
    finally:
        writer.close()
    if answer.split()[1:2] != [b"200"]:
        raise OSError(f"the front answers {answer[:100]!r}")
    try:
        return msgspec.msgpack.decode(body, type=InternalResponse)
    except msgspec.MsgspecError as error:
        raise OSError(f"the front answers what is no response: {error}") from error
