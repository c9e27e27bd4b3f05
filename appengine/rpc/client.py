"""Inside: a stub for any declared service, over the open request's own connection."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from appengine.rpc import hooks
from appengine.rpc.errors import PLATFORM_ERRORS, CallNotFoundError, Error, InternalError
from appengine.rpc.frames import Reply
from appengine.rpc.rooms import find_services
from appengine.rpc.service import Message, Method, Service

S = TypeVar("S", bound=Service)
RequestMessage = TypeVar("RequestMessage", bound=Message)
ResponseMessage = TypeVar("ResponseMessage", bound=Message)
Answer_co = TypeVar("Answer_co", bound=Message, covariant=True)


class Transport(Protocol):
    """What carries calls: an instance's pipe; in tests, the executor itself."""

    def start(
        self, service: str, method: str, message: bytes, deadline_seconds: float = ..., /
    ) -> int:
        """Sends one call, which may have a deadline of its own, and returns its number."""

    def finish(self, number: int) -> Reply:
        """Waits for the reply to a call that was started; once for each."""

    def wait_any(self, numbers: Sequence[int]) -> int:
        """Waits until one of some calls is answered, and returns its number."""


transport: ContextVar[Transport] = ContextVar("transport")
"""The open request's connection. Threads that a request starts share it."""

TakeAction = Callable[[str, str, bytes], None]
"""What takes a call into a commit: service, method, message."""

joining: ContextVar[TakeAction | None] = ContextVar("joining", default=None)
"""Set while a transaction runs: it takes calls into its commit (see `join_commit`)."""

_encoder = msgspec.msgpack.Encoder()


class Pending(Generic[Answer_co]):
    """A call that is under way."""

    _hooked: tuple[str, str, Message] | None = None  # what hooks behind the call are told

    def __init__(
        self,
        carrier: Transport,
        service: str,
        method: Method,
        request: Message,
        deadline_seconds: float | None = None,
    ) -> None:
        if hooks.before or hooks.after:
            self._hooked = hooks.service_name(service), hooks.call_name(method.name), request
            hooks.before.Call(*self._hooked, None)
        self._carrier = carrier
        self._method = method
        data = _encoder.encode(request)
        if deadline_seconds is None:
            self._number = carrier.start(service, method.name, data)
        else:
            self._number = carrier.start(service, method.name, data, deadline_seconds)
        self._reply: Reply | None = None

    @property
    def number(self) -> int | None:
        """What the transport calls it; None: its reply has been taken."""
        return self._number if self._reply is None else None

    @property
    def carrier(self) -> Transport:
        """The transport that carries it."""
        return self._carrier

    def result(self) -> Answer_co:
        """Returns the response, waiting for it if need be; the same one each time.

        Raises:
            Error: the service's own (`ApplicationError`) or the platform's.
        """
        if self._reply is None:
            self._reply = self._carrier.finish(self._number)
        reply, hooked, self._hooked = self._reply, self._hooked, None
        if reply.error:
            error = _error(reply, self._method)
            if hooked is not None:
                hooks.after.Call(*hooked, None, error=error)
            raise error
        response = msgspec.msgpack.decode(reply.message, type=self._method.response)
        if hooked is not None:
            hooks.after.Call(*hooked, response)
        return cast(Answer_co, response)


class Refused(Pending[Message]):
    """A call that was not made, because it would break a limit; its result is the error."""

    def __init__(self, method: Method, error: Error) -> None:
        self._method = method
        self._reply = Reply(0, b"", type(error).__name__, str(error))


def stub(service: type[S]) -> S:
    """Returns an object whose methods are the service's calls."""
    methods = {key: _forwarder(service.name, method) for key, method in service.methods.items()}
    return cast(S, type(f"{service.__name__}Stub", (service,), methods)())


def begin(
    method: Callable[[RequestMessage], ResponseMessage],
    request: RequestMessage,
    deadline_seconds: float | None = None,
) -> Pending[ResponseMessage]:
    """Starts a call of a stub's method and returns it at once: `begin(_mail.send, request)`.

    With `deadline_seconds` the call ends by then in an error, whatever its declaration allows.
    """
    start: Callable[[RequestMessage, float | None], Pending[ResponseMessage]] = vars(
        cast(Any, method).__func__  # a bound method's function, which _forwarder made
    )["begin"]
    return start(request, deadline_seconds)


def join_commit(service: str, method: str, request: Message) -> bool:
    """Makes a call a part of the commit of the transaction that this code runs in.

    It is then done in the same SQL transaction as the commit's writes, or not at all, and its
    response is dropped. A room's client calls this and, where it returns False, the service itself.

    Returns:
        Whether a transaction has taken the call; outside of one nothing happens.

    Raises:
        Error: the transaction takes no further call; the text says why.
    """
    take = joining.get()
    if take is None:
        return False
    take(service, method, _encoder.encode(request))
    return True


def begin_by_name(service: str, method: str, request: Message) -> Pending[Message]:
    """Starts a call that is known by its names alone.

    Raises:
        CallNotFoundError: no room declares it, or no request is open.
    """
    declared = find_services().get(service)
    found = declared.methods.get(method) if declared else None
    if found is None:
        raise CallNotFoundError(f"{service}.{method}: there is no such call")
    return Pending(_open_transport(service, found), service, found, request)


def wait_any(pendings: Sequence[Pending[Message]]) -> int:
    """Waits until one of some calls of one request is answered; returns its index.

    Raises:
        ValueError: there are none.
    """
    if not pendings:
        raise ValueError("no calls to wait for")
    numbers = [pending.number for pending in pendings]
    if None in numbers:
        return numbers.index(None)
    asked = [number for number in numbers if number is not None]
    return numbers.index(pendings[0].carrier.wait_any(asked))


def _forwarder(service: str, method: Method) -> Callable[[Any, Message], Message]:
    def start(request: Message, deadline_seconds: float | None = None) -> Pending[Message]:
        carrier = _open_transport(service, method)
        return Pending(carrier, service, method, request, deadline_seconds)

    def forward(self: Service, request: Message) -> Message:
        return start(request).result()

    vars(forward)["begin"] = start
    return forward


class NoRequestError(CallNotFoundError, AssertionError):
    """No request is open. App Engine's is an AssertionError where no service is registered."""


def _open_transport(service: str, method: Method) -> Transport:
    try:
        return transport.get()
    except LookupError:
        raise NoRequestError(
            f"No api proxy found for service {service!r}: {service}.{method.name} was called while "
            "no request is open; services answer while one is served"
        ) from None


def _error(reply: Reply, method: Method) -> Error:
    for declared in method.errors:
        if declared.__name__ == reply.error:
            return declared(reply.detail)
    return PLATFORM_ERRORS.get(reply.error, InternalError)(reply.detail)
