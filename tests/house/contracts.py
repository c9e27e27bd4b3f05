"""The import rules that the linter has no words for: a room's grammar, and how rooms meet."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output

from appengine.rpc.rooms import find_services, room_of

PIECES = frozenset(
    (
        "aliases cli config console front rpc runner runtime sandbox storage supervisor testbed "
        "webapp webapp2 webapp2_extras"
    ).split()
)
"""The folders and files of `appengine` that are no rooms."""

PLATFORM_ROOMS = frozenset({"cron", "quotas", "versions"})
"""Rooms without a service, which outside pieces may import by name."""

PUBLIC = "a public module"
INNER = frozenset({"service", "tables", "config"})
UPPER = INNER | {"server"}

GRAMMAR: dict[str, frozenset[str]] = {
    "": frozenset({"client", "service", PUBLIC}),
    "service": frozenset(),
    "client": frozenset({"service", PUBLIC}),
    PUBLIC: frozenset({"client", "service", PUBLIC}),
    "server": INNER,
    "tables": frozenset(),
    "config": frozenset({"service"}),
    "endpoints": UPPER,
    "worker": UPPER,
    "admin": UPPER,
}
"""What each file of a room may import in its own room; "" is its `__init__`."""

INSIDE = frozenset({"", "service", "client", PUBLIC})
OUTSIDE = frozenset(GRAMMAR) - INSIDE

PIECES_BELOW: dict[bool, frozenset[str]] = {
    True: frozenset({"rpc", "aliases"}),
    False: frozenset({"rpc", "storage", "config"}),
}
"""The pieces on which a file of a room may stand, by "the file is inside"."""

Edge = tuple[str, str]
Modules = Mapping[str, frozenset[str]]


class Place(msgspec.Struct, frozen=True):
    """Where a module stands: `appengine.mail.server.x` is in the server of mail."""

    room: str
    file: str
    name: str


class RoomsContract(Contract):  # type: ignore[misc]  # the linter ships no types for its classes
    """A room's files import as its grammar allows; of another room, only the declaration."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Returns what breaks the rule, one line an import or a file."""
        found = [*find_strangers(graph.modules, public_modules())]
        found += find_broken(edges_of(graph), public_modules())
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Prints each broken import."""
        for line in check.metadata["found"]:
            output.print_error(line)


def public_modules() -> dict[str, frozenset[str]]:
    """Returns the names of the Python modules that applications import, by room."""
    rooms: dict[str, set[str]] = {}
    for service in find_services().values():
        room = room_of(service)
        names = rooms.setdefault(room.rpartition(".")[2], set())
        for module in service.modules.values():
            names.add(module.removeprefix(f"{room}.").split(".")[0])
    return {room: frozenset(names) for room, names in rooms.items()}


def edges_of(graph: ImportGraph) -> Iterator[Edge]:
    """Returns every import between two modules of ours: who imports, what."""
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if importer.startswith("appengine.") and imported.startswith("appengine."):
                yield importer, imported


def find_strangers(modules: Iterable[str], public: Modules) -> Iterator[str]:
    """Returns a line for each file of a room that its grammar does not know."""
    for module in sorted(modules):
        place = _place(module, public)
        if place.room and place.room not in PIECES and place.file not in GRAMMAR:
            yield f"{module}: {place.file!r} is no file of a room; helpers go in the folder form"


def find_broken(edges: Iterable[Edge], public: Modules) -> Iterator[str]:
    """Returns a line for each import that no rule allows."""
    for importer, imported in edges:
        here, there = _place(importer, public), _place(imported, public)
        if not _may_import(here, there):
            yield f"{importer} -> {imported}"


def _may_import(here: Place, there: Place) -> bool:
    if there.room in PIECES:
        return here.room in PIECES or there.room in PIECES_BELOW[here.file in INSIDE]
    if here.room in PIECES:
        return _may_piece_import(here, there)
    if here.room != there.room:
        return there.file == "service"
    return there.file == here.file or there.file in GRAMMAR.get(here.file, frozenset())


def _may_piece_import(here: Place, there: Place) -> bool:
    """Returns whether a piece may name a room: most find their rooms through `rpc/rooms.py`."""
    if here.room == "testbed":
        return True
    if here.room in {"webapp", "webapp2", "webapp2_extras", "sandbox"}:
        return there.file in INSIDE
    if here.room in {"rpc", "storage", "config", "aliases"}:
        return False
    if there.file == "service" or there.room in PLATFORM_ROOMS:
        return True
    return here.room == "front" and there.room == "users" and there.file in OUTSIDE


def _place(module: str, public: Modules) -> Place:
    _, room, file, *_ = [*module.split("."), "", ""]
    if room not in PIECES and file in public.get(room, frozenset()):
        return Place(room, PUBLIC, file)
    return Place(room, file, file)
