"""Answers to what is no whole request."""

import pytest

from appengine.front.refusals import HEAD_TOO_LARGE, NO_ROOM, TOO_SLOW, refusal


@pytest.mark.parametrize(
    "answer", [HEAD_TOO_LARGE, NO_ROOM, TOO_SLOW, refusal("400 Bad Request", "'GET /ÿ€ HTTP/1.1'")]
)
def test_the_length_is_that_of_the_bytes(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert body.endswith(b"\n") and b"Connection: close" in head
