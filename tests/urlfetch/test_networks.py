"""Forged requests: no name, no redirection and no trick with addresses reaches what is closed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine import urlfetch
from appengine.config.settings import Settings
from appengine.rpc.internal import InternalResponse, Served
from appengine.urlfetch.server.networks import AddressRules
from tests.urlfetch.serving import Direct

SERVER = AddressRules(())
DEVELOPMENT = AddressRules(Settings().urlfetch_networks)

CLOSED = {
    "a loopback address": "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1",
    "a private address": "10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 fc00::1 ::ffff:10.0.0.1 "
    "198.18.0.1 240.0.0.1 255.255.255.255 2002:a00:1:: 64:ff9b::a00:1 2001:db8::1 ::10.0.0.1 "
    "192.0.2.1 203.0.113.5 0.1.2.3",
    "a link-local address": "169.254.1.1 fe80::1 fe80::1%eth0 fec0::1",
    "a multicast address": "224.0.0.1 ff02::1",
    "an unspecified address": "0.0.0.0 ::",
    "a metadata address": "169.254.169.254 fd00:ec2::254 ::ffff:169.254.169.254 100.100.100.200 "
    "64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::",
}
ALL = [(address, reason) for reason, texts in CLOSED.items() for address in texts.split()]


@pytest.mark.parametrize(("address", "reason"), ALL)
def test_special_addresses_are_closed_on_the_server(address, reason):
    assert SERVER.refusal(address) in {reason, "a private address"}


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1", "64:ff9b::808:808"])
def test_public_addresses_are_open(address):
    assert SERVER.refusal(address) == ""


def test_loopback_is_open_in_development_and_nothing_else():
    for address, _ in ALL:
        is_open = address in CLOSED["a loopback address"].split()
        assert bool(DEVELOPMENT.refusal(address)) is not is_open


def test_metadata_stays_closed_whatever_is_opened():
    rules = AddressRules(("private", "loopback", "169.254.0.0/16", "0.0.0.0/0", "::/0"))
    for address in CLOSED["a metadata address"].split():
        assert rules.refusal(address) == "a metadata address"
    assert rules.refusal("10.0.0.1") == rules.refusal("fc00::1") == ""


@given(st.ip_addresses())
def test_an_address_that_is_open_is_global(address):
    if not SERVER.refusal(str(address)):
        assert address.is_global and not address.is_loopback and not address.is_link_local


class Zone:
    """Names whose addresses change with each question."""

    def __init__(self, **answers):
        self.answers = {name.replace("_", "."): list(texts) for name, texts in answers.items()}
        self.asked = []

    def __call__(self, host, port, seconds):
        self.asked.append(host)
        answers = self.answers.get(host, [[host]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


def on_server(zone, **options):
    return Direct(Settings(urlfetch_networks=(), **options), resolve=zone)


LOOPBACK = (
    "127.0.0.1 [::1] 2130706433 0x7f.1 0x7f000001 017700000001 0177.0.0.1 127.1 localhost 0 "
    "0.0.0.0 [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] "
    "[64:ff9b::127.0.0.1]"
).split()


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_closed_on_the_server_however_it_is_written(origin, host):
    with Direct(Settings(urlfetch_networks=())):
        with pytest.raises(urlfetch.DownloadError, match="closed to fetches"):
            urlfetch.fetch(f"http://{host}:{origin.port}/")
    assert all("Host" in seen.headers for seen in origin.requests)


def test_a_name_that_leads_to_a_closed_address_is_refused(origin):
    zone = Zone(evil_example=[["169.254.169.254"]])
    with on_server(zone), pytest.raises(urlfetch.DownloadError, match="a metadata address"):
        urlfetch.fetch(f"http://evil.example:{origin.port}/")


def test_of_several_addresses_only_open_ones_are_tried(origin):
    zone = Zone(mixed_example=[["10.0.0.1", "127.0.0.1"]])
    with Direct(resolve=zone):
        assert urlfetch.fetch(f"http://mixed.example:{origin.port}/").content == b"hello"


def test_a_name_is_resolved_once_and_the_connection_goes_there(origin):
    """Rebinding: the second answer would lead elsewhere, but nobody asks again."""
    zone = Zone(rebound_example=[["127.0.0.1"], ["10.0.0.1"]])
    with Direct(resolve=zone):
        seen = json.loads(urlfetch.fetch(f"http://rebound.example:{origin.port}/echo").content)
        assert zone.asked == ["rebound.example"]
        assert dict(seen["headers"])["Host"] == f"rebound.example:{origin.port}"


def test_each_redirection_is_judged_anew(origin):
    target = "http://metadata.example/latest"
    zone = Zone(metadata_example=[["169.254.169.254"]])
    with Direct(resolve=zone), pytest.raises(urlfetch.DownloadError, match="metadata address"):
        urlfetch.fetch(origin.url(f"/to?url={target}"))
    with Direct(), pytest.raises(urlfetch.InvalidURLError, match="only http and https"):
        urlfetch.fetch(origin.url("/to?url=file:///etc/passwd"))


@pytest.mark.parametrize("host", ["10.0.0.1", "[::1]", "100.64.0.1", "169.254.1.1", "0.0.0.0"])
def test_no_redirection_leads_to_what_is_closed(origin, host):
    """The first host is open, and the server's own network is not."""
    port = origin.port
    with Direct(Settings(urlfetch_networks=("127.0.0.1/32",))):
        url = origin.url(f"/to?url=http://{host}:{port}/&status=307")
        with pytest.raises(urlfetch.DownloadError, match="closed to fetches"):
            urlfetch.fetch(url, "x", "POST")


