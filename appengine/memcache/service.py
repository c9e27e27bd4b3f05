"""Memcache: values by key that may be lost at any time, shared by all instances of an application.

No call ends in an error of its own: where the cache cannot be reached, items are missing and
nothing is stored.

Source: App Engine, "Memcache" (`google.appengine.api.memcache`).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appengine.rpc.service import Message, Service, call

MAX_KEY_SIZE = 250
"""Bytes of a key; clients send a hash of longer ones. Source: `memcache.MAX_KEY_SIZE`."""

MAX_VALUE_SIZE = 1_000_000
"""Bytes of a value. Source: `memcache.MAX_VALUE_SIZE`."""

MAX_ITEMS = 100_000
"""Items of one call: what a worker of the front looks up in a second."""

MAX_CALL_BYTES = 32 * 2**20
"""Of a call's keys and values. Source: App Engine, "Memcache", limits: batches of 32 MB."""

MAX_COUNTER = 2**64 - 1
"""Counters wrap around above it. Source: App Engine, "Memcache", `incr`."""

MAX_SECONDS = 2**40
"""Of an expiry or a lock; beyond it no clock goes."""

Key = Annotated[bytes, Meta(max_length=MAX_KEY_SIZE)]
Value = Annotated[bytes, Meta(max_length=MAX_VALUE_SIZE)]
Flags = Annotated[int, Meta(ge=0, lt=2**16)]
Counter = Annotated[int, Meta(ge=0)]  # at most MAX_COUNTER: msgpack knows no larger ones
Seconds = Annotated[int, Meta(ge=0, le=MAX_SECONDS)]
Namespace = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._-]{0,100}\Z")]
Keys = Annotated[tuple[Key, ...], Meta(max_length=MAX_ITEMS)]

STORED, NOT_STORED, ERROR, EXISTS = 1, 2, 3, 4
"""What becomes of an item that is set. Source: `memcache.STORED` and its like."""


class Found(msgspec.Struct, frozen=True, array_like=True):
    """An item.

    Attributes:
        cas_id: changes with each change of the item.
        expires: seconds since 1970; 0: never. `used`: when it was last read or written.
        locked_until: seconds since 1970; an item that was deleted and may not be added until then.
    """

    value: bytes
    flags: int
    cas_id: int = 0
    expires: int = 0
    used: int = 0
    locked_until: int = 0


class Item(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An item to be stored; `cas_id` is what it had when it was read, for the policy `cas`."""

    key: Key
    value: Value
    flags: Flags = 0
    cas_id: Counter | None = None


class Offset(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A counter to be changed.

    Attributes:
        is_decrement: `delta` is subtracted; a counter never falls below 0.
        initial_value: what a missing counter has before the change; None: it stays missing.
    """

    key: Key
    delta: Counter
    is_decrement: bool = False
    initial_value: Counter | None = None
    initial_flags: Flags = 0


class GetRequest(Message):
    """Which items are read; peeking neither makes them younger nor hides locked ones."""

    keys: Keys
    namespace: Namespace = ""
    peek: bool = False


class GetResponse(Message):
    """The items in the order of the keys; None where there is none."""

    items: tuple[Found | None, ...]


class SetRequest(Message):
    """Items to be stored.

    Attributes:
        time: seconds from now, or above 30 days, seconds since 1970; 0: until it is pushed out.
    """

    items: Annotated[tuple[Item, ...], Meta(max_length=MAX_ITEMS)]
    namespace: Namespace = ""
    policy: Literal["set", "add", "replace", "cas"] = "set"
    time: Seconds = 0


class SetResponse(Message):
    """What became of each item: STORED, NOT_STORED, ERROR or EXISTS."""

    statuses: tuple[int, ...]


class DeleteRequest(Message):
    """Items to be deleted; for `time`, as in `SetRequest`, they may not be added again."""

    keys: Keys
    namespace: Namespace = ""
    time: Seconds = 0


class DeleteResponse(Message):
    """Whether each item was there; None: the cache could not be reached."""

    deleted: tuple[bool | None, ...]


class IncrementRequest(Message):
    """Counters to be changed."""

    items: Annotated[tuple[Offset, ...], Meta(max_length=MAX_ITEMS)]
    namespace: Namespace = ""


class IncrementResponse(Message):
    """The counters' new values; None: it is missing, or no number."""

    values: tuple[int | None, ...]


class FlushRequest(Message):
    """All items of the application, in every namespace, are to go."""


class FlushResponse(Message):
    """Whether they have gone."""

    done: bool


class StatsRequest(Message):
    """What the cache holds is asked for."""


class StatsResponse(Message):
    """What the application's cache holds and has done since it was last flushed.

    Attributes:
        byte_hits: bytes of the keys and values that were found.
        bytes: of the keys and values that are there.
        oldest_item_age: seconds since the item was stored that was not used for the longest time.
    """

    hits: int = 0
    misses: int = 0
    byte_hits: int = 0
    items: int = 0
    bytes: int = 0
    oldest_item_age: int = 0
    is_available: bool = True


class MemcacheService(Service, name="memcache", aliases=("google.appengine.api.memcache",)):
    """Values by key, in memory.

    Source: App Engine, "Memcache" (`google.appengine.api.memcache`).
    """

    @call(quota="memcache_calls")
    def get(self, request: GetRequest) -> GetResponse:
        """Returns the items of some keys."""

    @call(quota="memcache_calls")
    def set(self, request: SetRequest) -> SetResponse:
        """Stores items, as the policy allows."""

    @call(quota="memcache_calls")
    def delete(self, request: DeleteRequest) -> DeleteResponse:
        """Deletes items."""

    @call(quota="memcache_calls")
    def increment(self, request: IncrementRequest) -> IncrementResponse:
        """Changes counters."""

    @call(quota="memcache_calls")
    def flush(self, request: FlushRequest) -> FlushResponse:
        """Forgets all items of the application."""

    @call(quota="memcache_calls")
    def stats(self, request: StatsRequest) -> StatsResponse:
        """Returns what the cache holds and has done."""
