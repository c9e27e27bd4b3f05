"""A range of keys of one kind, walked and split by programs that work through whole kinds.

Source: App Engine, `google.appengine.ext.key_range`.
"""

import json
from collections.abc import Iterable
from functools import total_ordering
from itertools import pairwise
from typing import Self, TypeVar

from appengine.datastore.client.entities import Entity
from appengine.datastore.client.queries import Query as PlainQuery
from appengine.datastore.datastore_errors import BadArgumentError
from appengine.datastore.datastore_errors import Error as DatastoreError
from appengine.datastore.datastore_types import Key, resolve_namespace
from appengine.datastore.db.queries import Query
from appengine.datastore.db.stored import Stored

__all__ = ["Error", "KeyRange", "KeyRangeError", "SimplejsonUnavailableError"]

M = TypeVar("M", bound=Stored)

SAMPLES = 8
"""Keys of the sample that are read for each bound: of more the middle ones are better known."""

MIN_CHARACTER, MAX_CHARACTER = 0x20, 0x7F
"""Splitting by name assumes that names hold characters from blank to `~`."""


class Error(DatastoreError):
    """Base of the errors of key ranges."""


class KeyRangeError(Error):
    """The range cannot be made, split or advanced so."""


class SimplejsonUnavailableError(Error):
    """JSON cannot be written: it always can."""


