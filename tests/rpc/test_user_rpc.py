"""Asynchronous calls as applications handle them."""

import threading
from importlib import import_module

import pytest

from appengine.rpc.client import begin, stub
from appengine.rpc.errors import CallNotFoundError
from appengine.rpc.service import Message
from appengine.rpc.user_rpc import UserRPC
from tests.rpc.echo import (
    EchoRequest,
    EchoServer,
    EchoService,
    RefusedError,
    exchange,
    instance,
    ok,
    take_accepted,
)

_echo = stub(EchoService)


def within_a_request(work):
    """Runs a function inside of an open request; returns what it gives or raises it."""
    found = []

    def application(pipe):
        try:
            found.append((work(), None))
        except Exception as error:
            found.append((None, error))
        return ok()

    with instance(application) as front:
        take_accepted(front)
        exchange(front)
    value, error = found[0]
    if error is not None:
        raise error
    return value


def start(method=_echo.echo, hook=None, callback=None, **values):
    rpc = UserRPC("echo", callback=callback)
    request = EchoRequest(**values)
    rpc.follow(begin(method, request), "echo", request, hook)
    return rpc


def test_it_is_the_class_of_apiproxy_stub_map():
    """Source: `google.appengine.api.apiproxy_stub_map`, class `UserRPC`."""
    assert import_module("google.appengine.api.apiproxy_stub_map").UserRPC is UserRPC


def test_its_state_goes_from_idle_over_running_to_finishing():
    """Source: `google.appengine.api.apiproxy_rpc`, class `RPC`, `state`."""

    def work():
        idle = UserRPC("echo").state
        rpc = start(data=b"x")
        running = rpc.state
        rpc.wait()
        return idle, running, rpc.state, rpc.response.data

    assert within_a_request(work) == (0, 1, 2, b"x")


def test_the_hook_makes_the_result_and_the_callback_comes_once():
    """Source: class `UserRPC`, `get_result`, `wait`."""
    called = []

    def work():
        rpc = start(
            hook=lambda rpc: rpc.response.data * 2, callback=lambda: called.append(1), data=b"y"
        )
        rpc.wait()
        return rpc.get_result(), rpc.get_result()

    assert within_a_request(work) == (b"yy", b"yy")
    assert called == [1]


def test_without_a_hook_the_result_is_none():
    """Source: class `UserRPC`, `get_result`."""
    assert within_a_request(lambda: start(data=b"z").get_result()) is None


def test_an_error_is_raised_when_success_is_checked_and_not_by_waiting():
    """Source: class `UserRPC`, `check_success`."""

    def work():
        rpc = start(_echo.refuse)
        rpc.wait()
        rpc.check_success()

    with pytest.raises(RefusedError):
        within_a_request(work)


def test_wait_any_gives_what_is_answered_first():
    """Source: class `UserRPC`, `wait_any`."""

    EchoServer.barriers[2] = threading.Barrier(2)

    def work():
        slow, quick = start(_echo.meet, times=2), start(data=b"q")
        first = UserRPC.wait_any([slow, quick]) is quick
        again = UserRPC.wait_any([slow, quick]) is quick
        other = start(_echo.meet, times=2)
        UserRPC.wait_all([slow, quick, other])
        return first, again, slow.state, other.state, UserRPC.wait_any([])

    assert within_a_request(work) == (True, True, 2, 2, None)


def test_it_says_what_it_was_made_of_and_what_is_called():
    """Source: `google.appengine.api.apiproxy_stub_map`, class `UserRPC`, its properties."""

    def work():
        callback, request = list, EchoRequest(data=b"x")
        rpc = UserRPC("echo", 3.0, callback)
        assert (rpc.service, rpc.deadline, rpc.callback) == ("echo", 3.0, callback)
        assert rpc.method is rpc.request is rpc.response is rpc.get_result_hook is None
        rpc.follow(begin(_echo.echo, request), "echo", request, lambda rpc: rpc.user_data)
        rpc.user_data = [7]
        assert (rpc.method, rpc.request, rpc.user_data) == ("echo", request, [7])
        rpc.wait()
        return rpc.get_result_hook(rpc), rpc.get_result(), rpc.response.data

    assert within_a_request(work) == ([7], [7], b"x")


def test_a_call_is_made_once():
    """Source: class `UserRPC`, `make_call`."""

    def work():
        rpc = start()
        rpc.follow(begin(_echo.echo, EchoRequest()), "echo", EchoRequest())

    with pytest.raises(AssertionError, match="already called"):
        within_a_request(work)


def test_a_call_by_name_is_one_that_a_room_declares():
    """Source: class `UserRPC`, `make_call`."""

    class Nothing(Message):
        pass

    with pytest.raises(CallNotFoundError, match=r"user\.fly"):
        UserRPC("user").make_call("fly", Nothing())


def test_what_was_not_called_cannot_be_waited_for():
    with pytest.raises(AssertionError, match="no call"):
        UserRPC("echo").wait()
