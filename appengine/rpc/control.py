"""Outside: what the front and the console ask of the supervisor, over its unix socket.

One question a connection: a 4-byte length and msgpack, then the answer in the same form.
"""

import socket
from pathlib import Path
from typing import TypeVar

import msgspec

A = TypeVar("A", bound=msgspec.Struct)
MAX_ANSWER_BYTES = 16 * 2**20
TIMEOUT_SECONDS = 5.0


STOPPED = "stopped while idle"
"""The cause of an instance's end that is nobody's fault."""

SWITCHED_OFF = "the version is stopped"
"""Why no instance is started for a request: none is to be."""


class NeedInstance(msgspec.Struct, frozen=True, tag="need"):
    """A request of this version waits: start a further instance, if there may be one.

    Attributes:
        at_once: also where one is being started: the request may wait no longer.
    """

    version: str
    at_once: bool = False


class Kill(msgspec.Struct, frozen=True, tag="kill"):
    """Kill the instance with this process number, which holds this request.

    Attributes:
        version: the name of the generation whose socket the process answered on: what answers
            there and is no instance is none that we have started.
    """

    version: str
    pid: int
    request_id: str
    cause: str


class LetGo(msgspec.Struct, frozen=True, tag="let go"):
    """Let the instance with this process number finish its requests and end."""

    pid: int
    cause: str


class AskCause(msgspec.Struct, frozen=True, tag="cause"):
    """Why did the instance with this process number die? Waits a moment for its status."""

    pid: int


class AskModule(msgspec.Struct, frozen=True, tag="module"):
    """How many instances has a module? The answer is a `ModuleState`."""

    application: str
    module: str


class SetInstances(msgspec.Struct, frozen=True, tag="instances"):
    """A module of manual scaling shall have so many instances."""

    application: str
    module: str
    instances: int


class AskPause(msgspec.Struct, frozen=True, tag="pause"):
    """How long has the instance with this process number waited for a developer at a breakpoint?"""

    pid: int


class AskStatus(msgspec.Struct, frozen=True, tag="status"):
    """What does the console show?"""


class Record(msgspec.Struct, frozen=True, tag="record"):
    """Requests that have ended, for the console: one batch a second from each worker."""

    traces: list[msgspec.Raw]


class WorkerReady(msgspec.Struct, frozen=True, tag="ready"):
    """A worker of the front, or the console, takes requests from now on."""

    role: str


class Quit(msgspec.Struct, frozen=True, tag="quit"):
    """Stop the server."""


InstanceQuestion = NeedInstance | Kill | LetGo | AskCause | AskModule | SetInstances
Question = InstanceQuestion | AskPause | AskStatus | Record | WorkerReady | Quit


class Done(msgspec.Struct, frozen=True):
    """The answer to a question: what happened, or the cause that was asked for."""

    text: str = ""


class Paused(msgspec.Struct, frozen=True):
    """The answer to `AskPause`: seconds in all, and whether it waits now."""

    seconds: float = 0.0
    is_open: bool = False


def pack(message: msgspec.Struct) -> bytes:
    """Returns a question or an answer as it goes over the socket."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(4, "big") + data


def ask(path: Path, question: Question, answer: type[A]) -> A:
    """Returns the supervisor's answer.

    Raises:
        OSError: there is no supervisor, or it did not answer within 5 seconds.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(str(path))
        connection.sendall(pack(question))
        length = int.from_bytes(_read(connection, 4), "big")
        if length > MAX_ANSWER_BYTES:
            raise OSError(f"an answer of {length} bytes; at most {MAX_ANSWER_BYTES}")
        return msgspec.msgpack.decode(_read(connection, length), type=answer)


def _read(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        if not (piece := connection.recv(length - len(data))):
            raise OSError("the supervisor closed the connection")
        data += piece
    return bytes(data)
