"""What an instance tells of an exception that its application did not handle, in place of a body.

Both sides: the instance takes it apart, the front shows it to the developer, or to nobody.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

HEADER = "X-AppEngine-Failure"
"""Marks a response whose body is a `Failure`, as msgpack; no client ever sees one."""

MAX_TEXT = 64 * 1024
MAX_LINKS = 5
MAX_FRAMES = 30
MAX_LOCALS = 40
MAX_VALUE = 400
"""Characters of a text, exceptions of a chain, frames, variables of a frame, characters of one."""

_Value = Annotated[str, Meta(max_length=2 * MAX_VALUE)]


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One frame of a traceback.

    Attributes:
        file: relative to the application's directory, where it is below it.
        source: the lines around it, by number.
        variables: its local names and what they hold, as `repr` shows it, cut.
    """

    file: _Value
    line: int
    function: _Value
    source: Annotated[list[tuple[int, _Value]], Meta(max_length=20)]
    variables: Annotated[list[tuple[_Value, _Value]], Meta(max_length=MAX_LOCALS)]


class Link(msgspec.Struct, frozen=True, array_like=True):
    """One exception of a chain.

    Attributes:
        name: of its class.
        leads: how it came to the next: "" for the last one.
    """

    name: _Value
    message: Annotated[str, Meta(max_length=MAX_TEXT)]
    frames: Annotated[list[Frame], Meta(max_length=MAX_FRAMES)]
    leads: Annotated[str, Meta(max_length=100)] = ""


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """An exception with what led to it.

    Attributes:
        text: the traceback as Python writes it, with the frames of the application only.
        links: the first cause first; empty where only the text is known.
    """

    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    links: Annotated[list[Link], Meta(max_length=MAX_LINKS)] = []


_decoder = msgspec.msgpack.Decoder(Failure)


def encode_failure(failure: Failure) -> bytes:
    """Returns a failure as the body of a response."""
    return msgspec.msgpack.encode(failure)


def decode_failure(data: bytes) -> Failure:
    """Returns the failure in a body.

    Raises:
        ValueError: it is none.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"malformed failure: {error}") from error
