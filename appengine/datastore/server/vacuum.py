"""Removes the composite indexes that index.yaml does not list, and those half removed before."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from appengine.config.errors import ConfigurationError
from appengine.datastore.config import CompositeIndex, load_indexes
from appengine.datastore.server.building import remove
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.index_file import stanza_of, want_of
from appengine.datastore.server.indexes import RETIRED, Definition
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageError
from appengine.storage.files import data_file


def vacuum(
    directory: Path, application: str, path: Path, confirm: Callable[[CompositeIndex], bool]
) -> list[tuple[CompositeIndex, int]]:
    """Returns the indexes that were removed, and how many rows each of them had.

    A server may serve the application meanwhile.

    Args:
        directory: of data.
        application: the one whose indexes are meant.
        path: its index.yaml; where there is none, nothing is listed.
        confirm: says of each unlisted index whether it is to go.

    Raises:
        ConfigurationError: the file is no index.yaml.
        StorageError: the data cannot be written.
    """
    listed = {want_of(index) for index in load_indexes(path)}
    file = data_file(directory, application)
    if not file.exists():
        return []
    removed = []
    with closing(Storage(file)) as storage:
        catalog = storage.companion(Catalog, application)
        with storage.read() as connection:
            found = list(catalog.at(connection).all_composites())
        for definition in found:
            index = _as_listed(definition)
            is_listed = definition.form != RETIRED and want_of(index) in listed
            if not is_listed and (definition.form == RETIRED or confirm(index)):
                removed.append((index, remove(catalog, definition)))
    return removed


def _as_listed(definition: Definition) -> CompositeIndex:
    return CompositeIndex(definition.kind, definition.properties, definition.ancestor)


def ask(index: CompositeIndex) -> str:
    """Asks on the terminal whether an index is to go; returns the answer's first letter."""
    print(f"index.yaml does not list this index:\n{stanza_of(want_of(index))}")
    print("remove it? (y/N/a) ", end="", flush=True)
    return sys.stdin.readline().strip().lower()[:1]


def asking(answer: Callable[[CompositeIndex], str]) -> Callable[[CompositeIndex], bool]:
    """Returns what says whether an index is to go: y, n, or a for this and all others."""
    all_others = False

    def confirm(index: CompositeIndex) -> bool:
        nonlocal all_others
        given = "a" if all_others else answer(index)
        all_others = given == "a"
        return given in ("y", "a")

    return confirm


def main(directory: str, application: str, path: str, force: str) -> int:
    """Vacuums in a process of its own, for the command line; returns the exit status."""
    confirm = asking((lambda _index: "a") if force == "force" else ask)
    try:
        removed = vacuum(Path(directory), application, Path(path), confirm)
    except (ConfigurationError, StorageError) as error:
        print(f"appcfg.py: {error}", file=sys.stderr)
        return 1
    for index, rows in removed:
        print(f"removed an index of {index.kind}, {rows} rows")
    if not removed:
        print("no index was removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
