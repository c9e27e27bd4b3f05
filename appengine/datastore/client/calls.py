"""The calls to the service, with its errors as applications know them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from appengine.datastore import datastore_errors
from appengine.datastore.datastore_errors import (
    BadRequestError,
    Timeout,
    TransactionFailedError,
)
from appengine.datastore.service import (
    ConcurrentTransactionError,
    DatastoreService,
    NeedIndexError,
)
from appengine.rpc.client import Pending, begin, stub
from appengine.rpc.errors import DeadlineExceededError, Error
from appengine.rpc.service import Message
from appengine.rpc.user_rpc import FINISHING, RUNNING

RequestMessage = TypeVar("RequestMessage", bound=Message)
ResponseMessage = TypeVar("ResponseMessage", bound=Message)
Result = TypeVar("Result")
Next = TypeVar("Next")

datastore = stub(DatastoreService)
"""Every call of the service; the functions below make them."""


def call(
    method: Callable[[RequestMessage], ResponseMessage],
    request: RequestMessage,
    deadline_seconds: float | None = None,
) -> ResponseMessage:
    """Returns the response to one call: `call(datastore.get, GetRequest(...))`."""
    with translated_errors():
        return begin(method, request, deadline_seconds).result()


class Operation(Generic[Result]):
    """A call, or several, under way; `get_result` waits for what comes of them."""

    def __init__(
        self, finish: Callable[[], Result], on_completion: Callable[..., object] | None = None
    ) -> None:
        self._finish: Callable[[], Result] | None = finish
        self._on_completion = on_completion
        self._result: Result | None = None
        self._error: Error | None = None

    @property
    def state(self) -> int:
        """1: under way; 2: the result, or the service's error, is there."""
        return RUNNING if self._finish is not None else FINISHING

    def wait(self) -> None:
        """Waits until the result, or the service's error, is there."""
        if self._finish is None:
            return
        try:
            self._result = self._finish()
        except Error as error:
            self._error = error
        self._finish = None
        if self._on_completion is not None:
            self._on_completion(self)

    def check_success(self) -> None:
        """Waits, and raises the error if there is one."""
        self.wait()
        if self._error is not None:
            raise self._error

    def get_result(self) -> Result:
        """Returns the result, waiting for it if need be; the same one each time."""
        self.check_success()
        return self._result  # type: ignore[return-value]  # there is one where there is no error

    def then(self, follow: Callable[[Result], Next]) -> "Operation[Next]":
        """Returns an operation whose result is `follow` of this one's."""
        return Operation(lambda: follow(self.get_result()))


def start(
    method: Callable[[RequestMessage], ResponseMessage],
    request: RequestMessage,
    deadline_seconds: float | None = None,
) -> Callable[[], ResponseMessage]:
    """Starts one call, and returns the function that waits for its response."""
    with translated_errors():
        pending: Pending[ResponseMessage] = begin(method, request, deadline_seconds)

    def finish() -> ResponseMessage:
        with translated_errors():
            return pending.result()

    return finish


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises the service's errors by the names that applications catch."""
    try:
        yield
    except ConcurrentTransactionError as error:
        raise TransactionFailedError(str(error)) from error
    except NeedIndexError as error:
        raise _need_index(str(error)) from error
    except DeadlineExceededError as error:
        raise Timeout(str(error)) from error
    except UnicodeEncodeError as error:
        raise BadRequestError(f"{error.object!r} is not valid UTF-8: {error.reason}") from error


def _need_index(text: str) -> datastore_errors.NeedIndexError:
    header, _, stanza = text.partition("\n")
    return datastore_errors.NeedIndexError(text, text, header, stanza or None)
