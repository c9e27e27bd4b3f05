"""Inside: one asynchronous call as applications handle it: what each service's `create_rpc` gives.

Source: App Engine, `google.appengine.api.apiproxy_stub_map`, class `UserRPC`.
"""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from appengine.rpc.client import Pending, begin_by_name, wait_any
from appengine.rpc.errors import Error
from appengine.rpc.hooks import APIProxyStubMap, ListOfHooks, apiproxy
from appengine.rpc.service import Message

__all__ = ["APIProxyStubMap", "ListOfHooks", "UserRPC", "apiproxy"]

IDLE, RUNNING, FINISHING = range(3)
"""Not yet made, under way, answered. Source: `google.appengine.api.apiproxy_rpc`, class `RPC`."""

Result = TypeVar("Result")


class Waiting(Protocol):
    """What is waited for: a `UserRPC`, or the datastore's operation of one or several calls."""

    @property
    def state(self) -> int:
        """0: not yet made; 1: under way; 2: answered."""

    def wait(self) -> None:
        """Waits until it is answered."""

    def check_success(self) -> None:
        """Waits, and raises the error in which it ended, if it did."""

    def get_result(self) -> object:
        """Returns what it gives."""


AnyCall = TypeVar("AnyCall", bound=Waiting)


class UserRPC(Generic[Result]):
    """A call that is to be made, is under way, or has been answered; `Result` is what it gives.

    Attributes:
        deadline: seconds, for services whose calls take one; None: the service's own.
        callback: called without arguments, once, when the call is known to have been answered.
        method: the call's name, once it is made; `request`: its message.
        response: the service's answer, once it is known.
        get_result_hook: makes what `get_result` returns, of this object.
        user_data: whatever the hook needs.
    """

    service: str
    deadline: float | None
    callback: Callable[[], object] | None
    method: str | None
    request: Message | None
    response: Message | None
    get_result_hook: "Callable[[UserRPC[Result]], Result] | None"
    user_data: object

    def __init__(
        self,
        service: str,
        deadline: float | None = None,
        callback: Callable[[], object] | None = None,
        stubmap: object = None,
    ) -> None:
        """Takes the service's name; `stubmap` is accepted for old callers."""
        self.service = service
        self.deadline = deadline
        self.callback = callback
        self.method = None
        self.request = None
        self.response = None
        self.get_result_hook = None
        self.user_data = None
        self._pending: Pending[Message] | None = None
        self._error: Error | None = None
        self._is_over = False

    @property
    def state(self) -> int:
        """0: not yet made; 1: under way; 2: answered."""
        if self._is_over:
            return FINISHING
        return RUNNING if self._pending is not None else IDLE

    def make_call(
        self,
        method: str,
        request: Message,
        response: object = None,
        get_result_hook: "Callable[[UserRPC[Result]], Result] | None" = None,
        user_data: object = None,
    ) -> None:
        """Starts the call, once for each object; `response` is accepted for old callers."""
        self.follow(begin_by_name(self.service, method, request), method, request, get_result_hook)
        self.user_data = user_data

    def follow(
        self,
        pending: Pending[Message],
        method: str,
        request: Message,
        hook: "Callable[[UserRPC[Result]], Result] | None" = None,
    ) -> None:
        """Makes this object stand for a call that has been started.

        Raises:
            AssertionError: it stands for another one already.
        """
        if self._pending is not None:
            raise AssertionError(f"{self.service}.{self.method} was already called on this RPC")
        self._pending, self.method, self.request = pending, method, request
        self.get_result_hook = hook

    def wait(self) -> None:
        """Waits until the call is answered, then calls the callback.

        Raises:
            AssertionError: the call has not been made.
        """
        if self._is_over:
            return
        if self._pending is None:
            raise AssertionError(f"no call of {self.service!r} has been made on this RPC")
        try:
            self.response = self._pending.result()
        except Error as error:
            self._error = error
        self._is_over = True
        if self.callback is not None:
            self.callback()

    def check_success(self) -> None:
        """Waits, and raises the error in which the call ended, if it did."""
        self.wait()
        if self._error is not None:
            raise self._error

    def get_result(self) -> Result:
        """Returns what the hook makes of the answer; without one, None."""
        if self.get_result_hook is None:
            self.check_success()
            return None  # type: ignore[return-value]  # without a hook, Result is None
        return self.get_result_hook(self)

    @classmethod
    def wait_any(cls, rpcs: Sequence[AnyCall]) -> AnyCall | None:
        """Waits until one of the calls is answered, and returns it; None: there are none.

        Of the datastore's operations the first one is waited for: they are answered in their order.
        """
        started = [rpc for rpc in rpcs if rpc.state != IDLE]
        for rpc in started:
            if rpc.state == FINISHING:
                return rpc
        if not started:
            return None
        for rpc in started:
            if not isinstance(rpc, UserRPC):
                rpc.wait()
                return rpc
        waiting = [(rpc, rpc._pending) for rpc in started if isinstance(rpc, UserRPC)]
        index = wait_any([pending for _, pending in waiting if pending is not None])
        started[index].wait()
        return started[index]

    @classmethod
    def wait_all(cls, rpcs: Sequence[Waiting]) -> None:
        """Waits until all of the calls are answered, calling back in the order of the answers."""
        left = [rpc for rpc in rpcs if rpc.state == RUNNING]
        while left:
            done = cls.wait_any(left)
            left = [rpc for rpc in left if rpc is not done]
