"""The gate: where a request ends, whatever the pieces it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.gate import BYTES_A_SECOND, GRACE_SECONDS, MAX_HEAD_BYTES, Arriving

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


def feed(data: bytes, piece: int = 2**20) -> Arriving:
    arriving = Arriving(now=0.0)
    rest = b""
    for start in range(0, len(data), piece):
        if arriving.is_whole:
            rest += data[start : start + piece]
        else:
            arriving.feed(data[start : start + piece])
    arriving.later = arriving.rest() + rest
    return arriving


def chunked(chunks: list[bytes], trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailer + b"\r\n"


bodies = st.binary(max_size=200)
requests = st.one_of(
    st.just(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    bodies.map(lambda body: HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)),
    st.lists(st.binary(min_size=1, max_size=50), max_size=4).map(chunked),
    st.just(chunked([b"abc"], b"X-Sum: 1\r\n")),
)


@given(requests, st.binary(max_size=50), st.integers(1, 40))
def test_a_request_ends_where_the_next_one_begins(request, following, piece):
    arriving = feed(request + following, piece)
    assert arriving.is_whole
    assert b"".join(arriving.spool) == request
    assert arriving.later == following


@given(requests, st.integers(1, 9), st.integers(1, 40))
def test_empty_lines_before_a_request_are_no_part_of_it(request, lines, piece):
    """Source: RFC 9112, section 2.2."""
    assert b"".join(feed(b"\r\n" * lines + request, piece).spool) == request


@given(requests, st.data())
def test_a_part_of_a_request_is_not_whole(request, data):
    cut = data.draw(st.integers(0, len(request) - 1))
    assert not feed(request[:cut]).is_whole


@given(st.binary(max_size=400))
def test_any_bytes_end_or_wait_and_none_is_lost(data):
    arriving = feed(data, 7)
    spooled = b"".join(arriving.spool)
    assert data.startswith(spooled)
    if arriving.is_whole and not arriving.must_close:
        assert spooled + arriving.later == data


def test_a_head_without_an_end_goes_to_the_parser_at_its_limit():
    assert not feed(b"a" * MAX_HEAD_BYTES).is_whole
    assert feed(b"a" * (MAX_HEAD_BYTES + 1)).is_whole


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 33554433\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"content-length: 999999999999\r\n\r\n",
        b"Content-Length: 9999999999999999999\r\n\r\n",
        b"Content-Length: %s\r\n\r\n" % (b"9" * 5000),
        b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        b"X: %s\r\n\r\n" % (b"a" * MAX_HEAD_BYTES),
        b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0;a\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * MAX_HEAD_BYTES,
    ],
)
def test_behind_a_body_that_is_not_taken_nothing_is_a_request(head):
    arriving = feed(HEAD + head + b"GET /hidden HTTP/1.1\r\n\r\n")
    assert arriving.is_whole
    assert arriving.must_close
    assert arriving.rest() == b""


@pytest.mark.parametrize("size", [b"zz", b"-1", b"", b"fffffffff", b"f" * 9000])
def test_framing_that_is_none_goes_to_the_parser(size):
    assert feed(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n").is_whole


def test_a_length_with_leading_zeros_is_one():
    assert feed(HEAD + b"Content-Length: 0005\r\n\r\nabcdeGET").later == b"GET"
    assert not feed(HEAD + b"Content-Length: 00\r\n\r\n").must_close


def test_a_client_that_waits_for_100_continue_is_known():
    arriving = feed(HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert arriving.wants_continue
    assert not arriving.is_whole
    assert not feed(HEAD + b"Expect: 100-continue\r\n\r\n").wants_continue


def test_time_grows_with_what_has_come():
    arriving = feed(HEAD + b"Content-Length: 9000000\r\n\r\n" + b"x" * 5_000_000)
    seconds = arriving.spool.length / BYTES_A_SECOND
    assert arriving.deadline == pytest.approx(GRACE_SECONDS + seconds)
    arriving.spool.close()