def test_a_proxy_of_the_servers_environment_is_not_used(origin, monkeypatch):
    """Only the operator's flag names one: the environment is that of whoever started it."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Direct():
        assert urlfetch.fetch(origin.url()).content == b"hello"


def test_secrets_do_not_follow_a_redirection_to_another_host(origin):
    zone = Zone(one_example=[["127.0.0.1"]], two_example=[["127.0.0.1"]])
    secrets = {"Authorization": "Basic x", "Cookie": "a=b", "X-Own": "1"}
    with Direct(resolve=zone):
        for other, kept in (("one.example", True), ("two.example", False)):
            target = f"http://{other}:{origin.port}/echo"
            url = f"http://one.example:{origin.port}/to?url={target}"
            seen = dict(json.loads(urlfetch.fetch(url, headers=secrets).content)["headers"])
            assert ("Authorization" in seen) is ("Cookie" in seen) is kept
            assert seen["X-Own"] == "1"


class OneServed:
    """Applications of which one answers on a port."""

    def __init__(self, port, own_port=0):
        self.port, self.own_port = port, own_port
        self.requests = []

    def find(self, host, port):
        here = host in ("localhost", "127.0.0.1") and port == self.port
        return Served("other", "default", f"localhost:{port}") if here else None

    def is_own_port(self, port):
        return port == self.own_port

    def ask(self, request, seconds):
        self.requests.append(request)
        return InternalResponse(status=200, reason="OK", headers=[("X-A", "b")], body=b"inside")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "name.example"])
def test_a_host_that_we_serve_is_asked_inside_by_whatever_name(origin, host):
    applications = OneServed(origin.port)
    zone = Zone(name_example=[["127.0.0.1"]])
    seen = len(origin.requests)
    with Direct(applications=applications, resolve=zone):
        url = f"http://{host}:{origin.port}/a?b=c"
        result = urlfetch.fetch(url, "x", "POST", {"X-Own": "1", "X-Appengine-Cron": "true"})
    assert (result.content, result.headers["x-a"]) == (b"inside", "b")
    assert len(origin.requests) == seen
    (request,) = applications.requests
    assert (request.application, request.target, request.body) == ("other", "/a?b=c", b"x")
    assert (request.host, request.depth) == (f"{host}:{origin.port}", 1)
    assert not request.is_platform and not request.stated


def test_without_redirections_another_application_is_told_who_asks(origin):
    """Source: App Engine, "URL Fetch", `X-Appengine-Inbound-Appid`."""
    applications = OneServed(origin.port)
    with Direct(applications=applications):
        urlfetch.fetch(origin.url(), follow_redirects=False)
        urlfetch.fetch(origin.url(), headers={"X-AppEngine-Inbound-Appid": "forged"})
    first, second = applications.requests
    assert dict(first.stated) == {"X-AppEngine-Inbound-Appid": "trial"}
    assert not second.stated and "forged" not in str(second.headers)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "name.example"])
def test_the_admin_console_is_closed_to_fetches(origin, host):
    zone = Zone(name_example=[["127.0.0.1"]], localhost=[["127.0.0.1"]])
    with Direct(applications=OneServed(1, origin.port), resolve=zone):
        with pytest.raises(urlfetch.DownloadError, match="the Admin Console, closed"):
            urlfetch.fetch(f"http://{host}:{origin.port}/")
