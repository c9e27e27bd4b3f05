"""Threads for calls that wait for something outside of the machine, shared fairly.

An application takes one more of them only while it holds fewer than are left for others: one alone
gets half, the next half of the rest, and some are always free.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import msgspec

R = TypeVar("R")
A = TypeVar("A")


class Pool(Protocol):
    """What runs calls beside a request."""

    def submit(self, work: Callable[[A], R], argument: A, /) -> "Future[R]":
        """Runs `work(argument)` as soon as a thread may."""


class _Task(msgspec.Struct, Generic[A, R], frozen=True):
    """A call that waits for a thread; `future` is its caller's."""

    application: str
    future: "Future[R]"
    work: Callable[[A], R]
    argument: A


class ParallelCalls:
    """The threads of one worker, made when they are first needed."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="parallel-call")
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[_Task[Any, Any]]] = {}

    def pool_of(self, application: str) -> "Share":
        """Returns what runs the calls of one application."""
        return Share(self, application)

    def add(self, task: _Task[A, R]) -> None:
        """Runs a task when its application may have one more thread."""
        with self._lock:
            self._waiting.setdefault(task.application, deque()).append(task)
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Gives free threads to tasks that wait."""
        with self._lock:
            tasks = list(self._take())
        for task in tasks:
            running = self._pool.submit(task.work, task.argument)
            running.add_done_callback(partial(self._end, task))

    def _take(self) -> Iterator[_Task[Any, Any]]:
        """Yields the tasks that may run now, of the application that holds fewest first."""
        for application in sorted(self._waiting, key=self._held.__getitem__):
            waiting = self._waiting[application]
            while waiting and self._held[application] < self._threads - self._held.total():
                task = waiting.popleft()
                if task.future.set_running_or_notify_cancel():
                    self._held[application] += 1
                    yield task
            if not waiting:
                del self._waiting[application]

    def _end(self, task: _Task[A, R], ran: "Future[R]") -> None:
        with self._lock:
            self._held[task.application] -= 1
        self._start_waiting()
        if (error := ran.exception()) is not None:
            task.future.set_exception(error)
        else:
            task.future.set_result(ran.result())


class Share(Pool):
    """One application's part of the threads."""

    def __init__(self, calls: ParallelCalls, application: str) -> None:
        self._calls = calls
        self._application = application

    def submit(self, work: Callable[[A], R], argument: A, /) -> "Future[R]":
        """Runs `work(argument)` as soon as a thread may; until then it can be cancelled."""
        future: Future[R] = Future()
        self._calls.add(_Task(self._application, future, work, argument))
        return future
