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
        shares_memory: what a process maps as shared its forks may see.
    """

    layers: frozenset[str] | list[str]
    mounts: list[Mount]
    workdir: str = "/app"
    uid: int | None = None
    memory_bytes: int | None = None
    processes: int = 200
    files: int = 64
    cpu_seconds: int | None = None
    shares_memory: bool = True

    def __post_init__(self) -> None:
        """Refuses what would leave a hole where nobody looks for one.

        Raises:
            ValueError: an unknown layer, root for a user, a relative path, or nothing allowed.
        """
        for layer in self.layers:
            if layer not in LAYERS:
                raise ValueError(f"layer {layer!r} is unknown; known: {', '.join(LAYERS)}")
        if self.uid is not None and self.uid <= 0:
            raise ValueError(f"uid {self.uid!r} is not an ordinary user's; at least 1")
        for path in (self.workdir, *(mount.inside for mount in self.mounts)):
            if not path.startswith("/") or ".." in path.split("/"):
                raise ValueError(f"path {path!r} inside the cage must be absolute, without '..'")
        for name in ("memory_bytes", "processes", "files", "cpu_seconds"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} {value!r} allows nothing; at least 1")
