"""The part of a client that reads, deletes, and asks for figures."""

import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any

from appengine.memcache.client.calls import (
    AnyRPC,
    current_namespace,
    memcache,
    start,
    whole_seconds,
    wire_keys,
)
from appengine.memcache.client.values import UserKey, bare_key, decode_value, wire_key
from appengine.memcache.service import (
    DeleteRequest,
    DeleteResponse,
    FlushRequest,
    FlushResponse,
    Found,
    GetRequest,
    GetResponse,
    StatsRequest,
    StatsResponse,
)
from appengine.rpc.errors import Error
from appengine.rpc.user_rpc import UserRPC

DELETE_NETWORK_FAILURE, DELETE_ITEM_MISSING, DELETE_SUCCESSFUL = range(3)
STAT_HITS, STAT_MISSES, STAT_BYTE_HITS = "hits", "misses", "byte_hits"
STAT_ITEMS, STAT_BYTES, STAT_OLDEST_ITEM_AGES = "items", "bytes", "oldest_item_age"


class ItemWithTimestamps:
    """What one sees of an item by peeking; times are in seconds since 1970, 0 where there is none.

    Source: App Engine, `google.appengine.api.memcache`, `Client.peek`.
    """

    def __init__(
        self,
        value: object,
        expiration_time_sec: int,
        last_access_time_sec: int,
        delete_lock_time_sec: int = 0,
    ) -> None:
        self.value = value
        self.expiration_time_sec = expiration_time_sec
        self.last_access_time_sec = last_access_time_sec
        self.delete_lock_time_sec = delete_lock_time_sec

    def get_value(self) -> object:
        """Returns the value; "" for an item that was deleted and is locked."""
        return self.value

    def get_expiration_time_sec(self) -> int:
        """Returns when the item expires."""
        return self.expiration_time_sec

    def get_last_access_time_sec(self) -> int:
        """Returns when the item was last read or written."""
        return self.last_access_time_sec

    def get_delete_lock_time_sec(self) -> int:
        """Returns until when the item's key is locked."""
        return self.delete_lock_time_sec


