"""Exceptions from another thread: once, and never within the wire."""

import sys
import threading

import pytest

from appengine.rpc.client import stub
from appengine.rpc.interruptions import Interruption
from appengine.sandbox.deadlines import SoftDeadlines
from tests.rpc.echo import EchoRequest, EchoService, exchange, instance, ok, take_accepted

echo = stub(EchoService)


class OverError(BaseException):
    """What is raised here."""


def spin(steps=10**7):
    for _ in range(steps):
        pass


def strike_elsewhere(interruption):
    thread = threading.Thread(target=interruption.strike)
    thread.start()
    thread.join()


def test_it_is_raised_at_the_next_step():
    interruption = Interruption(OverError)
    with pytest.raises(OverError):
        strike_elsewhere(interruption)
        spin()
    interruption.finish()


def test_what_holds_it_back_ends_undisturbed():
    interruption = Interruption(OverError)
    reached = []
    with pytest.raises(OverError):
        with interruption:
            strike_elsewhere(interruption)
            spin(1000)
            reached.append("end")
        spin()
    assert reached == ["end"]


def test_a_check_within_raises_it_once():
    interruption = Interruption(OverError)
    with pytest.raises(OverError), interruption:
        strike_elsewhere(interruption)
        interruption.check()
    with interruption:
        interruption.check()
    spin(1000)


def test_another_error_of_the_block_does_not_lose_it():
    interruption = Interruption(OverError)
    with pytest.raises(OverError):
        try:
            with interruption:
                strike_elsewhere(interruption)
                raise ValueError
        except ValueError:
            spin()


@pytest.mark.parametrize("is_held", [True, False])
def test_after_the_finish_nothing_comes(is_held):
    interruption = Interruption(OverError)
    if is_held:
        with interruption:
            interruption.finish()
            strike_elsewhere(interruption)
    else:
        interruption.finish()
        strike_elsewhere(interruption)
    spin(1000)


def test_other_threads_are_neither_interrupted_nor_held():
    interruption = Interruption(OverError)
    seen = []

    def other():
        with interruption:
            strike_elsewhere(interruption)
            interruption.check()
            seen.append("end")

    thread = threading.Thread(target=other)
    with pytest.raises(OverError):
        thread.start()
        thread.join()
        spin()
    thread.join()  # the other time it may have been interrupted
    assert seen == ["end"]


def test_whenever_it_comes_the_connection_goes_on():
    """Calls without a pause, interrupted at any step: the next call is answered all the same."""
    deadlines = SoftDeadlines()
    before = sys.getswitchinterval()

    def application(pipe):
        calls = 0
        interruption = pipe.interruption = Interruption(OverError)
        try:
            with deadlines.watching(0.004, interruption):
                while True:
                    data = str(calls).encode()
                    assert echo.echo(EchoRequest(data=data)).data == data
                    calls += 1
        except OverError:
            pass
        return ok(echo.echo(EchoRequest(data=b"late")).data)

    sys.setswitchinterval(1e-6)
    try:
        for _ in range(150):
            with instance(application) as front:
                take_accepted(front)
                assert exchange(front)[1] == b"late"
    finally:
        sys.setswitchinterval(before)
