"""What is process-wide in Python and one request's own here: `os.environ` and the transport.

A request's values live in context variables. Threads and executors of the standard library start
without any on Python 3.11, so they are taught to inherit them from whoever starts them.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_FROM_CLIENT = ("HTTP_", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE")
"""How the variables begin that hold bytes of the client."""

_variables: ContextVar[dict[str, str]] = ContextVar("environ")


class RequestEnviron(MutableMapping[str, str]):
    """`os.environ` of the current request; outside of requests, the process's own."""

    def __init__(self, outside: dict[str, str]) -> None:
        self._outside = outside

    def _current(self) -> dict[str, str]:
        return _variables.get(self._outside)

    def __getitem__(self, name: str) -> str:
        return self._current()[name]

    def __setitem__(self, name: str, value: str) -> None:
        for text in (name, value):
            if not isinstance(text, str):
                raise TypeError(f"str expected, not {type(text).__name__}")
        self._current()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._current()))

    def __len__(self) -> int:
        return len(self._current())

    def __repr__(self) -> str:
        return f"environ({self._current()!r})"

    def copy(self) -> dict[str, str]:
        """Returns the variables as a dictionary of their own."""
        return dict(self._current())

    def __or__(self, other: Mapping[str, str]) -> dict[str, str]:
        return self._current() | dict(other)

    def __ror__(self, other: Mapping[str, str]) -> dict[str, str]:
        return dict(other) | self._current()

    def __ior__(self, other: Mapping[str, str]) -> "RequestEnviron":
        self.update(other)
        return self


def install(outside: Mapping[str, str]) -> None:
    """Makes `os.environ` request-local; `outside` is what holds while no request is open."""
    os.environ = RequestEnviron(dict(outside))  # type: ignore[assignment]  # noqa: B003  # the same protocol; no child process will ever need the C library's list


def enter(variables: Mapping[str, str]) -> None:
    """Starts a request in the current context, with its own copy of `os.environ`.

    What the application has set while it was imported stays, below the request's `variables`:
    frameworks are told their settings so.
    """
    outside = os.environ._outside if isinstance(os.environ, RequestEnviron) else {}
    _variables.set({**outside, **variables})


def as_script_s(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns a request's variables as a script reads them of the operating system: in UTF-8.

    WSGI has the bytes of URL and headers one by one, as Latin-1; `wsgiref` makes that of these.
    Source: PEP 3333, "Unicode Issues"; `wsgiref.handlers.read_environ`.
    """
    return {
        name: value.encode("latin-1").decode("utf-8", "surrogateescape")
        if not value.isascii() and name.startswith(_FROM_CLIENT)
        else value
        for name, value in variables.items()
    }


def inherit_context() -> None:
    """Makes threads and thread pools run in a copy of the context of whoever started them."""
    start = threading.Thread.start
    submit = ThreadPoolExecutor.submit

    def start_in_context(self: threading.Thread) -> None:
        context, run = copy_context(), self.run
        self.run = lambda: context.run(run)  # type: ignore[method-assign]  # this one thread's
        start(self)

    def submit_in_context(
        self: ThreadPoolExecutor, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        context = copy_context()
        return submit(self, lambda: context.run(function, *args, **kwargs))

    threading.Thread.start = start_in_context  # type: ignore[method-assign]  # see above
    ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign,assignment]  # see above
