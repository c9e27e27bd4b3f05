"""What a cage is made of: its layers, the files it shows and its limits, as data."""

from typing import Literal, get_args

from msgspec import Struct

LayerName = Literal["namespaces", "privileges", "limits", "landlock", "seccomp", "python"]

LAYERS: tuple[LayerName, ...] = get_args(LayerName)
"""All layers, from the outermost on; the last is for messages only, no safety rests on it."""


class Mount(Struct, frozen=True):
    """A file or directory that the cage shows, read-only.

    Attributes:
        source: its path outside.
        inside: its path inside; the same one where the machine has no namespaces.
        optional: it may be missing.
    """

    source: str
    inside: str
    optional: bool = False


class CageConfig(Struct, frozen=True, kw_only=True):
    """One version's cage.

    Attributes:
        layers: those to put up; tests leave some out.
        workdir: the application's path inside: the current directory.
        uid: the user and group that root becomes, this version's alone; None stays who it is.
        memory_bytes: of private memory; None is no limit.
        processes: and threads of the user, all instances of the version together.
        files: open at once, in an instance.
        cpu_seconds: of one instance's life, the last resort behind deadlines; None is no limit.
    """

    layers: frozenset[str] | list[str]
    mounts: list[Mount]
    workdir: str = "/app"
    uid: int | None = None
    memory_bytes: int | None = None
    processes: int = 200
    files: int = 64
    cpu_seconds: int | None = None
