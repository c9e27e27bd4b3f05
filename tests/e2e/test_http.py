"""What is not served is told with the right status and a sentence."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.e2e.serving import DevServer, Reply, wait_until, wsgi_application
from tests.e2e.test_life import descendants, find_named

APP = """
import os, sys

def app(environ, start_response):
    path = environ["PATH_INFO"]
    status, headers, body = "200 OK", [("Content-Type", "text/plain")], b"ok"
    if path == "/echo":
        body = environ["wsgi.input"].read()
    if path == "/raise":
        secret = "in the source"
        raise KeyError("nothing here")
    if path == "/split":
        headers.append(("X-Bad", "a\\r\\nSet-Cookie: x=y"))
    if path == "/status":
        status = "200 OK\\r\\nX-Split: y"
    if path == "/large":
        body = b"x" * int(environ["QUERY_STRING"])
    if path == "/environ":
        body = "\\n".join(f"{k}={v}" for k, v in sorted(os.environ.items())).encode()
    if path == "/cookie":
        headers.append(("Set-Cookie", environ["QUERY_STRING"]))
    if path == "/nothing":
        return [b""]
    if path == "/surrogate-header":
        headers.append(("X-Bad", "\\ud800"))
    if path == "/surrogate-status":
        status = "200 \\ud800"
    if path == "/surrogate-error":
        raise ValueError("no \\ud800 today")
    if path == "/broken-error":
        sys.stderr.flush = None
        raise ValueError("not even this can be said")
    start_response(status, headers)
    return [body]