class ReadingClient:
    """What reads, of a client; it remembers the items that it has read for `cas`.

    Source: App Engine, `google.appengine.api.memcache`, class `Client`.
    """

    def __init__(
        self,
        servers: object = None,
        debug: int = 0,
        pickleProtocol: int = pickle.HIGHEST_PROTOCOL,  # noqa: N803  # App Engine's name
        pickler: Callable[..., pickle.Pickler] = pickle.Pickler,
        unpickler: Callable[..., pickle.Unpickler] = pickle.Unpickler,
        pload: Callable[[Any], object] | None = None,
        pid: Callable[[Any], object] | None = None,
        make_sync_call: object = None,
        _app_id: str | None = None,
    ) -> None:
        """Takes how values that are no text and no number are pickled.

        Args:
            servers: accepted for clients of memcached, like `debug` and `make_sync_call`.
            pickleProtocol: of the pickles.
            pickler: a class such as `pickle.Pickler`; `unpickler`: such as `pickle.Unpickler`.
            pload: the unpickler's `persistent_load`; `pid`: the pickler's `persistent_id`.
            _app_id: accepted; an application reaches its own cache alone.
        """
        self._protocol = pickleProtocol
        self._pickler, self._unpickler = pickler, unpickler
        self._persistent_load, self._persistent_id = pload, pid
        self._cas_ids: dict[tuple[str, bytes], int] = {}

    def cas_reset(self) -> None:
        """Forgets the items that were read for `cas`."""
        self._cas_ids.clear()

    def set_servers(self, servers: object) -> None:
        """Returns at once: accepted for clients of memcached."""

    def disconnect_all(self) -> None:
        """Returns at once: accepted for clients of memcached."""

    def forget_dead_hosts(self) -> None:
        """Returns at once: accepted for clients of memcached."""

    def debuglog(self) -> None:
        """Returns at once: accepted for clients of memcached."""

    def get(self, key: UserKey, namespace: str | None = None, for_cas: bool = False) -> object:
        """Returns the value of a key, or None.

        Args:
            key: text, bytes, or a pair whose second item is one.
            namespace: by default the current one.
            for_cas: remembers the item, so that `cas` can tell whether it has changed.
        """
        name = wire_key(key)
        space = current_namespace(namespace)
        try:
            (item,) = memcache.get(GetRequest(keys=(name,), namespace=space)).items
        except Error:
            return None
        if item is None:
            return None
        if for_cas:
            self._cas_ids[space, name] = item.cas_id
        return decode_value(item.value, item.flags, self._unpickle)

    def gets(self, key: UserKey, namespace: str | None = None) -> object:
        """Returns the value of a key and remembers the item for `cas`."""
        return self.get(key, namespace, for_cas=True)

    def get_multi(
        self,
        keys: Iterable[UserKey],
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        for_cas: bool = False,
    ) -> dict[str | bytes, object]:
        """Returns the values of those keys that there are, by key without the prefix."""
        return self.get_multi_async(keys, key_prefix, namespace, for_cas).get_result()

    def get_multi_async(
        self,
        keys: Iterable[UserKey],
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        for_cas: bool = False,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[dict[str | bytes, object]]:
        """Starts `get_multi`; the result's `get_result` returns what it returns."""
        space = current_namespace(namespace)
        names = wire_keys(keys, key_prefix)
        request = GetRequest(keys=tuple(names), namespace=space)

        def result(response: GetResponse) -> dict[str | bytes, object]:
            found: dict[str | bytes, object] = {}
            for (name, key), item in zip(names.items(), response.items, strict=True):
                if item is not None:
                    if for_cas:
                        self._cas_ids[space, name] = item.cas_id
                    found[key] = decode_value(item.value, item.flags, self._unpickle)
            return found

        return start("get", request, result, dict, rpc)

    def peek(self, key: UserKey, namespace: str | None = None) -> ItemWithTimestamps | None:
        """Returns an item with its times, or None; it gets no younger by that."""
        return self.peek_multi([key], "", namespace).get(bare_key(key))

    def peek_multi(
        self,
        keys: Iterable[UserKey],
        key_prefix: str | bytes = "",
        namespace: str | None = None,
    ) -> dict[str | bytes, ItemWithTimestamps]:
        """Returns items with their times, by key without the prefix."""
        return self.peek_multi_async(keys, key_prefix, namespace).get_result()

    def peek_multi_async(
        self,
        keys: Iterable[UserKey],
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[dict[str | bytes, ItemWithTimestamps]]:
        """Starts `peek_multi`."""
        names = wire_keys(keys, key_prefix)
        request = GetRequest(keys=tuple(names), namespace=current_namespace(namespace), peek=True)

        def result(response: GetResponse) -> dict[str | bytes, ItemWithTimestamps]:
            pairs = zip(names.values(), response.items, strict=True)
            return {key: self._with_times(item) for key, item in pairs if item is not None}

        return start("get", request, result, dict, rpc)

    def _with_times(self, item: Found) -> ItemWithTimestamps:
        value = decode_value(item.value, item.flags, self._unpickle) if item.value else ""
        return ItemWithTimestamps(value, item.expires, item.used, item.locked_until)

    def delete(self, key: UserKey, seconds: float = 0, namespace: str | None = None) -> int:
        """Deletes an item; for some seconds `add` will not store it again.

        Returns:
            2 if it was there, 1 if not, 0 where the cache could not be reached.
        """
        results = self.delete_multi_async([key], seconds, namespace=namespace).get_result()
        return results[0] if results else DELETE_NETWORK_FAILURE

    def delete_multi(
        self,
        keys: Iterable[UserKey],
        seconds: float = 0,
        key_prefix: str | bytes = "",
        namespace: str | None = None,
    ) -> bool:
        """Deletes items; returns whether the cache could be reached."""
        return bool(self.delete_multi_async(keys, seconds, key_prefix, namespace).get_result())

    def delete_multi_async(
        self,
        keys: Iterable[UserKey],
        seconds: float = 0,
        key_prefix: str | bytes = "",
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[list[int] | None]:
        """Starts `delete_multi`; the result is a list of what `delete` returns, or None."""
        time = whole_seconds(seconds, "Delete timeout")
        names = tuple(wire_key(key, key_prefix) for key in keys)
        request = DeleteRequest(keys=names, namespace=current_namespace(namespace), time=time)

        def result(response: DeleteResponse) -> list[int] | None:
            if None in response.deleted:
                return None
            return [DELETE_SUCCESSFUL if was else DELETE_ITEM_MISSING for was in response.deleted]

        return start("delete", request, result, _none, rpc)

    def flush_all(self) -> bool:
        """Forgets all items of the application; returns whether the cache could be reached."""
        return self.flush_all_async().get_result()

    def flush_all_async(self, rpc: AnyRPC | None = None) -> UserRPC[bool]:
        """Starts `flush_all`."""

        def result(response: FlushResponse) -> bool:
            return response.done

        return start("flush", FlushRequest(), result, bool, rpc)

    def get_stats(self) -> dict[str, int] | None:
        """Returns figures by name, since the last flush; None where the cache is not reached.

        They are `hits`, `misses`, `byte_hits`, `items`, `bytes` and `oldest_item_age`, the last
        in seconds.
        """
        return self.get_stats_async().get_result()

    def get_stats_async(self, rpc: AnyRPC | None = None) -> UserRPC[dict[str, int] | None]:
        """Starts `get_stats`."""

        def result(response: StatsResponse) -> dict[str, int] | None:
            if not response.is_available:
                return None
            return {
                STAT_HITS: response.hits,
                STAT_MISSES: response.misses,
                STAT_BYTE_HITS: response.byte_hits,
                STAT_ITEMS: response.items,
                STAT_BYTES: response.bytes,
                STAT_OLDEST_ITEM_AGES: response.oldest_item_age,
            }

        return start("stats", StatsRequest(), result, _none, rpc)

    def _pickle(self, value: object) -> bytes:
        buffer = io.BytesIO()
        pickler = self._pickler(buffer, protocol=self._protocol)
        if self._persistent_id is not None:
            pickler.persistent_id = self._persistent_id  # type: ignore[method-assign]  # pickle's way
        pickler.dump(value)
        return buffer.getvalue()

    def _unpickle(self, data: bytes) -> object:
        unpickler = self._unpickler(io.BytesIO(data))
        if self._persistent_load is not None:
            unpickler.persistent_load = self._persistent_load  # type: ignore[method-assign]  # pickle's way
        value: object = unpickler.load()
        return value


def _none() -> None:
    """Returns None: what a lost call gives."""
