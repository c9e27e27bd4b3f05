"""The five frames of a request: a 4-byte length, then msgpack; bodies follow as raw bytes.

The front sends `Request` and `Reply`, the instance sends `Accepted`, `Call` and `Response`.
A frame is an array whose first item is its kind. Nothing else is ever on the wire.
"""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

WIRE_VERSION = 1
"""Both sides state it; they must agree. It grows when a frame changes its meaning."""

MAX_BODY_BYTES = 32 * 2**20
"""Largest body of a request or a response. Source: App Engine, "Quotas", incoming requests."""

MAX_FRAME_BYTES = MAX_BODY_BYTES + 2**16
"""Largest frame: a message of 32 MiB and its envelope. Checked before memory is taken."""

MAX_CALLS = 100
"""Calls of one request that may wait for their replies."""

PREFIX = 4
"""Bytes of the length before each frame, big-endian."""

Length = Annotated[int, Meta(ge=0, le=MAX_BODY_BYTES)]
Name = Annotated[str, Meta(max_length=100)]
Header = tuple[
    Annotated[str, Meta(min_length=1, max_length=500)], Annotated[str, Meta(max_length=65536)]
]


class MalformedCallError(Exception):
    """An instance sent bytes that no declared frame or message has: it may not live on."""


class Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Base of the frames."""


class Request(Frame, frozen=True, tag="request"):
    """Front to instance, first: the request; `body_length` bytes of its body follow.

    Attributes:
        environ: CGI and platform variables.
        script: what runs: the path of a CGI script in the application, or `module.object`.
        deadline_seconds: from `Accepted` on.
    """

    request_id: str
    script: str
    environ: dict[str, str]
    body_length: int
    deadline_seconds: float


class Accepted(Frame, frozen=True, tag="accepted"):
    """Instance to front, before it reads: the kernel attaches the sender's process number."""

    wire_version: int


class Call(Frame, frozen=True, tag="call"):
    """Instance to front: one service call, `number` being its own within the request.

    Attributes:
        deadline_seconds: the application's own for this call, from its decoding on; None: as long
            as the service's declaration and the request allow.
    """

    number: Annotated[int, Meta(ge=0, lt=2**32)]
    service: Name
    method: Name
    message: bytes
    deadline_seconds: Annotated[float, Meta(gt=0)] | None = None


class Reply(Frame, frozen=True, tag="reply"):
    """Front to instance: a call's answer: a message, or the name of an error and its text."""

    number: int
    message: bytes
    error: str = ""
    detail: str = ""


class Response(Frame, frozen=True, tag="response"):
    """Instance to front, last: the response; `body_length` bytes of its body follow."""

    status: Annotated[int, Meta(ge=100, le=599)]
    reason: Annotated[str, Meta(max_length=200)]
    headers: Annotated[list[Header], Meta(max_length=500)]
    body_length: Length


FromInstance = Accepted | Call | Response
FromFront = Request | Reply
F = TypeVar("F")

_encoder = msgspec.msgpack.Encoder()


def encode(frame: Frame) -> bytes:
    """Returns a frame as it goes over the wire, its length first."""
    buffer = bytearray(PREFIX)
    _encoder.encode_into(frame, buffer, PREFIX)
    buffer[:PREFIX] = (len(buffer) - PREFIX).to_bytes(PREFIX, "big")
    return bytes(buffer)


class Decoder(Generic[F]):
    """Decodes the frames of one direction: the trust boundary on the front's side."""

    def __init__(self, frames: type[F] | object) -> None:
        self._decoder: msgspec.msgpack.Decoder[F] = msgspec.msgpack.Decoder(frames)

    def decode(self, data: bytes | memoryview) -> F:
        """Returns the frame in `data`.

        Raises:
            MalformedCallError: it is none of this direction.
        """
        try:
            return self._decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedCallError(f"malformed frame: {error}") from error


from_instance: Decoder[FromInstance] = Decoder(FromInstance)
from_front: Decoder[FromFront] = Decoder(FromFront)


class FrameBuffer:
    """Cuts a stream of bytes into frames and bodies, whatever the pieces it comes in."""

    def __init__(self) -> None:
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def feed(self, data: bytes | memoryview) -> None:
        """Takes the next bytes of the stream."""
        self._data += data

    def take_frame(self) -> bytes | None:
        """Returns the bytes of the next frame, without its length, or None if it is not all here.

        Raises:
            MalformedCallError: its length exceeds `MAX_FRAME_BYTES`.
        """
        if len(self._data) < PREFIX:
            return None
        length = int.from_bytes(self._data[:PREFIX], "big")
        if length > MAX_FRAME_BYTES:
            raise MalformedCallError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES}")
        if len(self._data) < PREFIX + length:
            return None
        frame = bytes(memoryview(self._data)[PREFIX : PREFIX + length])
        del self._data[: PREFIX + length]
        return frame

    def take_bytes(self, limit: int) -> bytes:
        """Returns up to `limit` bytes of what is here: a piece of a body."""
        piece = bytes(memoryview(self._data)[:limit])
        del self._data[: len(piece)]
        return piece
