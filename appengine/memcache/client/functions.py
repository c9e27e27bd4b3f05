"""The module's functions: those of one client that the whole application shares."""

from collections.abc import Iterable

from appengine.memcache.client.counting import Client, Counters, Keys
from appengine.memcache.client.reading import ItemWithTimestamps
from appengine.memcache.client.values import Items, Offsets, UserKey


class _Shared:
    """The client that the functions use."""

    client = Client()


def setup_client(client_obj: Client) -> None:
    """Makes the functions use another client."""
    _Shared.client = client_obj


def set_servers(servers: object) -> None:
    """See `Client.set_servers`."""
    _Shared.client.set_servers(servers)


def disconnect_all() -> None:
    """See `Client.disconnect_all`."""
    _Shared.client.disconnect_all()


def forget_dead_hosts() -> None:
    """See `Client.forget_dead_hosts`."""
    _Shared.client.forget_dead_hosts()


def debuglog() -> None:
    """See `Client.debuglog`."""
    _Shared.client.debuglog()


def get(key: UserKey, namespace: str | None = None, for_cas: bool = False) -> object:
    """See `Client.get`."""
    return _Shared.client.get(key, namespace, for_cas)


def get_multi(
    keys: Iterable[UserKey],
    key_prefix: str | bytes = "",
    namespace: str | None = None,
    for_cas: bool = False,
) -> dict[str | bytes, object]:
    """See `Client.get_multi`."""
    return _Shared.client.get_multi(keys, key_prefix, namespace, for_cas)


def peek(key: UserKey, namespace: str | None = None) -> ItemWithTimestamps | None:
    """See `Client.peek`."""
    return _Shared.client.peek(key, namespace)


def peek_multi(
    keys: Iterable[UserKey], key_prefix: str | bytes = "", namespace: str | None = None
) -> dict[str | bytes, ItemWithTimestamps]:
    """See `Client.peek_multi`."""
    return _Shared.client.peek_multi(keys, key_prefix, namespace)


def set(  # noqa: A001  # App Engine's name
    key: UserKey,
    value: object,
    time: float = 0,
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> bool:
    """See `Client.set`."""
    return _Shared.client.set(key, value, time, min_compress_len, namespace)


def set_multi(
    mapping: Items,
    time: float = 0,
    key_prefix: str | bytes = "",
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> list[str | bytes]:
    """See `Client.set_multi`."""
    return _Shared.client.set_multi(mapping, time, key_prefix, min_compress_len, namespace)


def add(
    key: UserKey,
    value: object,
    time: float = 0,
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> bool:
    """See `Client.add`."""
    return _Shared.client.add(key, value, time, min_compress_len, namespace)


def add_multi(
    mapping: Items,
    time: float = 0,
    key_prefix: str | bytes = "",
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> list[str | bytes]:
    """See `Client.add_multi`."""
    return _Shared.client.add_multi(mapping, time, key_prefix, min_compress_len, namespace)


def replace(
    key: UserKey,
    value: object,
    time: float = 0,
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> bool:
    """See `Client.replace`."""
    return _Shared.client.replace(key, value, time, min_compress_len, namespace)


def replace_multi(
    mapping: Items,
    time: float = 0,
    key_prefix: str | bytes = "",
    min_compress_len: int = 0,
    namespace: str | None = None,
) -> list[str | bytes]:
    """See `Client.replace_multi`."""
    return _Shared.client.replace_multi(mapping, time, key_prefix, min_compress_len, namespace)


def delete(key: UserKey, seconds: float = 0, namespace: str | None = None) -> int:
    """See `Client.delete`."""
    return _Shared.client.delete(key, seconds, namespace)


def delete_multi(
    keys: Iterable[UserKey],
    seconds: float = 0,
    key_prefix: str | bytes = "",
    namespace: str | None = None,
) -> bool:
    """See `Client.delete_multi`."""
    return _Shared.client.delete_multi(keys, seconds, key_prefix, namespace)


def incr(
    key: Keys, delta: int = 1, namespace: str | None = None, initial_value: int | None = None
) -> int | Counters | None:
    """See `Client.incr`."""
    return _Shared.client.incr(key, delta, namespace, initial_value)


def decr(
    key: Keys, delta: int = 1, namespace: str | None = None, initial_value: int | None = None
) -> int | Counters | None:
    """See `Client.decr`."""
    return _Shared.client.decr(key, delta, namespace, initial_value)


def offset_multi(
    mapping: Offsets,
    key_prefix: str | bytes = "",
    namespace: str | None = None,
    initial_value: int | None = None,
) -> Counters:
    """See `Client.offset_multi`."""
    return _Shared.client.offset_multi(mapping, key_prefix, namespace, initial_value)


def flush_all() -> bool:
    """See `Client.flush_all`."""
    return _Shared.client.flush_all()


def get_stats() -> dict[str, int] | None:
    """See `Client.get_stats`."""
    return _Shared.client.get_stats()
