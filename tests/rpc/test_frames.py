"""Frames: what goes over the wire, in whatever pieces, comes out the same, or is malformed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.rpc.frames import (
    MAX_FRAME_BYTES,
    PREFIX,
    Accepted,
    Call,
    FrameBuffer,
    MalformedCallError,
    Reply,
    Request,
    Response,
    encode,
    from_front,
    from_instance,
)

texts = st.text(max_size=50)
names = st.text(max_size=20)
calls = st.builds(Call, st.integers(0, 2**32 - 1), names, names, st.binary(max_size=200))
responses = st.builds(
    Response,
    st.integers(100, 599),
    texts,
    st.lists(st.tuples(st.text(min_size=1, max_size=20), texts), max_size=5),
    st.integers(0, 1000),
)
of_instance = st.one_of(st.builds(Accepted, st.integers(0, 100)), calls, responses)
of_front = st.one_of(
    st.builds(
        Request, texts, texts, st.dictionaries(texts, texts), st.integers(0, 99), st.just(1.0)
    ),
    st.builds(Reply, st.integers(0, 99), st.binary(max_size=200), texts, texts),
)


@given(st.lists(of_instance, max_size=5), st.integers(1, 30))
def test_frames_come_out_whole_whatever_the_pieces(frames, piece):
    stream = b"".join(map(encode, frames))
    buffer, found = FrameBuffer(), []
    for start in range(0, len(stream), piece):
        buffer.feed(stream[start : start + piece])
        while (data := buffer.take_frame()) is not None:
            found.append(from_instance.decode(data))
    assert found == frames
    assert len(buffer) == 0


@given(of_front)
def test_what_the_front_sends_is_none_of_an_instance_s_frames(frame):
    data = encode(frame)[PREFIX:]
    assert from_front.decode(data) == frame
    with pytest.raises(MalformedCallError):
        from_instance.decode(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_malformed(data):
    try:
        frame = from_instance.decode(data)
    except MalformedCallError:
        return
    assert isinstance(frame, Accepted | Call | Response)


def test_a_deeply_nested_value_is_malformed():
    with pytest.raises(MalformedCallError):
        from_instance.decode(b"\x91" * 100_000 + b"\xc0")


def test_a_length_above_the_limit_is_malformed_before_memory_is_taken():
    buffer = FrameBuffer()
    buffer.feed((MAX_FRAME_BYTES + 1).to_bytes(PREFIX, "big"))
    with pytest.raises(MalformedCallError, match=str(MAX_FRAME_BYTES)):
        buffer.take_frame()


@pytest.mark.parametrize(
    "fields",
    [
        ["response", 99, "OK", [], 0],
        ["response", 600, "OK", [], 0],
        ["response", 200, "OK", [["", "x"]], 0],
        ["response", 200, "OK", [["a", "b", "c"]], 0],
        ["response", 200, "OK", [], -1],
        ["response", 200, "OK", [], 2**25 + 1],
        ["response", 200, "OK", [], 0, "more"],
        ["call", -1, "mail", "send", b""],
        ["call", 2**32, "mail", "send", b""],
        ["call", 1, "mail", "send", "text"],
        ["call", 1, "m" * 101, "send", b""],
        ["reply", 1, b""],
        [],
        {"response": 1},
    ],
)
def test_a_frame_out_of_bounds_is_malformed(fields):
    with pytest.raises(MalformedCallError):
        from_instance.decode(msgspec.msgpack.encode(fields))
