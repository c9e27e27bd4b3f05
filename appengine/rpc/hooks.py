"""Inside: functions of an application that are called before and after each call of a service.

They see the platform's own messages, which cannot be changed; one that raises before a call stops
it, and its error is what the call raises.

Source: App Engine, `google.appengine.api.apiproxy_stub_map`, classes `ListOfHooks` and
`APIProxyStubMap`.
"""

from collections.abc import Callable
from inspect import signature

from appengine.rpc.service import Message

SERVICES = {"datastore": "datastore_v3"}
"""App Engine's names of services, where they are others."""

CALLS = {"run": "RunQuery", "allocate": "AllocateIds", "indexes": "GetIndices"}
"""App Engine's names of the datastore's calls, where they are others than the methods'."""

Hook = Callable[..., object]
PLAIN, WITH_RPC, WITH_ERROR = 4, 5, 6
"""Arguments of a hook: service, call, request and response; then the rpc; then the error."""


def service_name(service: str) -> str:
    """Returns App Engine's name of a service."""
    return SERVICES.get(service, service)


def call_name(method: str) -> str:
    """Returns App Engine's name of a call: `RunQuery`, `Put`, `FetchRows`."""
    if method in CALLS:
        return CALLS[method]
    return "".join(word.capitalize() for word in method.split("_"))


class ListOfHooks:
    """Functions in the order in which they are called; each has a key of its own."""

    def __init__(self) -> None:
        self._hooks: list[tuple[object, str, str | None, int, Hook]] = []

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def __len__(self) -> int:
        return len(self._hooks)

    def Append(  # noqa: N802  # App Engine's own name
        self, key: object, function: Hook, service: str | None = None
    ) -> bool:
        """Adds a function behind the others; returns False if its key is there already.

        Args:
            key: tells it from others.
            function: takes service, call, request and response, then perhaps the rpc, which is
                always None here, and the error.
            service: whose calls are meant; None: all.
        """
        return self._insert(len(self._hooks), key, function, service)

    def Push(  # noqa: N802  # App Engine's own name
        self, key: object, function: Hook, service: str | None = None
    ) -> bool:
        """Adds a function before the others, as `Append` does behind them."""
        return self._insert(0, key, function, service)

    def _insert(self, place: int, key: object, function: Hook, service: str | None) -> bool:
        name = getattr(function, "__module__", "")
        if any(known[:3] == (key, name, service) for known in self._hooks):
            return False
        count = len(signature(function).parameters)
        self._hooks.insert(place, (key, name, service, count, function))
        return True

    def Clear(self) -> None:  # noqa: N802  # App Engine's own name
        """Removes all functions."""
        self._hooks.clear()

    def Call(  # noqa: N802  # App Engine's own name
        self,
        service: str,
        call: str,
        request: Message,
        response: Message | None,
        rpc: object = None,
        error: Exception | None = None,
    ) -> None:
        """Calls the functions that are for a service; after an error those that take one."""
        for _key, _module, wanted, count, function in list(self._hooks):
            if wanted not in (None, service) or (error is not None and count < WITH_ERROR):
                continue
            further = (rpc, error)[: max(0, count - PLAIN)]
            function(service, call, request, response, *further)


before, after = ListOfHooks(), ListOfHooks()
"""What is called before and after each call."""


class APIProxyStubMap:
    """Where applications find the hooks: `apiproxy_stub_map.apiproxy`."""

    def GetPreCallHooks(self) -> ListOfHooks:  # noqa: N802  # App Engine's own name
        """Returns the functions that are called before each call."""
        return before

    def GetPostCallHooks(self) -> ListOfHooks:  # noqa: N802  # App Engine's own name
        """Returns the functions that are called after each call."""
        return after


apiproxy = APIProxyStubMap()
