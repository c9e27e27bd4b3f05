"""What the supervisor tells the nursery's processes, and what they answer, before any request.

Both sides: the supervisor never imports the instance's side, it only speaks to it.
"""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

S = TypeVar("S")

MAX_MESSAGE_BYTES = 2**17
"""Largest message on a control socket: one datagram of SOCK_SEQPACKET."""


class Layer(msgspec.Struct, frozen=True):
    """One layer of the sandbox, as probed by doing.

    Attributes:
        detail: how it is done here, or why it cannot be.
    """

    name: str
    on: bool
    detail: str = ""


class NurseryReady(msgspec.Struct, frozen=True):
    """Nursery to supervisor, once: what this machine has."""

    layers: list[Layer]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Supervisor to zygote: one version of an application, and its cage.

    Attributes:
        directory: the application's files, on the machine.
        libraries: the directory of those that requirements.txt names; "" if there are none.
        scripts: the dotted paths to import and the CGI files to compile before any request.
        environ: what `os.environ` holds outside of requests.
        layers: the sandbox layers to put up; with namespaces as `Prepare` has said.
        uid: in root mode, the user number of this version alone; None: as the supervisor's.
        memory_bytes: of one instance: data, stack and heap; None: no limit.
        threads: requests that one instance serves at a time.
        debug: the front is told the variables of an exception, too.
        has_own_socket: each instance is asked on a socket of its own before it takes requests.
        has_terminal: the standard input of each instance is the server's terminal.
        forks: requests that one instance serves at a time in a fork of its own for each; 0: it
            serves them itself, in threads.
    """

    application: str
    version: str
    directory: str
    scripts: list[str]
    environ: dict[str, str]
    layers: list[str]
    uid: int | None
    memory_bytes: int | None
    threads: Annotated[int, Meta(ge=1, le=100)]
    debug: bool
    log_level: str = "info"
    processes: int = 200
    libraries: str = ""
    has_own_socket: bool = False
    has_terminal: bool = False
    forks: Annotated[int, Meta(ge=0, le=100)] = 0


class Prepare(msgspec.Struct, frozen=True):
    """Supervisor to keeper, before it knows for whom: how to begin the cage.

    Attributes:
        isolated: in namespaces of its own, with a root of its own.
    """

    isolated: bool


class KeeperStarted(msgspec.Struct, frozen=True, tag="keeper"):
    """Keeper to supervisor: it lives; the kernel attaches its process number."""


class ZygoteReady(msgspec.Struct, frozen=True, tag="zygote"):
    """Zygote to supervisor: the application is imported, instances may be forked.

    Attributes:
        failures: the traceback of each script that could not be loaded, by script.
        import_seconds: what loading the application's scripts took.
    """

    failures: dict[str, str]
    import_seconds: float
    threads: int


class CageFailed(msgspec.Struct, frozen=True, tag="failed"):
    """Keeper or zygote to supervisor: a wall could not be put up, so nothing runs."""

    reason: str


FromKeeper = KeeperStarted | ZygoteReady | CageFailed


class Spawn(msgspec.Struct, frozen=True):
    """Supervisor to zygote, with descriptors: listener, boot socket, output, error output.

    Where the plan says so, the instance's own listening socket and its terminal follow.

    Attributes:
        instance_id: what the instance is called, by the supervisor and by itself.
    """

    instance_id: str


MAX_SPAWN_BYTES = 256
"""Largest `Spawn`."""

DEBUGGER_BEGINS, DEBUGGER_ENDS = b"\x01", b"\x02"
"""On an instance's terminal: its debugger waits for the developer, and does no longer."""

READY = b"ready"
"""Instance to supervisor on its boot socket; the kernel attaches its process number."""


def encode(message: msgspec.Struct) -> bytes:
    """Returns a message as one datagram."""
    return msgspec.msgpack.encode(message)


def decode(data: bytes, kind: type[S] | object) -> S:
    """Returns the message in a datagram.

    Raises:
        msgspec.MsgspecError: it is none of that kind.
    """
    message: S = msgspec.msgpack.decode(data, type=kind)
    return message
