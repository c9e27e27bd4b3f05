"""A proxy that is known says who the client is; everybody else says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.proxies import TrustedProxies

PROXIES = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


def seen(peer="127.0.0.1", proxies=PROXIES, **headers):
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "inner:8080"}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()}
    proxies.apply(environ)
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the client says the first one
        ("10.1.1.1", "203.0.113.7, 10.2.2.2", "203.0.113.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "10.2.2.2", "10.2.2.2"),
        ("127.0.0.1", "203.0.113.7, nobody", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("", "1.2.3.4", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_known_proxy(peer, told, client):
    assert seen(peer, **{"for": told})[0] == client


def test_scheme_and_host_are_those_that_the_client_used():
    assert seen(proto="https", host="book.example")[1:] == ("https", "book.example")
    assert seen(proto="http, HTTPS", host="a, b")[1:] == ("https", "b")
    assert seen(proto="gopher")[1:] == ("http", "inner:8080")


def test_a_stranger_s_claims_are_nothing():
    claims = {"for": "1.2.3.4", "proto": "https", "host": "evil"}
    assert seen("203.0.113.9", **claims) == ("203.0.113.9", "http", "inner:8080")
    assert seen(proxies=TrustedProxies(), **claims) == ("127.0.0.1", "http", "inner:8080")
    assert not TrustedProxies() and PROXIES


@given(st.text(), st.text(), st.text())
def test_whatever_a_proxy_says_there_is_an_address_and_a_scheme(addresses, scheme, host):
    client, used, _ = seen(**{"for": addresses, "proto": scheme, "host": host})
    assert client and used in ("http", "https")
