"""A client of memcache: beside what its parts do, it changes counters."""

from collections.abc import Iterable
from typing import Any

from appengine.memcache.client.calls import AnyRPC, current_namespace, start
from appengine.memcache.client.storing import StoringClient
from appengine.memcache.client.values import TYPE_INT, Offsets, UserKey, wire_key
from appengine.memcache.service import MAX_COUNTER, IncrementRequest, IncrementResponse, Offset
from appengine.rpc.user_rpc import UserRPC

Keys = str | bytes | Iterable[UserKey]
Counters = dict[Any, int | None]


class Client(StoringClient):
    """A client of the application's cache.

    Source: App Engine, `google.appengine.api.memcache`, class `Client`.
    """

    def incr(
        self,
        key: Keys,
        delta: int = 1,
        namespace: str | None = None,
        initial_value: int | None = None,
    ) -> int | Counters | None:
        """Adds to a counter, which wraps around at 64 bits; returns its new value.

        Args:
            key: of the counter; several keys give a dictionary of new values.
            delta: from 0 to 2**64 - 1.
            namespace: by default the current one.
            initial_value: what a missing counter has before; None: it stays missing.

        Returns:
            None where there is no such counter, or its value is no number from 0 on.

        Raises:
            TypeError, ValueError: `delta` or `initial_value` is no such integer.
        """
        return self.incr_async(key, delta, namespace, initial_value).get_result()

    def incr_async(
        self,
        key: Keys,
        delta: int = 1,
        namespace: str | None = None,
        initial_value: int | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[int | Counters | None]:
        """Starts `incr`."""
        return _change(key, delta, False, namespace, initial_value, rpc)

    def decr(
        self,
        key: Keys,
        delta: int = 1,
        namespace: str | None = None,
        initial_value: int | None = None,
    ) -> int | Counters | None:
        """Subtracts from a counter, which never falls below 0; see `incr`."""
        return self.decr_async(key, delta, namespace, initial_value).get_result()

    def decr_async(
        self,
        key: Keys,
        delta: int = 1,
        namespace: str | None = None,
        initial_value: int | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[int | Counters | None]:
        """Starts `decr`."""
        return _change(key, delta, True, namespace, initial_value, rpc)

    def offset_multi(
        self,
        mapping: Offsets,
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        initial_value: int | None = None,
    ) -> Counters:
        """Adds to each counter its offset, which may be negative; returns new values by key."""
        return self.offset_multi_async(mapping, key_prefix, namespace, initial_value).get_result()

    def offset_multi_async(
        self,
        mapping: Offsets,
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        initial_value: int | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[Counters]:
        """Starts `offset_multi`."""
        _check_initial(initial_value)
        items = [
            _offset(wire_key(key, key_prefix), abs(_integer(delta)), delta < 0, initial_value)
            for key, delta in mapping.items()
        ]

        def result(response: IncrementResponse) -> Counters:
            return dict(zip(mapping, response.values, strict=True))

        request = IncrementRequest(items=tuple(items), namespace=current_namespace(namespace))
        return start("increment", request, result, lambda: dict.fromkeys(mapping), rpc)


def _change(
    key: Keys,
    delta: int,
    is_decrement: bool,
    namespace: str | None,
    initial_value: int | None,
    rpc: AnyRPC | None,
) -> UserRPC[int | Counters | None]:
    """Starts the change of one counter, or of several by the same delta."""
    if _integer(delta) < 0:
        raise ValueError(f"Delta must not be negative: {delta!r}")
    _check_initial(initial_value)
    keys = [key] if isinstance(key, (str, bytes)) or not isinstance(key, Iterable) else list(key)
    items = [_offset(wire_key(each), delta, is_decrement, initial_value) for each in keys]

    def result(response: IncrementResponse) -> int | Counters | None:
        if isinstance(key, (str, bytes)):
            return response.values[0]
        return dict(zip(keys, response.values, strict=True))

    def lost() -> int | Counters | None:
        return None if isinstance(key, (str, bytes)) else dict.fromkeys(keys)

    request = IncrementRequest(items=tuple(items), namespace=current_namespace(namespace))
    return start("increment", request, result, lost, rpc)


def _offset(name: bytes, delta: int, is_decrement: bool, initial_value: int | None) -> Offset:
    if delta > MAX_COUNTER:
        raise ValueError(f"Delta must not be above {MAX_COUNTER}: {delta!r}")
    initial = None if initial_value is None else int(initial_value)
    return Offset(name, int(delta), is_decrement, initial, TYPE_INT)  # also of a truth: 0 or 1


def _integer(delta: object) -> int:
    if not isinstance(delta, int):
        raise TypeError(f"Delta must be an integer or long, received {delta!r}")
    return delta


def _check_initial(initial_value: object) -> None:
    if initial_value is None:
        return
    if not isinstance(initial_value, int):
        raise TypeError(f"initial_value must be an integer, received {initial_value!r}")
    if not 0 <= initial_value <= MAX_COUNTER:
        raise ValueError(
            f"initial_value must be >= 0 and <= {MAX_COUNTER}, received {initial_value!r}"
        )
