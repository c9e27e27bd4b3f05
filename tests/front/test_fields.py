"""Header fields that the server's library reads otherwise than HTTP does."""

import pytest

from appengine.front.fields import settle


def test_the_cookies_of_all_fields_are_one_field():
    fields = [("COOKIE", "a=1"), ("X", "y"), ("COOKIE", "b=2; c=3")]
    assert settle(fields, "/") == [("X", "y"), ("COOKIE", "a=1; b=2; c=3")]


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/", "here"),
        ("*", "here"),
        ("//there/x", "here"),
        ("http://there:8080/x", "there:8080"),
        ("http://user:word@there/", "there"),
        ("http://[::1]:80/", "[::1]:80"),
        ("http://[/", "here"),
        ("http:///x", "here"),
    ],
)
def test_a_target_that_names_a_host_is_believed_before_the_field_is(target, host):
    """Source: RFC 9112, section 3.2.2."""
    assert dict(settle([("HOST", "here"), ("X", "y")], target)) == {"HOST": host, "X": "y"}
