"""No application freezes the platform, and no half-sent request holds a thread."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.serving import DevServer, Reply, fetch, wait_until, wsgi_application

SLEEPY = """
import time

def app(environ, start_response):
    if environ["PATH_INFO"] == "/sleep":
        time.sleep(30)
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [])
        return [b"y" * 8_000_000]
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % len(body)]
"""
HALF = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Unfinished: ",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nsome",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"",
)
MANY = 200
QUICK_SECONDS = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("isolation")
    first = wsgi_application(folder / "first", SLEEPY, name="first")
    second = wsgi_application(folder / "second", SLEEPY, name="second")
    with DevServer([first, second], "--workers=2", "--max_module_instances=2") as running:
        yield running


def timed(url: str) -> tuple[Reply, float]:
    """Returns an answer and the best time of five: the machine may be busy with other tests."""
    best = 60.0
    for _ in range(5):
        started = time.monotonic()
        reply = fetch(url)
        best = min(best, time.monotonic() - started)
    return reply, best


def test_a_hundred_clients_at_once_are_all_answered(server):
    """None is refused for the lack of threads, or because others wait already."""
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: fetch(server.urls[1] + "/"), range(500)))
    assert {answer.status for answer in answers} == {200}


def test_with_all_threads_of_one_application_asleep_the_rest_answers_at_once(server):
    half_sent = [socket.create_connection(server.address()) for _ in range(MANY)]
    for number, connection in enumerate(half_sent):
        connection.sendall(HALF[number % len(HALF)])
    sleepers = [socket.create_connection(server.address()) for _ in range(300)]
    for connection in sleepers:
        connection.sendall(b"GET /sleep HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: fetch(server.urls[0] + "/").status == 503)
    for url in (
        server.admin + "/instances",
        server.urls[0] + "/static/small.txt",
        server.urls[1] + "/",
    ):
        reply, seconds = timed(url)
        assert reply.status == 200
        assert seconds < QUICK_SECONDS, url
    for connection in (*sleepers, *half_sent):
        connection.close()


def test_clients_that_do_not_close_stop_nobody(server):
    """Source: RFC 9112, section 9.6: a server waits for them, but not with its whole loop."""
    lingering = [socket.create_connection(server.address()) for _ in range(20)]
    for connection in lingering:
        connection.sendall(b"GET /static/small.txt HTTP/1.0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.0 200 ")
    assert timed(server.urls[1] + "/static/small.txt")[1] < QUICK_SECONDS
    for connection in lingering:
        connection.close()


def test_clients_that_read_nothing_hold_no_thread(server):
    large = server.application / "static" / "large.bin"
    large.write_bytes(b"x" * 8_000_000)
    lazy = [ask(server.address(0), "/static/large.bin") for _ in range(70)]
    lazy += [ask(server.address(1), "/large") for _ in range(8)]
    for url in (server.urls[0] + "/static/small.txt", server.urls[1] + "/"):
        reply, seconds = timed(url)
        assert reply.status == 200
        assert seconds < QUICK_SECONDS, url
    for client in (lazy[0], lazy[-1]):  # who reads at last gets all of it
        client.settimeout(10)
        received = 0
        while received < 8_000_000:
            piece = client.recv(2**20)
            assert piece, f"closed after {received} bytes"
            received += len(piece)
    for client in lazy:
        client.close()


def ask(address, path: str) -> socket.socket:
    """Sends a request whose response nobody reads for the time being."""
    client = socket.create_connection(address)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def test_a_client_that_sends_too_slowly_is_told_so(server):
    with socket.create_connection(server.address(1)) as slow:
        slow.sendall(HALF[0])
        slow.settimeout(30)
        answer = slow.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"too slowly" in answer


def test_what_comes_in_pieces_is_one_request(server):
    request = (
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6;note=1\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    with socket.create_connection(server.address(1)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request:
            client.sendall(bytes([byte]))
        client.settimeout(10)
        answer = b""
        while not answer.endswith(b"\r\n\r\n11"):
            answer += client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_two_requests_in_one_piece_are_answered_in_order(server):
    request = b"POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
    both = request % (1, 3, b"abc") + request % (2, 5, b"defgh")
    with socket.create_connection(server.address(1)) as client:
        client.settimeout(10)
        client.sendall(both)
        answer = b""
        while answer.count(b"HTTP/1.1 200") < 2 or not answer.endswith(b"5"):
            answer += client.recv(1000)
    assert answer.index(b"\r\n\r\n3") < answer.index(b"\r\n\r\n5")


def test_a_kept_connection_serves_the_next_request(server):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(server.address(1)) as client:
        client.settimeout(10)
        for _ in range(3):
            client.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\n0"):
                answer += client.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")


def test_a_burst_over_all_threads_is_answered_or_refused_but_never_lost(server):
    lock = threading.Lock()
    statuses: list[int] = []

    def ask(_: int) -> None:
        status = fetch(server.urls[1] + "/").status
        with lock:
            statuses.append(status)

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(ask, range(500)))
    assert len(statuses) == 500
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > 100
