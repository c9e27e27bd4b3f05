"""Connections: kept, in parallel, through a proxy, and only to hosts that prove who they are."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from appengine import urlfetch
from appengine.config.settings import Settings
from appengine.rpc.user_rpc import UserRPC
from tests.urlfetch.serving import Direct, Wired


def test_fetches_that_were_started_run_at_the_same_time(origin):
    """Source: App Engine, "URL Fetch", "Issuing an asynchronous request"."""
    with Wired():
        started = time.monotonic()
        rpcs = [urlfetch.create_rpc(deadline=30) for _ in range(10)]
        for rpc in rpcs:
            assert urlfetch.make_fetch_call(rpc, origin.url("/slow?seconds=0.5")) is rpc
        assert [rpc.get_result().content for rpc in rpcs] == [b"late"] * 10
        assert time.monotonic() - started < 5  # one after the other: 5 s


def test_a_callback_is_called_once_its_fetch_has_ended(origin):
    """Source: App Engine, "URL Fetch", "Using a callback function"."""
    done = []
    with Wired():
        for name in ("a", "b"):
            rpc = urlfetch.create_rpc()
            rpc.callback = lambda name=name, rpc=rpc: done.append((name, rpc.get_result().content))
            urlfetch.make_fetch_call(rpc, origin.url())
            rpc.wait()
            rpc.wait()
    assert done == [("a", b"hello"), ("b", b"hello")]


def test_whoever_ends_first_can_be_waited_for(origin):
    """Source: App Engine, `apiproxy_stub_map.UserRPC.wait_any`."""
    with Wired():
        slow, quick = urlfetch.create_rpc(30), urlfetch.create_rpc(30)
        urlfetch.make_fetch_call(slow, origin.url("/slow?seconds=2"))
        urlfetch.make_fetch_call(quick, origin.url())
        assert UserRPC.wait_any([slow, quick]) is quick
        UserRPC.wait_all([slow, quick])
        assert slow.get_result().content == b"late"


def test_an_error_comes_where_the_result_is_asked_for(origin):
    with Wired():
        rpc = urlfetch.create_rpc()
        urlfetch.make_fetch_call(rpc, "http://127.0.0.1:65535/")
        rpc.wait()
        for ask in (rpc.check_success, rpc.get_result):
            with pytest.raises(urlfetch.DownloadError):
                ask()


def test_an_rpc_of_another_service_is_refused():
    with pytest.raises(AssertionError, match="an RPC of 'memcache'"):
        urlfetch.make_fetch_call(UserRPC("memcache"), "http://example.com/")


def test_a_connection_is_kept_for_the_next_fetch(direct, origin):
    ports = []
    for _ in range(3):
        urlfetch.fetch(origin.url("/echo"))
        ports.append(origin.requests[-1].client_address)
    assert len(set(ports)) == 1


@pytest.mark.parametrize(("status", "method"), [("304", "GET"), ("204", "GET"), ("200", "HEAD")])
def test_content_where_none_may_be_does_not_spoil_the_next_fetch(direct, origin, status, method):
    for _ in range(2):
        result = urlfetch.fetch(origin.url(f"/toomuch?status={status}"), method=method)
        assert (result.status_code, result.content) == (int(status), b"")
        assert urlfetch.fetch(origin.url()).content == b"hello"


def test_a_trace_tells_what_was_fetched(direct, origin):
    urlfetch.fetch(origin.url("/redirect/1"))
    (outcome,) = direct.outcomes
    notes = outcome.record.notes
    assert notes["url"] == origin.url("/redirect/1")
    assert (notes["status"], notes["redirections"]) == (200, 2) and notes["bytes"] > 0
    assert (outcome.record.quota, outcome.record.units) == ("urlfetch_calls", 1)


def test_a_certificate_is_judged_unless_the_application_says_otherwise(secure_origin, ca_file):
    """Source: App Engine, `urlfetch.fetch`, `validate_certificate`."""
    url = secure_origin.url(host="localhost")
    with Direct():
        for validate in (None, True):
            with pytest.raises(urlfetch.SSLCertificateError, match="certificate of"):
                urlfetch.fetch(url, validate_certificate=validate)
        assert urlfetch.fetch(url, validate_certificate=False).content == b"hello"
    with Direct(Settings(urlfetch_ca_file=ca_file)):
        assert urlfetch.fetch(url).content == b"hello"
        with pytest.raises(urlfetch.SSLCertificateError):  # of another name
            urlfetch.fetch(secure_origin.url(host="127.0.0.1"))


def test_a_host_without_tls_is_no_host_of_https(direct, origin):
    with pytest.raises((urlfetch.SSLCertificateError, urlfetch.ConnectionClosedError)):
        urlfetch.fetch(origin.url().replace("http:", "https:"))


class Proxy(BaseHTTPRequestHandler):
    """A proxy that answers itself."""

    def do_GET(self):
        self.server.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"proxy")

    def do_CONNECT(self):
        self.send_error(403)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def proxy():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_proxy_is_asked_where_the_operator_names_one(proxy, origin):
    address = f"http://127.0.0.1:{proxy.server_address[1]}"
    settings = Settings(urlfetch_proxy=address, urlfetch_no_proxy=("127.0.0.1", "inner.example"))
    assert proxy.server_address[0] == "127.0.0.1"
    with Direct(settings):
        assert urlfetch.fetch("http://unknown.invalid/a?b").content == b"proxy"
        assert urlfetch.fetch(origin.url()).content == b"hello"
        with pytest.raises(urlfetch.DownloadError, match="the proxy did not lead"):
            urlfetch.fetch("https://unknown.invalid/")
        with pytest.raises(urlfetch.DownloadError, match="a metadata address"):
            urlfetch.fetch("http://169.254.169.254/")
    assert proxy.seen == ["http://unknown.invalid/a?b"]


def test_a_name_in_another_alphabet_is_asked_for_in_its_ascii_form(origin):
    asked = []

    def resolve(host, port, seconds):
        asked.append(host)
        return ["127.0.0.1"]

    with Direct(resolve=resolve):
        url = f"http://bücher.example:{origin.port}/echo?ä=ö b"
        seen = json.loads(urlfetch.fetch(url).content)
    assert asked == ["xn--bcher-kva.example"]
    assert seen["path"] == "/echo?%C3%A4=%C3%B6%20b"
