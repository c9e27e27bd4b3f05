"""Calls that wait elsewhere run beside each other, and one application never holds all threads."""

import threading

import pytest

from appengine.front.parallel import ParallelCalls

THREADS = 8


@pytest.fixture
def gate():
    """Holds every call that waits for it until the test has ended."""
    opened = threading.Event()
    yield opened
    opened.set()


def hold(gate, started):
    """Returns a call that says when it runs, and ends when the gate opens."""

    def work(number):
        started.release()
        gate.wait(30)
        return number

    return work


def test_one_application_alone_gets_half_and_the_next_is_served_at_once(gate):
    calls, started = ParallelCalls(THREADS), threading.Semaphore(0)
    greedy = [calls.pool_of("greedy").submit(hold(gate, started), n) for n in range(50)]
    for _ in range(THREADS // 2):
        assert started.acquire(timeout=10)
    assert calls.pool_of("modest").submit(abs, -7).result(10) == 7
    assert calls.pool_of("third").submit(abs, -8).result(10) == 8
    assert not started.acquire(blocking=False)
    gate.set()
    assert [future.result(10) for future in greedy] == list(range(50))


def test_what_is_cancelled_before_it_runs_is_never_run(gate):
    calls, started = ParallelCalls(2), threading.Semaphore(0)
    ran = []
    first = calls.pool_of("trial").submit(hold(gate, started), 1)
    assert started.acquire(timeout=10)
    second = calls.pool_of("trial").submit(ran.append, 2)
    assert second.cancel()
    gate.set()
    assert first.result(10) == 1
    assert calls.pool_of("trial").submit(abs, -3).result(10) == 3
    assert ran == []


def test_what_a_call_raises_is_raised_where_its_result_is_taken():
    with pytest.raises(ZeroDivisionError):
        ParallelCalls(2).pool_of("trial").submit(lambda n: 1 // n, 0).result(10)
