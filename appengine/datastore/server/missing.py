"""What becomes of a query that misses an index: it is built, or the query refused."""

from appengine.datastore.server.building import Builds, count_kind, progress_of
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.index_file import IndexFile, stanza_of
from appengine.datastore.server.indexes import BUILDING, ERROR, Definition, Want
from appengine.datastore.service import DEADLINE_SECONDS, NeedIndexError, Timeout
from appengine.storage.engine import Storage
from appengine.storage.patience import seconds_left

AT_ONCE = 2000
"""Entities of a kind whose listed indexes are built while the query waits: under a second."""

MARGIN_SECONDS = 2.0
"""Time that is left to a request when it is told that its index is not ready yet."""


class MissingIndexes:
    """Serves the queries of one application that miss an index."""

    def __init__(
        self, storage: Storage, application: str, file: IndexFile | None, *, required: bool
    ) -> None:
        """Takes what the operator has set.

        Args:
            storage: the application's.
            application: its id.
            file: index.yaml; None: nobody knows of any.
            required: an index that the file does not list is not built.
        """
        self._storage = storage
        self._catalog = storage.companion(Catalog, application)
        self._builds = storage.companion(Builds, application)
        self._file = file
        self._required = required

    def serve(self, want: Want) -> None:
        """Builds what index.yaml lists for the kind, or else the index itself, and writes it there.

        Where indexes are required, those of a large kind are built in the background.

        Raises:
            NeedIndexError: it is not listed, and that is required; or it is being built in the
                background; or it cannot be built.
            Timeout: the request ends before the index is built, which goes on.
        """
        if self._serve_listed(want):
            return
        if self._required:
            raise NeedIndexError(f"no matching index found; index.yaml needs:\n{stanza_of(want)}")
        self._finish(self._define(want))
        if self._file is not None:
            self._file.keep([want])

    def _serve_listed(self, missing: Want) -> bool:
        """Builds the indexes that the file lists for a kind; returns False if all served before."""
        kind = missing[1]
        if self._file is None:
            return False
        listed = [want for want in self._file.listed() if want[1] == kind]
        known = [self._catalog.known.find(want) for want in listed]
        new = [
            want
            for want, found in zip(listed, known, strict=True)
            if found is None or found.state == BUILDING
        ]
        if not new:
            return False
        definitions = [self._define(want) for want in new]
        if self._required and self._is_large(kind):
            for definition in definitions:
                self._builds.start(definition)
            raise NeedIndexError(f"{self._progress(definitions)}\n{stanza_of(missing)}")
        for definition in definitions:
            self._finish(definition)
        return True

    def _define(self, want: Want) -> Definition:
        _form, kind, properties, ancestor = want
        return self._catalog.define_composite(kind, properties, ancestor)

    def _finish(self, definition: Definition) -> None:
        """Builds an index while the query waits; that of a large kind not beyond its request."""
        if self._is_large(definition.kind):
            self._builds.start(definition)
            if not self._builds.wait(definition, seconds_left(DEADLINE_SECONDS) - MARGIN_SECONDS):
                raise Timeout(f"{self._progress([definition])}\n{stanza_of(definition.name)}")
        else:
            self._builds.finish(definition)
        found = self._catalog.known.find(definition.name)
        if found is not None and found.state == ERROR:
            raise NeedIndexError(
                "the index cannot be built: an entity has too many rows in it:\n"
                f"{stanza_of(definition.name)}"
            )

    def _is_large(self, kind: str) -> bool:
        with self._storage.read() as connection:
            return count_kind(connection, self._catalog, kind, AT_ONCE + 1) > AT_ONCE

    def _progress(self, definitions: list[Definition]) -> str:
        with self._storage.read() as connection:
            found = [progress_of(connection, self._catalog, one) for one in definitions]
        done, total = min(found)
        return f"the index is being built, {done:,} of {total:,} entities are done; try again:"
