"""Texts go in gzip's form to clients that accept it, and to nobody else."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.answers import Answer
from appengine.front.compression import MIN_BYTES, Compression, accepts_gzip
from appengine.front.spool import Spool

TEXT = b"It was a pleasure to be here. " * 100


def make(body=TEXT, status=200, kind="text/plain", as_body=list, **headers):
    fields = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
    if as_body is Spool:
        pieces = Spool(100)
        pieces.write(body)
    else:
        pieces = as_body([body])
    return Answer(status=status, reason="", headers=fields, body=pieces)


def sent(answer, accepted="gzip", method="GET"):
    Compression().apply(answer, method, accepted)
    headers = {name.lower(): value for name, value in answer.headers}
    assert len(headers) == len(answer.headers)
    return headers, b"".join(answer.body)


@pytest.mark.parametrize("as_body", [list, tuple, Spool, iter])
def test_a_text_is_compressed_whatever_its_body_is_kept_in(as_body):
    headers, body = sent(make(as_body=as_body))
    assert gzip.decompress(body) == TEXT
    assert headers["content-encoding"] == "gzip"
    assert headers["content-length"] == str(len(body))
    assert len(body) < len(TEXT) / 4


@pytest.mark.parametrize(
    "answer",
    [
        lambda: make(kind="image/png"),
        lambda: make(kind="application/octet-stream"),
        lambda: make(body=b"x" * (MIN_BYTES - 1)),
        lambda: make(status=206),
        lambda: make(Content_Encoding="br"),
        lambda: make(Cache_Control="public, no-transform"),
    ],
)
def test_what_would_gain_nothing_or_be_wrong_goes_as_it_is(answer):
    headers, body = sent(answer())
    assert headers.get("content-encoding", "br") == "br"
    assert int(headers["content-length"]) == len(body)


def test_caches_are_told_that_others_may_get_another_form():
    assert sent(make(), accepted="")[0]["vary"] == "Accept-Encoding"
    assert sent(make(Vary="Cookie"))[0]["vary"] == "Cookie, Accept-Encoding"
    assert sent(make(Vary="*"))[0]["vary"] == "*"
    assert sent(make(Vary="accept-encoding"))[0]["vary"] == "accept-encoding"


def test_a_strong_etag_becomes_weak_for_the_bytes_are_others():
    """Source: RFC 9110, section 8.8.1."""
    headers, _ = sent(make(ETag='"a"', Accept_Ranges="bytes"))
    assert headers["etag"] == 'W/"a"'
    assert "accept-ranges" not in headers
    assert sent(make(ETag='"a"'), accepted="")[0]["etag"] == '"a"'


def test_the_body_of_head_is_not_made():
    answer = make()
    headers, body = sent(answer, method="HEAD")
    assert (headers["content-length"], body) == (str(len(TEXT)), TEXT)


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("gzip; q=0.0, *", False),
        ("gzip;q=x", False),
        ("identity", False),
    ],
)
def test_the_client_s_word_on_gzip_is_taken(header, accepts):
    """Source: RFC 9110, section 12.5.3."""
    assert accepts_gzip(header) is accepts


@given(st.binary(min_size=MIN_BYTES, max_size=4096), st.sampled_from([list, tuple, Spool]))
def test_every_body_comes_back_as_it_was(data, as_body):
    headers, body = sent(make(body=data, as_body=as_body))
    assert gzip.decompress(body) == data
    assert headers["content-length"] == str(len(body))


@given(st.text())
def test_any_header_is_yes_or_no(header):
    assert accepts_gzip(header) in (True, False)
