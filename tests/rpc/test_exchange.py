"""The two ends of a request: bodies, calls and errors between an instance and the front."""

import ctypes
import socket
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.exchange import MAX_RECORDS, DeadlineError
from appengine.front.instances import InstanceGoneError
from appengine.rpc.client import begin, stub, transport
from appengine.rpc.errors import (
    CallNotFoundError,
    CancelledError,
    InternalError,
    OverQuotaError,
)
from appengine.rpc.frames import (
    MAX_CALLS,
    Accepted,
    Call,
    MalformedCallError,
    Reply,
    Response,
    encode,
)
from appengine.rpc.pipe import Pipe
from tests.e2e.serving import wait_until
from tests.rpc.echo import (
    EchoRequest,
    EchoServer,
    EchoService,
    Meter,
    RefusedError,
    exchange,
    instance,
    ok,
    take_accepted,
)

echo = stub(EchoService)
MEGABYTE = 2**20


def play(application, body=b"", meter=None):
    with instance(application) as front:
        take_accepted(front)
        return exchange(front, body, meter)


def test_a_call_is_answered_to_the_application_that_the_front_dialled():
    def application(pipe):
        response = echo.echo(EchoRequest(data=b"hello", times=2))
        return ok(response.data + response.caller.encode())

    assert play(application)[1] == b"hellohellotrial"


def test_a_hundred_calls_of_a_megabyte_are_sent_before_any_reply_is_read():
    """Source: the wire's rules: neither side blocks in a write without reading."""

    def application(pipe):
        payloads = [bytes([number]) * MEGABYTE for number in range(MAX_CALLS)]
        pending = [begin(echo.echo, EchoRequest(data=payload)) for payload in payloads]
        answers = [each.result().data for each in pending]
        assert answers == payloads
        return ok(b"all")

    response, body, end = play(application)
    assert (response.status, body) == (200, b"all")
    assert end.calls == MAX_CALLS


def test_more_calls_than_may_wait_are_sent_when_replies_have_come():
    def application(pipe):
        pending = [begin(echo.echo, EchoRequest(data=b"x")) for _ in range(3 * MAX_CALLS)]
        return ok(b"".join(each.result().data for each in pending))

    assert play(application)[1] == b"x" * 300


def test_calls_without_end_cost_the_front_no_memory():
    data = b"x" * MEGABYTE

    def application(pipe):
        for _ in range(2 * MAX_RECORDS):
            echo.echo(EchoRequest(data=data))
        return ok(b"all")

    tracemalloc.start()
    try:
        end = play(application)[2]
        assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert (end.calls, len(end.records)) == (2 * MAX_RECORDS, MAX_RECORDS)


def test_threads_of_a_request_share_its_pipe():
    def application(pipe):
        def work(number):
            transport.set(pipe)
            return [echo.echo(EchoRequest(data=b"%d-%d" % (number, n))).data for n in range(50)]

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(work, range(8)))
        assert found == [[b"%d-%d" % (number, n) for n in range(50)] for number in range(8)]
        return ok(b"done")

    assert play(application)[1] == b"done"


def test_threads_that_send_large_calls_do_not_stop_each_other():
    def application(pipe):
        def work(number):
            transport.set(pipe)
            data = bytes([number]) * MEGABYTE
            return all(echo.echo(EchoRequest(data=data)).data == data for _ in range(5))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(8)))
        return ok(b"done")

    assert play(application)[1] == b"done"


def test_the_rest_of_the_body_is_received_before_the_first_call():
    body = bytes(range(256)) * 2**12

    def application(pipe):
        start = pipe.read_body(1000)
        assert echo.echo(EchoRequest(data=b"between")).data == b"between"
        rest = []
        while piece := pipe.read_body(2**16):
            rest.append(piece)
        return ok(start + b"".join(rest))

    assert play(application, body)[1] == body


def test_a_response_may_come_before_the_body_was_read():
    assert play(lambda pipe: ok(b"no thanks"), b"x" * 8 * MEGABYTE)[1] == b"no thanks"


