"""Which module a request is for: dispatch.yaml first, then the host's name, then the port."""

import pytest

from appengine.config.dispatch_yaml import DispatchRule
from appengine.front.hosts import HostMap, HostNames
from appengine.front.routes import Routes
from tests.front.routes import make_route

NAMES = HostNames("localhost", ["book.example.com"])
RULES = (
    DispatchRule("", True, "/mobile/", True, "mobile"),
    DispatchRule("api.example.com", False, "/", True, "backend"),
    DispatchRule("", True, "/_ah/queue/deferred", False, "backend"),
    DispatchRule("", True, "/_ah/", True, "mobile"),
)
PORTS = {
    8080: make_route(name="v1", module="default"),
    8081: make_route(name="v2", module="backend"),
    8082: make_route(name="v3", module="mobile"),
    8083: make_route(name="v4", module="default", application="other"),
}


@pytest.fixture
def hosts():
    return HostMap(Routes(ports=PORTS, dispatch={"trial": RULES}), NAMES.bases)


@pytest.mark.parametrize(
    ("port", "host", "path", "name"),
    [
        (8080, "localhost:8080", "/", "v1"),
        (8080, "localhost:8080", "/mobile/x", "v3"),
        (8080, "localhost:8080", "/mobile", "v1"),
        (8080, "API.example.com", "/x", "v2"),
        (8081, "localhost:8081", "/", "v2"),
        (8081, "localhost:8081", "/mobile/x", "v2"),  # its own port is an address of its own
        (8080, "backend.localhost:8080", "/", "v2"),
        (8080, "1.backend.localhost:8080", "/", "v2"),
        (8080, "0.1.backend.localhost:8080", "/", "v2"),
        (8080, "backend.localhost:8080", "/mobile/x", "v3"),  # rules come first
        (8080, "backend.book.example.com", "/", "v2"),
        (8080, "backend.example.org", "/", "v1"),
        (8080, "shop.localhost:8080", "/", "v1"),
        (8080, "localhost:8080", "/_ah/login", "v1"),
        (8080, "localhost:8080", "/_ah/queue/deferred", "v2"),
        (8083, "backend.localhost:8083", "/mobile/x", "v4"),
        (8080, "localhost:8080", "/mobile/\xff", "v3"),
    ],
)
def test_a_request_finds_its_module(hosts, port, host, path, name):
    """Source: App Engine, "Routing with a dispatch file"; the development server, host names."""
    assert hosts.find(port, host, path).name == name


def test_a_port_on_which_nothing_is_served_yet_has_no_version(hosts):
    assert hosts.find(9, "localhost:9", "/") is None


@pytest.mark.parametrize(
    ("port", "host", "expected"),
    [
        (8080, "localhost:8080", "localhost:8080"),
        (8081, "localhost:8081", "localhost:8080"),
        (8081, "backend.localhost:8081", "localhost:8080"),
        (8081, "[::1]:8081", "[::1]:8080"),
        (8081, "book.example.com", "book.example.com"),
        (8083, "localhost:8083", "localhost:8083"),
    ],
)
def test_the_default_version_s_host_is_the_first_module_s(hosts, port, host, expected):
    assert hosts.default_host(PORTS[port], host) == expected


@pytest.mark.parametrize(
    "host",
    "localhost:8080 127.0.0.1 [::1]:80 192.168.0.7:8080 backend.localhost book.example.com:443 "
    "backend.book.example.com".split(),
)
def test_a_host_that_means_this_machine_is_served(host):
    assert NAMES.check(host) is None


@pytest.mark.parametrize("host", ["evil.example", "example.com", "localhost.evil.example:8080"])
def test_a_host_that_means_another_machine_is_refused_with_the_flag_that_adds_it(host):
    """Else a page there could read what is served here: its name may lead to this machine."""
    answer = NAMES.check(host)
    assert answer is not None and answer.status == 400
    assert b"--addn_host=" + host.partition(":")[0].encode() in b"".join(answer.body)
    assert HostNames("localhost", is_checked=False).check(host) is None
