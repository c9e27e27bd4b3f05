"""Hosts: which names and addresses mean this machine, and nothing that only looks so."""

import pytest

from appengine.config.hosts import host_name, is_local


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:80", "localhost"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]"),
        ("a:", "a"),
        ("", ""),
    ],
)
def test_the_name_of_a_host_has_no_port(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("host", "peer", "expected"),
    [
        ("localhost:8080", "127.0.0.1", True),
        ("guestbook.localhost", "::1", True),
        ("[::1]:8080", "::1", True),
        ("127.0.0.2", "::ffff:127.0.0.1", True),
        ("localhost", "", True),
        ("localhost", "192.168.0.9", False),
        ("books.example", "127.0.0.1", False),
        ("localhost.evil.com", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("localhost", "nowhere", False),
    ],
)
def test_a_request_is_local_by_its_host_and_its_sender(host, peer, expected):
    assert is_local(host, peer) is expected
