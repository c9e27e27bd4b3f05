"""Who accepts a request: by the kernel's word, and whatever is sent first."""

import os
import socket
from contextlib import contextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.instances import InstanceGoneError, NoInstanceError, Waiting
from appengine.rpc.frames import (
    WIRE_VERSION,
    Accepted,
    Call,
    MalformedCallError,
    Request,
    Response,
    encode,
)

FRAME = encode(Request("r1", "main.app", {}, 0, 60.0))


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    """The socket of a version, at which the test itself is the instance."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path_factory.mktemp("version") / "socket"))
        made.listen(8)
        yield made


@contextmanager
def connected(listener):
    """Gives a waiting request, and the instance's end of its connection."""
    waiting = Waiting(listener.getsockname(), FRAME)
    own, _ = listener.accept()
    with own:
        try:
            yield waiting, own
        finally:
            waiting.close()


def framed(data):
    return len(data).to_bytes(4, "big") + data


nested = b"\x91" * 2000 + b"\xc0"
other_frames = st.sampled_from(
    [
        encode(Response(200, "OK", [], 0)),
        encode(Call(0, "datastore", "get", b"")),
        encode(Accepted(WIRE_VERSION + 1)),
        FRAME,
        framed(nested),
        framed(msgspec.msgpack.encode(["Accepted", "\ud800".encode("utf-8", "surrogatepass")])),
        (2**31).to_bytes(4, "big"),
        b"\xff" * 4,
        b"\0\0\0\0",
        encode(Accepted(WIRE_VERSION))[:-1],
    ]
)


@given(st.one_of(st.binary(min_size=1, max_size=200), st.binary(max_size=200).map(framed)))
def test_any_bytes_before_accepted_are_malformed(listener, junk):
    with connected(listener) as (waiting, own):
        own.sendall(junk)
        with pytest.raises((MalformedCallError, InstanceGoneError)):
            waiting.wait(10)
        assert waiting.pid == os.getpid(), "it is known whom to kill"


@given(other_frames)
def test_every_other_frame_before_accepted_is_malformed(listener, data):
    with connected(listener) as (waiting, own):
        own.sendall(data)
        with pytest.raises(MalformedCallError):
            waiting.wait(10)
        assert waiting.pid == os.getpid()


@given(st.binary(max_size=200))
def test_what_stands_behind_accepted_is_kept(listener, rest):
    with connected(listener) as (waiting, own):
        assert waiting.wait(0) is None
        own.sendall(encode(Accepted(WIRE_VERSION)) + rest)
        accepted = waiting.wait(10)
        assert (accepted.pid, accepted.received) == (os.getpid(), rest)


def test_an_instance_that_closes_has_gone(listener):
    with connected(listener) as (waiting, own):
        own.close()
        with pytest.raises(InstanceGoneError):
            waiting.wait(10)


def test_a_full_queue_is_no_instance(tmp_path):
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(str(tmp_path / "socket"))
        full.listen(0)
        waiting = []
        with pytest.raises(NoInstanceError, match="too many requests"):
            for _ in range(100):
                waiting.append(Waiting(full.getsockname(), FRAME))
        for each in waiting:
            each.close()


def test_a_version_without_a_socket_is_being_replaced(tmp_path):
    with pytest.raises(NoInstanceError, match="being replaced"):
        Waiting(str(tmp_path / "socket"), FRAME)