"""
MAX_BODY = 32 * 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("http") / "app", APP)
    with DevServer([app], "--workers=2") as running:
        yield running


@pytest.fixture(params=[0, 1], ids=["the first worker", "the second worker"])
def worker(server, request):
    """One of the two front workers answers all requests: the other one stands still."""
    front = find_named(server, "appengine-front")
    wait_until(lambda: len(descendants(front)) == 2)  # ready is who has one
    workers = sorted(descendants(front))
    os.kill(workers[1 - request.param], signal.SIGSTOP)
    yield workers[request.param]
    os.kill(workers[1 - request.param], signal.SIGCONT)


def raw(server: DevServer, request: bytes) -> Reply:
    """Returns the answer to bytes that are no request of an HTTP library."""
    with socket.create_connection(server.address()) as client:
        client.settimeout(20)
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return Reply(int(head.split()[1]), {}, body)


@pytest.mark.parametrize(
    ("request_bytes", "status", "sentence"),
    [
        (b"GARBAGE\r\n\r\n", 400, "Invalid"),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505, "version: (9, 9)"),
        (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "Invalid"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "Invalid"),
        (b"\x16\x03\x01\x02\x00\x01\xff\r\n\r\n", 400, "Invalid"),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501, "CONNECT"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\n\r\n", 417, "200-maybe"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, "folding"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            501,
            "gzip, chunked",
        ),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "too large"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n", 431, "headers"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431, "headers"),
        (b"GET / HTTP/1.1\r\n" + b"X: %s\r\n" % (b"a" * 9000) * 9 + b"\r\n", 431, "65536"),
        (b"a" * 70000, 414, "too large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n", 400, "Invalid"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "Host header"),
        (b"GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n", 400, "a/b@c"),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "BREW"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            501,
            "websocket",
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 33554433\r\n\r\nabc", 413, "33554433"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
            400,
            "CONTENT-LENGTH",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "chunk",
        ),
    ],
)
def test_a_request_that_is_not_served_gets_its_status_and_a_sentence(
    server, worker, request_bytes, status, sentence
):
    reply = raw(server, request_bytes)
    assert reply.status == status, reply
    assert sentence.lower() in reply.text.lower()
    assert server.get("/").text == "ok"


def test_a_browser_has_a_page_and_a_program_a_line(server):
    html = server.request("BREW", "/", headers={"Accept": "text/html,*/*"})
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<p>The method &#39;BREW&#39; is not served here.</p>" in html.text
    for accept in ({}, {"Accept": "*/*"}):
        line = server.request("BREW", "/", headers=accept)
        assert (html.status, line.status) == (501, 501)
        assert line.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert line.text == "The method 'BREW' is not served here.\n"
    seccomp = next(x for x in server.get("/_ah/health").text.splitlines() if "seccomp" in x)
    assert seccomp.startswith("seccomp: on, ")


OFFERED = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + OFFERED + b"\r\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
    ids=["an offer of HTTP/2", "empty lines before it", "the whole URL", "HTTP/1.0"],
)
def test_what_a_client_may_send_otherwise_is_served_too(server, request_bytes):
    """Source: RFC 9110, section 7.8; RFC 9112, sections 2.2 and 3.2.2."""
    assert raw(server, request_bytes).text == "ok"


def test_more_connections_than_descriptors_cost_no_worker(tmp_path):
    app = wsgi_application(tmp_path / "app", APP)
    with DevServer([app], prefix=["sh", "-c", 'ulimit -n 150; exec "$@"', "-"]) as small:
        half_sent = [socket.create_connection(small.address()) for _ in range(200)]
        for connection in half_sent:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for connection in half_sent:
            connection.close()
        assert small.get("/").text == "ok"
        assert "worker (pid" not in small.log.lower()


@pytest.mark.parametrize("length", ["99999999", "9999999999999999999"])
def test_bytes_behind_a_refused_body_are_no_request(server, length):
    hidden = b"GET /raise HTTP/1.1\r\nHost: x\r\n\r\n"
    request = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + hidden
    assert raw(server, request).status == 413
    assert "/raise" not in server.log


def test_the_largest_body_comes_back_whole(server):
    body = bytes(range(256)) * (MAX_BODY // 256)
    assert server.request("POST", "/echo", body).body == body


def test_a_larger_response_is_an_error_of_the_application(server):
    reply = server.get(f"/large?{MAX_BODY + 1}")
    assert reply.status == 500
    assert str(MAX_BODY) in reply.text
    assert server.get(f"/large?{MAX_BODY}").headers["Content-Length"] == str(MAX_BODY)


def test_an_exception_shows_the_application_s_frames_only(server):
    reply = server.get("/raise")
    assert reply.status == 500
    assert "KeyError: 'nothing here'" in reply.text
    assert 'main.py", line ' in reply.text
    assert "instance.py" not in reply.text
    assert "wsgi.py" not in server.get("/nothing").text
    wait_until(lambda: "KeyError: 'nothing here'" in server.log, 5)


@pytest.mark.parametrize("path", ["/split", "/nothing", "/surrogate-header", "/surrogate-status"])
def test_a_response_that_is_none_is_an_error_and_costs_no_instance(server, path):
    ended = server.log.count(" ended: ")
    reply = server.get(path)
    assert reply.status in (500, 502), reply
    assert "Set-Cookie" not in reply.headers
    assert server.get("/").status == 200
    assert server.log.count(" ended: ") == ended, server.log


def test_an_exception_with_a_lone_surrogate_has_its_page(server):
    reply = server.get("/surrogate-error")
    assert (reply.status, "no \\ud800 today" in reply.text) == (500, True)


def test_what_breaks_one_request_costs_no_thread_of_the_instance(server):
    for _ in range(17):  # more than two instances have threads
        reply = server.get("/broken-error")
        assert (reply.status, "not even this can be said" in reply.text) == (500, True)
    assert server.get("/").status == 200
    assert "ended: exited" not in server.log


def test_a_reason_cannot_hold_a_header(server):
    reply = server.get("/status")
    assert "X-Split" not in reply.headers


def test_a_cookie_of_the_platform_cannot_be_set_by_an_application(server):
    assert server.get("/cookie?mine=1").headers["Set-Cookie"] == "mine=1"
    reply = server.get("/cookie?appengine_login_0123456789ab=forged")
    assert reply.status == 502
    assert "Set-Cookie" not in reply.headers


def test_headers_of_the_platform_cannot_be_forged(server):
    forged = {
        "X-AppEngine-Cron": "true",
        "X-AppEngine-User-Is-Admin": "1",
        "X_AppEngine_Queuename": "default",
        "Proxy": "http://evil",
    }
    seen = server.request("GET", "/environ", headers=forged).text
    assert "USER_IS_ADMIN=0" in seen
    assert "CRON" not in seen
    assert "QUEUENAME" not in seen
    assert "HTTP_PROXY" not in seen


@pytest.mark.parametrize(
    "path",
    [
        *("/_ah/start", "/_ah/stop", "/_ah/warmup", "/_ah/mail/a@b", "/_ah/queue/x", "/_ah/bounce"),
        *("/_ah/start/", "/_ah/queue", "//_ah/queue/x", "/./_ah//mail/a@b", "/%5fah/stop"),
    ],
)
def test_the_platform_s_own_requests_are_closed_from_outside(server, path):
    reply = server.get(path)
    assert reply.status == 403
    assert "closed from outside" in reply.text


def test_a_head_request_has_the_headers_and_no_body(server):
    reply = server.request("HEAD", "/")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == "2"


def test_an_upload_costs_the_front_little_memory(server):
    """Source: bodies above 1 MiB are spooled to files without a name."""
    body = b"x" * MAX_BODY
    server.request("POST", "/echo", body)
    before = front_memory(server)
    for _ in range(3):
        assert len(server.request("POST", "/echo", body).body) == MAX_BODY
    assert front_memory(server) - before < 2 * MAX_BODY // 1024


def front_memory(server: DevServer) -> int:
    """Returns the highest memory that the front's processes have had, in kB."""
    front = find_named(server, "appengine-front")
    found = 0
    for pid in (front, *descendants(front)):
        status = Path(f"/proc/{pid}/status").read_text()
        found += int(re.findall(r"VmHWM:\s+(\d+)", status)[0])
    return found