def test_a_declared_error_is_raised_again_by_name_and_text():
    def application(pipe):
        with pytest.raises(RefusedError, match="no 3 bytes today"):
            echo.refuse(EchoRequest(data=b"abc"))
        return ok(b"refused")

    assert play(application)[1] == b"refused"


def test_an_undeclared_error_is_an_internal_one_without_its_text():
    def application(pipe):
        with pytest.raises(InternalError) as caught:
            echo.fail(EchoRequest())
        assert "secret" not in str(caught.value)
        assert "reference" in str(caught.value)
        return ok()

    play(application)


def test_a_call_that_is_not_declared_is_not_found():
    def application(pipe):
        reply = pipe.finish(pipe.start("echo", "missing", b"\x80"))
        assert reply.error == CallNotFoundError.__name__
        reply = pipe.finish(pipe.start("nothing", "echo", b"\x80"))
        assert reply.error == CallNotFoundError.__name__
        return ok()

    play(application)


def test_a_call_spends_its_declared_cost_and_is_refused_above_the_quota():
    meter = Meter(limit=5)

    def application(pipe):
        echo.echo(EchoRequest(data=b"x", times=4))
        with pytest.raises(OverQuotaError):
            echo.echo(EchoRequest(data=b"x", times=2))
        return ok()

    _, _, end = play(application, meter=meter)
    assert meter.spent == [("trial", "echoes", 4)]
    assert [record.error for record in end.records] == ["", "OverQuotaError"]
    assert end.records[0].notes == {"bytes": 1}


def test_parallel_calls_run_at_once_and_are_answered_as_they_end():
    EchoServer.barriers[8] = threading.Barrier(8)

    def application(pipe):
        pending = [begin(echo.meet, EchoRequest(times=8)) for _ in range(8)]
        between = echo.echo(EchoRequest(data=b"meanwhile"))
        met = {each.result().data for each in pending}
        return ok(between.data + b"".join(met))

    assert play(application)[1] == b"meanwhilemet"


def test_after_the_response_calls_are_refused():
    pipes = []

    def application(pipe):
        pipes.append(pipe)
        return ok()

    play(application)
    with pytest.raises(CancelledError, match="the request has ended"):
        pipes[0].start("echo", "echo", b"\x80")


def test_outside_of_a_request_calls_are_refused():
    for error in (CallNotFoundError, AssertionError):  # the latter is App Engine's
        with pytest.raises(error, match=r"No api proxy found for service .* no request is open"):
            echo.echo(EchoRequest())


def test_a_request_ends_at_its_deadline_whatever_the_instance_does():
    with silent_instance() as (front, _), pytest.raises(DeadlineError):
        exchange(front, seconds=0.05)


def test_an_instance_that_reads_no_replies_ends_at_its_deadline():
    with silent_instance() as (front, own):
        own.setblocking(False)
        large = msgspec.msgpack.encode(EchoRequest(data=b"x" * MEGABYTE, times=8))
        sender = threading.Thread(target=send_what_fits, args=(own, large))
        sender.start()
        with pytest.raises(DeadlineError):
            exchange(front, seconds=0.5)
        front.close()
        sender.join(10)


def send_what_fits(own, message):
    """Sends calls and reads nothing, until the other end closes."""
    own.setblocking(True)
    try:
        for number in range(MAX_CALLS):
            own.sendall(encode(Call(number, "echo", "echo", message)))
    except OSError:
        return


def test_an_instance_that_dies_is_told_from_one_that_answers():
    with silent_instance() as (front, own):
        own.close()
        with pytest.raises(InstanceGoneError):
            exchange(front)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x00\x00\x02\xc1\xc1",
        b"\xff\xff\xff\xff",
        encode(Accepted(1)),
        b"\x00\x00\x00\x01\xc0",
        b"\x00\x00\x00\x03\x91\xa1x",
    ],
)
def test_what_is_no_frame_of_an_instance_is_malformed(junk):
    with silent_instance() as (front, own):
        own.sendall(junk)
        with pytest.raises(MalformedCallError):
            exchange(front)


