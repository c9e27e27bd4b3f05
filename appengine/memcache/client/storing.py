"""The part of a client that stores."""

from typing import Literal

from appengine.memcache.client.calls import AnyRPC, current_namespace, start, whole_seconds
from appengine.memcache.client.reading import ReadingClient
from appengine.memcache.client.values import Items, UserKey, bare_key, encode_value, wire_key
from appengine.memcache.service import STORED, Item, SetRequest, SetResponse
from appengine.rpc.user_rpc import UserRPC

Policy = Literal["set", "add", "replace", "cas"]
Statuses = dict[str | bytes, int] | None
"""What became of each item, by key; None: the cache could not be reached."""


class StoringClient(ReadingClient):
    """What stores, of a client."""

    def set(
        self,
        key: UserKey,
        value: object,
        time: float = 0,
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> bool:
        """Stores a value; returns whether it is stored.

        Args:
            key: text, bytes, or a pair whose second item is one.
            value: text, bytes, a number, or what can be pickled; at most 1,000,000 bytes.
            time: seconds from now; above 30 days, seconds since 1970; 0: as long as there is room.
            min_compress_len: accepted for clients of memcached.
            namespace: by default the current one.

        Raises:
            ValueError: the value is too long, or the time negative.
        """
        return self._set("set", key, value, time, namespace)

    def add(
        self,
        key: UserKey,
        value: object,
        time: float = 0,
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> bool:
        """Stores a value if there is none, and the key is not locked; see `set`."""
        return self._set("add", key, value, time, namespace)

    def replace(
        self,
        key: UserKey,
        value: object,
        time: float = 0,
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> bool:
        """Stores a value if there is one; see `set`."""
        return self._set("replace", key, value, time, namespace)

    def cas(
        self,
        key: UserKey,
        value: object,
        time: float = 0,
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> bool:
        """Stores a value if the item is still what this client read with `gets`; see `set`."""
        return self._set("cas", key, value, time, namespace)

    def _set(
        self, policy: Policy, key: UserKey, value: object, time: float, namespace: str | None
    ) -> bool:
        statuses = self._set_async(policy, {key: value}, time, "", namespace, None).get_result()
        return statuses is not None and STORED in statuses.values()

    def set_multi(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> list[str | bytes]:
        """Stores values by key; returns the keys whose values are not stored; see `set`."""
        return self._set_multi("set", mapping, time, key_prefix, namespace)

    def add_multi(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> list[str | bytes]:
        """Adds values by key; returns the keys whose values are not stored; see `add`."""
        return self._set_multi("add", mapping, time, key_prefix, namespace)

    def replace_multi(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> list[str | bytes]:
        """Replaces values by key; returns the keys whose values are not; see `replace`."""
        return self._set_multi("replace", mapping, time, key_prefix, namespace)

    def cas_multi(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
    ) -> list[str | bytes]:
        """Exchanges values by key; returns the keys whose values are not stored; see `cas`."""
        return self._set_multi("cas", mapping, time, key_prefix, namespace)

    def set_multi_async(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[Statuses]:
        """Starts `set_multi`; the result has a status by key, such as `STORED`."""
        return self._set_async("set", mapping, time, key_prefix, namespace, rpc)

    def add_multi_async(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[Statuses]:
        """Starts `add_multi`; the result has a status by key, such as `STORED`."""
        return self._set_async("add", mapping, time, key_prefix, namespace, rpc)

    def replace_multi_async(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[Statuses]:
        """Starts `replace_multi`; the result has a status by key, such as `STORED`."""
        return self._set_async("replace", mapping, time, key_prefix, namespace, rpc)

    def cas_multi_async(
        self,
        mapping: Items,
        time: float = 0,
        key_prefix: str | bytes = "",
        min_compress_len: int = 0,
        namespace: str | None = None,
        rpc: AnyRPC | None = None,
    ) -> UserRPC[Statuses]:
        """Starts `cas_multi`; the result has a status by key, such as `STORED`."""
        return self._set_async("cas", mapping, time, key_prefix, namespace, rpc)

    def _set_multi(
        self,
        policy: Policy,
        mapping: Items,
        time: float,
        key_prefix: str | bytes,
        namespace: str | None,
    ) -> list[str | bytes]:
        rpc = self._set_async(policy, mapping, time, key_prefix, namespace, None)
        if (statuses := rpc.get_result()) is None:
            return [bare_key(key) for key in mapping]
        return [key for key, status in statuses.items() if status != STORED]

    def _set_async(
        self,
        policy: Policy,
        mapping: Items,
        time: float,
        key_prefix: str | bytes,
        namespace: str | None,
        rpc: AnyRPC | None,
    ) -> UserRPC[Statuses]:
        seconds = whole_seconds(time, "Expiration")
        space = current_namespace(namespace)
        keys: list[str | bytes] = []
        items: list[Item] = []
        for key, value in mapping.items():
            name = wire_key(key, key_prefix)
            data, flags = encode_value(value, self._pickle)
            cas_id = self._cas_ids.get((space, name)) if policy == "cas" else None
            keys.append(bare_key(key))
            items.append(Item(name, data, flags, cas_id))

        def result(response: SetResponse) -> Statuses:
            return dict(zip(keys, response.statuses, strict=True))

        request = SetRequest(items=tuple(items), namespace=space, policy=policy, time=seconds)
        return start("set", request, result, _lost, rpc)


def _lost() -> Statuses:
    return None
