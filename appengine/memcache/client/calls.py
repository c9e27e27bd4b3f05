"""How calls of memcache are started, and what becomes of those that fail.

A call that fails raises nothing: what was asked for is missing, what was sent is not stored.
Wrong arguments raise, before anything is sent.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from appengine.memcache.client.values import UserKey, bare_key, wire_key
from appengine.memcache.service import (
    MAX_CALL_BYTES,
    MAX_ITEMS,
    MAX_SECONDS,
    MemcacheService,
)
from appengine.rpc.client import Refused, begin, stub
from appengine.rpc.errors import Error, RequestTooLargeError
from appengine.rpc.namespace_manager import get_namespace, validate_namespace
from appengine.rpc.service import Message
from appengine.rpc.user_rpc import UserRPC

Response = TypeVar("Response", bound=Message)
Result = TypeVar("Result")

AnyRPC = UserRPC[Any]
"""One that a caller has made, before it is known what it will give."""

memcache = stub(MemcacheService)


def create_rpc(
    deadline: float | None = None, callback: Callable[[], object] | None = None
) -> AnyRPC:
    """Returns an object for one asynchronous call, to be handed to a method `..._async`."""
    return UserRPC("memcache", deadline, callback)


def start(
    method: str,
    request: Message,
    make_result: Callable[[Response], Result],
    make_lost: Callable[[], Result],
    rpc: AnyRPC | None = None,
) -> UserRPC[Result]:
    """Starts a call; its result is made of the response, or is `make_lost()` where it failed.

    Raises:
        ValueError: there are more than 100,000 items.
        AssertionError: `rpc` is another service's, or has been called before.
    """
    made: UserRPC[Result] = create_rpc() if rpc is None else rpc
    if made.service != "memcache":
        raise AssertionError(f"an RPC of {made.service!r}, not of 'memcache'")

    def result(done: UserRPC[Result]) -> Result:
        try:
            done.check_success()
        except Error:
            return make_lost()
        return make_result(done.response)  # type: ignore[arg-type]  # the method's own response

    many: tuple[bytes | msgspec.Struct, ...] = getattr(request, "keys", ())
    many += getattr(request, "items", ())
    if len(many) > MAX_ITEMS:
        raise ValueError(f"{len(many)} items in one call; at most {MAX_ITEMS}")
    if (size := sum(map(_size, many))) > MAX_CALL_BYTES:
        text = f"memcache.{method}: {size} bytes of keys and values; at most {MAX_CALL_BYTES}"
        refused = Refused(MemcacheService.methods[method], RequestTooLargeError(text))
        made.follow(refused, method, request, result)
    else:
        made.follow(begin(getattr(memcache, method), request), method, request, result)
    return made


OVERHEAD_BYTES = 32
"""Of an item on the wire, at most, beside its key and value."""


def _size(item: bytes | msgspec.Struct) -> int:
    """Returns how many bytes a key or an item takes, or a little more."""
    if isinstance(item, bytes):
        return len(item) + OVERHEAD_BYTES
    return len(getattr(item, "key", b"")) + len(getattr(item, "value", b"")) + OVERHEAD_BYTES


def current_namespace(namespace: str | None) -> str:
    """Returns a namespace; None is the current one.

    Raises:
        BadValueError: it can be none.
    """
    if namespace is None:
        return get_namespace()
    validate_namespace(namespace)
    return namespace


def wire_keys(keys: Iterable[UserKey], prefix: str | bytes) -> dict[bytes, str | bytes]:
    """Returns the keys, without the numbers before them, by what they are on the wire."""
    return {wire_key(key, prefix): bare_key(key) for key in keys}


def whole_seconds(seconds: float, what: str) -> int:
    """Returns a time in whole seconds, not shorter than it was.

    Raises:
        TypeError: it is no number. ValueError: it is negative, or beyond all clocks.
    """
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{what} must be a number.")
    if not 0 <= seconds <= MAX_SECONDS:
        raise ValueError(f"{what} must not be negative, nor above {MAX_SECONDS}: {seconds!r}")
    return math.ceil(seconds)