def test_bytes_behind_a_response_are_malformed():
    with silent_instance() as (front, own):
        own.sendall(encode(Response(200, "OK", [], 4)) + b"four and more")
        with pytest.raises(MalformedCallError, match="behind the response"):
            exchange(front)


def test_more_calls_at_once_than_may_wait_are_malformed():
    message = msgspec.msgpack.encode(EchoRequest(times=9))
    EchoServer.barriers[9] = threading.Barrier(9)
    calls = b"".join(encode(Call(n, "echo", "meet", message)) for n in range(MAX_CALLS + 1))
    leaving = threading.Timer(1.0, EchoServer.barriers[9].abort)  # the pool waits for its threads
    leaving.start()
    with silent_instance() as (front, own):
        own.sendall(calls)
        with pytest.raises(MalformedCallError, match="more than 100"):
            exchange(front)
    leaving.join()


@given(st.binary(min_size=1, max_size=200), st.booleans())
def test_any_bytes_of_an_instance_are_a_frame_or_malformed(junk, is_framed):
    data = len(junk).to_bytes(4, "big") + junk if is_framed else junk
    with silent_instance() as (front, own):
        own.sendall(data)
        own.close()
        with pytest.raises((MalformedCallError, InstanceGoneError)):
            exchange(front)


@contextmanager
def silent_instance():
    """Gives the front's end of a connection, and the end that the test plays itself."""
    front, own = socket.socketpair()
    with front, own:
        yield front, own


def test_a_pipe_of_a_front_that_has_gone_fails_every_waiting_thread():
    front, own = socket.socketpair()
    pipe = Pipe(own)
    failed = []

    def wait():
        try:
            pipe.receive_request()
        except CancelledError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    front.close()
    for thread in threads:
        thread.join(10)
    assert len(failed) == 3


class Interruption(BaseException):
    """Raised in a thread from outside, as a deadline is."""


def interrupt(thread):
    raised = ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(Interruption)
    )
    assert raised == 1


def test_a_thread_that_is_interrupted_leaves_the_lead_to_another():
    front, own = socket.socketpair()
    pipe = Pipe(own)
    ended = {}

    def wait(name, number):
        try:
            ended[name] = pipe.finish(number)
        except BaseException as error:  # what ended it is looked at below
            ended[name] = error

    leader = threading.Thread(target=wait, args=("leader", pipe.start("echo", "echo", b"")))
    follower = threading.Thread(target=wait, args=("follower", pipe.start("echo", "echo", b"")))
    leader.start()
    wait_until(lambda: pipe._sleepers == 1)
    follower.start()
    wait_until(lambda: len(pipe._changed._waiters) == 1)
    interrupt(leader)
    leader.join(10)
    with front:
        front.sendall(encode(Reply(1, b"for the other")))
        follower.join(10)
        assert not follower.is_alive()
    pipe.close("over")
    assert isinstance(ended["leader"], Interruption)
    assert ended["follower"].message == b"for the other"


def test_a_pipe_that_fails_in_receiving_fails_for_every_thread(monkeypatch):
    front, own = socket.socketpair()
    pipe = Pipe(own)
    errors = []

    def wait(number):
        try:
            pipe.finish(number)
        except (MemoryError, CancelledError) as error:
            errors.append(type(error))

    def feed(_data):
        raise MemoryError

    threads = [
        threading.Thread(target=wait, args=(pipe.start("echo", "echo", b""),)) for _ in range(3)
    ]
    monkeypatch.setattr(pipe._in, "feed", feed)
    for thread in threads:
        thread.start()
    wait_until(lambda: len(pipe._changed._waiters) == 2)
    with front:
        front.sendall(b"x")
        for thread in threads:
            thread.join(10)
    assert sorted(errors, key=str) == sorted([MemoryError, CancelledError, CancelledError], key=str)
