"""What a transaction sees: every group as it was at one moment, whatever is committed later."""

from collections.abc import Mapping

from appengine.datastore.server import log
from appengine.datastore.server.commit import read_body, read_version
from appengine.datastore.server.entities import Place
from appengine.datastore.server.keys import bucket_of, check_key, decode_key, encode_key
from appengine.datastore.service import (
    MAX_GROUPS,
    BadRequestError,
    ConcurrentTransactionError,
    Key,
)
from appengine.storage.connection import Connection

Overlay = dict[bytes, bytes | None]
"""Entities of a group as the transaction sees them, where they differ from the rows."""


class Snapshot:
    """The groups that a transaction has touched, and the moment that they show.

    The first group shows its moment; each further one is seen at a moment at which all those
    before had the versions that the transaction has seen.
    """

    def __init__(
        self, connection: Connection, application: str, versions: Mapping[Key, int]
    ) -> None:
        """Begins with the versions that the transaction has seen in earlier calls.

        Raises:
            BadRequestError: one is of what is no key.
        """
        for root in versions:
            check_key(root)
        self._connection = connection
        self._application = application
        self._seen = {encode_key(root): version for root, version in versions.items()}
        self._new: dict[bytes, int] = {}
        self._overlays: dict[bytes, Overlay] = {}

    @property
    def new_versions(self) -> dict[Key, int]:
        """The versions of groups that were first touched here, by root key."""
        return {decode_key(root): version for root, version in self._new.items()}

    def body(self, place: Place) -> bytes | None:
        """Returns the entity at a place as the transaction sees it, or None."""
        self.touch(place.root)
        current = read_body(self._connection, self._application, place)
        return self.overlay(place.root).get(place.key, current)

    def touch(self, root: bytes) -> int:
        """Returns the version at which the transaction sees a group.

        Raises:
            BadRequestError: it would be one group too many.
            ConcurrentTransactionError: the moment is too long ago.
        """
        if root not in self._seen:
            if len(self._seen) >= MAX_GROUPS:
                raise BadRequestError(
                    "operating on too many entity groups in a single transaction: "
                    f"at most {MAX_GROUPS}"
                )
            self._seen[root] = self._new[root] = self._first_version(root)
        return self._seen[root]

    def overlay(self, root: bytes) -> Overlay:
        """Returns what of a touched group differs from its rows, which are read before.

        Raises:
            ConcurrentTransactionError: the log no longer reaches back so far.
        """
        if root not in self._overlays:
            self._overlays[root] = self._read_overlay(root)
        return self._overlays[root]

    def _read_overlay(self, root: bytes) -> Overlay:
        version = self._seen[root]
        current = self._current(root)
        if current == version:
            return {}
        held, images = log.images_above(self._connection, self._application, root, version)
        if held != current - version:
            raise _too_old(root, version)
        return images

    def _first_version(self, root: bytes) -> int:
        current = self._current(root)
        moved = [
            self._commit_after(other, version)
            for other, version in self._seen.items()
            if self._current(other) != version
        ]
        if not moved:
            return current
        return log.version_before(self._connection, self._application, root, min(moved), current)

    def _commit_after(self, root: bytes, version: int) -> int:
        """Returns the commit by which a group left the version that the transaction has seen."""
        commit = log.commit_of(self._connection, self._application, root, version + 1)
        if commit is None:
            raise _too_old(root, version)
        return commit

    def _current(self, root: bytes) -> int:
        return read_version(self._connection, self._application, root, bucket_of(root))


def _too_old(root: bytes, version: int) -> ConcurrentTransactionError:
    return ConcurrentTransactionError(
        f"version {version} of the entity group {root!r} is no longer kept: begin again"
    )
