"""Ids: scattered ones that the datastore gives out, and ranges in a row that are reserved."""

from collections.abc import Iterable
from threading import Lock
from typing import cast

import sqlalchemy as sql

from appengine.datastore.server.keys import encode_key, encode_text
from appengine.datastore.service import BadRequestError, Key
from appengine.datastore.tables import counters
from appengine.storage.connection import Connection, Prepared, upsert
from appengine.storage.engine import Storage

COUNTER_BITS = 51
"""Bits of the counter that is reversed into scattered ids."""

LAST_SEQUENTIAL = 2**52 - 1
"""Last id in a row; scattered ones lie above, so the two never meet."""

REACH = 2**40
"""Scattered ids that no application ever uses up."""

LEASE = 1000
"""Scattered ids that a process takes at once; what it does not use is lost."""

SCATTERED = b"scattered ids"
"""Name of the counter of scattered ids."""

_insert = upsert(counters).values(
    application=sql.bindparam("application"),
    name=sql.bindparam("name"),
    value=sql.bindparam("number"),
)
_advance = Prepared(
    _insert.on_conflict_do_update(
        index_elements=[counters.c.application, counters.c.name],
        set_={"value": counters.c.value + _insert.excluded.value},
    ).returning(counters.c.value),
    "application",
    "name",
    "number",
)
_raise_to = Prepared(
    _insert.on_conflict_do_update(
        index_elements=[counters.c.application, counters.c.name],
        set_={"value": sql.func.max(counters.c.value, _insert.excluded.value)},
    ),
    "application",
    "name",
    "number",
)
_read = Prepared(
    sql.select(counters.c.value).where(
        counters.c.application == sql.bindparam("application"),
        counters.c.name == sql.bindparam("name"),
    ),
    "application",
    "name",
)


def scatter(counter: int) -> int:
    """Returns the id of a counter's value: its bits reversed, so that neighbours lie far apart.

    Source: App Engine, the "default" policy of automatic ids.
    """
    return int(f"{counter:0{COUNTER_BITS}b}"[::-1], 2) + LAST_SEQUENTIAL + 1


def is_scattered(number: int) -> bool:
    """Returns whether an id lies where scattered ones do."""
    return LAST_SEQUENTIAL < number <= LAST_SEQUENTIAL + (1 << COUNTER_BITS)


def counter_of_scattered(number: int) -> int:
    """Returns the counter's value that `scatter` makes a scattered id of."""
    return int(f"{number - LAST_SEQUENTIAL - 1:0{COUNTER_BITS}b}"[::-1], 2)


class Ids:
    """Gives out the ids of one application."""

    def __init__(self, storage: Storage, application: str) -> None:
        self._storage = storage
        self._application = application
        self._lock = Lock()
        self._next, self._last = 1, 0

    def complete(self, keys: list[Key], *, sequential: bool = False) -> list[Key]:
        """Returns the keys with ids where they had none.

        Args:
            keys: complete and incomplete ones.
            sequential: ids in a row by parent and kind, as the "legacy" policy has it.
        """
        if not sequential:
            return [
                key if _is_complete(key) else self._with(key, self._scattered()) for key in keys
            ]
        return [
            key if _is_complete(key) else self._with(key, self.allocate(key, 1)[0]) for key in keys
        ]

    def _with(self, key: Key, number: int) -> Key:
        return Key(key.namespace, (*key.path[:-1], number))

    def _scattered(self) -> int:
        with self._lock:
            if self._next > self._last:
                with self._storage.transaction() as connection:
                    last = self._advance(connection, SCATTERED, LEASE)
                self._next, self._last = last - LEASE + 1, last
            self._next += 1
            return scatter(self._next - 1)

    def allocate(self, key: Key, size: int) -> tuple[int, int]:
        """Reserves ids in a row and returns the first and the last.

        Raises:
            BadRequestError: there are not so many left.
        """
        with self._storage.transaction() as connection:
            last = self._advance(connection, _counter_of(key), size)
            if last > LAST_SEQUENTIAL:
                raise BadRequestError(f"no {size} ids are left; the last one is {LAST_SEQUENTIAL}")
        return last - size + 1, last

    def allocate_to(self, key: Key, last: int) -> tuple[int, int]:
        """Reserves all ids up to `last` and returns those that were still free."""
        if last > LAST_SEQUENTIAL:
            raise BadRequestError(f"the id {last} is above the last one, {LAST_SEQUENTIAL}")
        name = _counter_of(key)
        with self._storage.transaction() as connection:
            row = _read.one(connection, self._application, name)
            used = 0 if row is None else cast(int, row[0])
            _raise_to.change(connection, self._application, name, last)
        return used + 1, max(used, last)

    def pass_over(self, chosen: Iterable[int]) -> None:
        """Keeps scattered ids that somebody has chosen from being given out, and those before.

        An id as it is given out, copied from another datastore, would otherwise be given out here
        too, and its entity be overwritten. Ids beyond `REACH` are never reached.
        """
        counters_of = (counter_of_scattered(number) for number in chosen if is_scattered(number))
        last = max((counter for counter in counters_of if counter < REACH), default=0)
        if last:
            with self._lock, self._storage.transaction() as connection:
                _raise_to.change(connection, self._application, SCATTERED, last)
                self._next, self._last = 1, 0  # what was taken before may hold one

    def _advance(self, connection: Connection, name: bytes, number: int) -> int:
        row = _advance.one(connection, self._application, name, number)
        return cast(int, (row or (0,))[0])


def _is_complete(key: Key) -> bool:
    return key.path[-1] is not None


def _counter_of(key: Key) -> bytes:
    """Returns the name of the counter of a key's parent and kind."""
    parent = Key(key.namespace, key.path[:-2])
    return b"ids:" + encode_key(parent) + encode_text(str(key.path[-2]))