@total_ordering
class KeyRange:
    """The keys from `key_start` to `key_end`; None is open. `direction` is that of the walk."""

    ASC = "ASC"
    DESC = "DESC"

    def __init__(  # App Engine's own positions
        self,
        key_start: Key | None = None,
        key_end: Key | None = None,
        direction: str | None = None,
        include_start: bool = True,
        include_end: bool = True,
        namespace: str | None = None,
        _app: str | None = None,
    ) -> None:
        """Makes a range.

        Raises:
            BadArgumentError: the direction is neither `ASC` nor `DESC`.
            KeyRangeError: a key is of another namespace, or the start lies behind the end.
        """
        self.direction = direction or self.ASC
        if self.direction not in (self.ASC, self.DESC):
            raise BadArgumentError(
                f"direction is {self.ASC} or {self.DESC}; received {direction!r}"
            )
        given = [key for key in (key_start, key_end) if key is not None]
        if namespace is None:
            namespace = given[0].namespace() if given else resolve_namespace(None)
        for key in given:
            if key.namespace() != namespace:
                raise KeyRangeError(f"{key!r} is not in the namespace {namespace!r} of the range")
        if key_start is not None and key_end is not None and key_start > key_end:
            raise KeyRangeError(f"the range starts at {key_start!r}, behind its end {key_end!r}")
        self.key_start, self.key_end = key_start, key_end
        self.include_start, self.include_end = include_start, include_end
        self.namespace, self._app = namespace, _app

    def advance(self, key: Key) -> None:
        """Takes `key`, the one that was worked on last, and what lies before it out of the range.

        Raises:
            KeyRangeError: it is not in the range.
        """
        if (self.key_start is not None and key < self.key_start) or (
            self.key_end is not None and key > self.key_end
        ):
            raise KeyRangeError(f"{key!r} is not in the range {self!r}")
        if self.direction == self.ASC:
            self.key_start, self.include_start = key, False
        else:
            self.key_end, self.include_end = key, False

    def filter_query(
        self, query: Query[M], filters: Iterable[tuple[str, str, object]] | None = None
    ) -> Query[M]:
        """Adds the range, and filters of property, operator and value, to a query of models."""
        for name, operator, value in filters or ():
            query.filter(f"{name} {operator}", value)
        for operator, key in self._bounds():
            query.filter(f"__key__ {operator}", key)
        return query

    def filter_datastore_query(
        self, query: PlainQuery, filters: Iterable[tuple[str, str, object]] | None = None
    ) -> PlainQuery:
        """Adds the range, and filters of property, operator and value, to a plain query."""
        for name, operator, value in filters or ():
            query.update({f"{name} {operator}": value})
        query.update({f"__key__ {operator}": key for operator, key in self._bounds()})
        return query

    def make_directed_query(self, kind_class: type[M], keys_only: bool = False) -> Query[M]:
        """Returns a query for the range's entities in its direction."""
        query = Query(kind_class, keys_only=keys_only, namespace=self.namespace)
        query.order("__key__" if self.direction == self.ASC else "-__key__")
        return self.filter_query(query)

    def make_ascending_query(
        self,
        kind_class: type[M],
        keys_only: bool = False,
        filters: Iterable[tuple[str, str, object]] | None = None,
    ) -> Query[M]:
        """Returns a query for the range's entities by ascending key."""
        query = Query(kind_class, keys_only=keys_only, namespace=self.namespace).order("__key__")
        return self.filter_query(query, filters)

    def make_directed_datastore_query(self, kind: str, keys_only: bool = False) -> PlainQuery:
        """Returns a plain query for the range's entities in its direction."""
        query = PlainQuery(kind, keys_only=keys_only, namespace=self.namespace)
        direction = query.ASCENDING if self.direction == self.ASC else query.DESCENDING
        return self.filter_datastore_query(query.order(("__key__", direction)))

    def make_ascending_datastore_query(
        self,
        kind: str,
        keys_only: bool = False,
        filters: Iterable[tuple[str, str, object]] | None = None,
    ) -> PlainQuery:
        """Returns a plain query for the range's entities by ascending key."""
        query = PlainQuery(kind, keys_only=keys_only, namespace=self.namespace)
        return self.filter_datastore_query(query.order("__key__"), filters)

    def split_range(self, batch_size: int = 0) -> "list[KeyRange]":
        """Returns the range in two halves that touch, or itself where it cannot be split.

        Raises:
            KeyRangeError: an end is open.
        """
        if self.key_start is None or self.key_end is None:
            raise KeyRangeError(f"only a range with both ends can be split; received {self!r}")
        middle = self.split_keys(self.key_start, self.key_end, batch_size)
        if middle in (self.key_start, self.key_end):
            return [self]
        return [
            KeyRange(self.key_start, middle, self.DESC, self.include_start, True, self.namespace),
            KeyRange(middle, self.key_end, self.ASC, False, self.include_end, self.namespace),
        ]

    @staticmethod
    def split_keys(key_start: Key, key_end: Key, batch_size: int) -> Key:
        """Returns a key about half way; `batch_size` ids at least stay in the first half.

        Raises:
            KeyRangeError: the keys do not differ in their last ids or names alone.
        """
        first, last = key_start.to_path(), key_end.to_path()
        if len(first) != len(last) or first[:-1] != last[:-1]:
            raise KeyRangeError(f"{key_start!r} and {key_end!r} have different parents or kinds")
        low, high = first[-1], last[-1]
        middle: int | str
        if isinstance(low, int) and isinstance(high, int):
            middle = min(max((low + high) // 2, low + batch_size), high)
        elif isinstance(low, str) and isinstance(high, str):
            middle = KeyRange.bisect_string_range(low, high)
        else:  # ids lie before names: all of the ids are the first half
            middle = 2**63 - 1
        path = [*first[:-1], middle]
        return Key.from_path(*path, _app=key_start.app(), namespace=key_start.namespace())

    @staticmethod
    def bisect_string_range(start: str, end: str) -> str:
        """Returns a text about half way between two texts.

        Raises:
            KeyRangeError: the start lies behind the end.
        """
        if start > end:
            raise KeyRangeError(f"{start!r} lies behind {end!r}")
        length = max(len(start), len(end), 1) + 1
        middle = (_to_number(start, length) + _to_number(end, length)) // 2
        found = _to_text(middle, length)
        return found if start <= found <= end else start

    @classmethod
    def guess_end_key(
        cls, kind: str, key_start: Key, probe_count: int = 30, split_rate: int = 5
    ) -> Key:
        """Returns a key that is not below the last one of a kind, found by queries for one key.

        Only entities whose paths have the same kinds as the start's are looked for.

        Args:
            kind: of the entities.
            key_start: from where on: mostly id 0, or the name of a zero byte.
            probe_count: queries at most.
            split_rate: how often the range is halved before each of the first queries.
        """
        start, end, splits = key_start, _last_like(key_start), split_rate
        probe = end
        for left in range(probe_count, 0, -1):
            for _time in range(splits):
                probe = _between(start, probe)
            query = PlainQuery(
                kind, {"__key__ >": probe}, namespace=end.namespace(), keys_only=True
            )
            found = next((item for item in query.fetch(1) if isinstance(item, Key)), None)
            if found is None or found.to_path()[::2] != key_start.to_path()[::2]:
                end = probe
            elif found.name() and not start.name():  # names lie behind all ids
                return cls.guess_end_key(kind, found, left - 1, split_rate)
            else:
                start, probe, splits = found, end, 1
        return end

    @classmethod
    def compute_split_points(cls, kind: str, count: int) -> "list[KeyRange]":
        """Returns up to `count` + 1 ranges of about the same size that cover a kind.

        Their bounds are keys of the sample that `__scatter__` is, which is 0.8 % of the entities:
        a small kind is one range, and a large one is not read for this.
        """
        query = PlainQuery(kind, keys_only=True).order("__scatter__")
        found = query.fetch(max(count, 0) * SAMPLES)
        keys = sorted(item.key() if isinstance(item, Entity) else item for item in found)
        if not keys:
            return [cls()]
        if len(keys) > count:
            keys = [keys[(number + 1) * len(keys) // (count + 1)] for number in range(count)]
        return [
            cls(first, last, include_start=first is not None, include_end=False)
            for first, last in pairwise([None, *keys, None])
        ]

    def to_json(self) -> str:
        """Returns the range as JSON, which `from_json` reads."""
        return json.dumps(
            {
                "direction": self.direction,
                "key_start": None if self.key_start is None else str(self.key_start),
                "key_end": None if self.key_end is None else str(self.key_end),
                "include_start": self.include_start,
                "include_end": self.include_end,
                "namespace": self.namespace,
                "app": self._app,
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, json_str: str) -> Self:
        """Returns the range that `to_json` wrote.

        Raises:
            KeyRangeError: it is not such JSON.
        """
        try:
            found = json.loads(json_str)
            ends = [
                None if found[name] is None else Key(found[name])
                for name in ("key_start", "key_end")
            ]
            return cls(
                ends[0],
                ends[1],
                found["direction"],
                found["include_start"],
                found["include_end"],
                found["namespace"],
                found["app"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise KeyRangeError(f"no key range: {json_str!r}: {error}") from error

    def _bounds(self) -> list[tuple[str, Key]]:
        found: list[tuple[str, Key]] = []
        if self.key_start is not None:
            found.append((">=" if self.include_start else ">", self.key_start))
        if self.key_end is not None:
            found.append(("<=" if self.include_end else "<", self.key_end))
        return found

    def _rank(self) -> tuple[object, ...]:
        start, end = self.key_start, self.key_end
        return (
            start is not None,
            start or Key(),
            not self.include_start,
            end is None,
            end or Key(),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeyRange):
            return NotImplemented
        return (self._rank(), self.include_end, self.direction, self.namespace) == (
            other._rank(),
            other.include_end,
            other.direction,
            other.namespace,
        )

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, KeyRange):
            return NotImplemented
        return self._rank() < other._rank()

    def __hash__(self) -> int:
        return hash((self.key_start, self.key_end, self.direction, self.namespace))

    def __repr__(self) -> str:
        return (
            f"key_range.KeyRange(key_start={self.key_start!r},key_end={self.key_end!r},"
            f"direction={self.direction!r},include_start={self.include_start},"
            f"include_end={self.include_end}, namespace={self.namespace!r})"
        )

    def __str__(self) -> str:
        opening, closing = "[" if self.include_start else "(", "]" if self.include_end else ")"
        return f"{self.direction}{opening}{self.key_start!r} to {self.key_end!r}{closing}"


def _last_like(key: Key) -> Key:
    """Returns a key behind all those whose paths have the same kinds, and ids or names alike."""
    path = [
        item if place % 2 == 0 else "\uffff" if isinstance(item, str) else 2**63 - 1
        for place, item in enumerate(key.to_path())
    ]
    return Key.from_path(*path, _app=key.app(), namespace=key.namespace())


def _between(start: Key, end: Key) -> Key:
    """Returns a key about half way between two, by the first elements in which they differ."""
    first, last = start.to_path(), end.to_path()
    pairs = enumerate(zip(first, last, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), None)
    if same is None or same % 2 == 0:
        return end
    low, high = (
        Key.from_path(*path[: same + 1], _app=end.app(), namespace=end.namespace())
        for path in (first, last)
    )
    return KeyRange.split_keys(low, high, 1)


def _to_number(text: str, length: int) -> int:
    """Returns the text as a number of `length` digits, a shorter one filled up from the right."""
    size = MAX_CHARACTER - MIN_CHARACTER + 1
    number = 0
    for place in range(length):
        digit = min(max(ord(text[place]) - MIN_CHARACTER + 1, 0), size) if place < len(text) else 0
        number = number * (size + 1) + digit
    return number


def _to_text(number: int, length: int) -> str:
    size = MAX_CHARACTER - MIN_CHARACTER + 1
    digits: list[int] = []
    for _ in range(length):
        number, digit = divmod(number, size + 1)
        digits.append(digit)
    characters: list[str] = []
    for digit in reversed(digits):
        if not digit:
            break
        characters.append(chr(digit - 1 + MIN_CHARACTER))
    return "".join(characters)
