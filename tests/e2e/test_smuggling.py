"""One connection, two requests: nobody may think that the second one begins elsewhere.

Source: RFC 9112, sections 2.2, 3.2, 5.2, 6 and 7, and section 11.2, "Request Smuggling".
"""

import socket

import pytest

from tests.e2e.serving import DevServer, wsgi_application

APP = """
def app(environ, start_response):
    body = b"<%d %s>" % (len(environ["wsgi.input"].read()), environ["QUERY_STRING"].encode())
    for name in ("COOKIE", "HOST", "X_T", "X_APPENGINE_CRON", "X_FORWARDED_FOR"):
        if "HTTP_" + name in environ:
            body += f"\\nHTTP_{name}={environ['HTTP_' + name]}".encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]
"""
HOST = b"Host: localhost\r\n"
NEXT = b"GET /?next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ABC = b"3\r\nabc\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("smuggling") / "app", APP)
    with DevServer([app]) as running:
        yield running


def exchange(server: DevServer, data: bytes) -> bytes:
    """Sends bytes and returns all that comes until the server closes the connection."""
    received = b""
    with socket.create_connection(server.address()) as client:
        client.settimeout(20)
        client.sendall(data)
        while piece := client.recv(65536):
            received += piece
    return received


def post(fields: bytes, body: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST /?first " + version + b"\r\n" + HOST + fields + b"\r\n" + body


REFUSED = {
    "a length and chunks": post(b"Content-Length: 4\r\n" + CHUNKED, b"0\r\n\r\n"),
    "chunks and a length": post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 4\r\nContent-Length: 5\r\n", b"abcd"),
    "a length twice": post(b"Content-Length: 4\r\nContent-Length: 4\r\n", b"abcd"),
    "a list of lengths": post(b"Content-Length: 4, 4\r\n", b"abcd"),
    "a length with a sign": post(b"Content-Length: +4\r\n", b"abcd"),
    "a negative length": post(b"Content-Length: -4\r\n", b"abcd"),
    "a hexadecimal length": post(b"Content-Length: 0x4\r\n", b"abcd"),
    "a length with an underscore": post(b"Content-Length: 1_0\r\n", b"abcdabcdab"),
    "a length in other digits": post(b"Content-Length: \xb2\r\n", b"ab"),
    "no length at all": post(b"Content-Length: \r\n", b""),
    "a space before the colon": post(b"Content-Length : 4\r\n", b"abcd"),
    "a coding with a space": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "another coding": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "a coding behind a control character": post(
        b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"
    ),
    "two codings": post(CHUNKED + b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n"),
    "chunks of chunks": post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    "identity and a length": post(b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n", b"abc"),
    "a coding in quotes": post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"),
    "chunks of HTTP/1.0": post(CHUNKED, ABC, b"HTTP/1.0"),
    "a folded coding": post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    "a folded line": post(b"X-T: b\r\n c\r\n", b""),
    "lines that end with LF": post(b"X-T: b\n" + CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"),
    "lines that end with CR": post(b"X-T: b\rTransfer-Encoding: chunked\r\n", b""),
    "a NUL": post(b"X-T: b\0c\r\n", b""),
    "two hosts": post(b"Host: evil.example\r\n", b""),
    "a chunk's size with 0x": post(CHUNKED, b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk": post(CHUNKED, b"-3\r\nabc\r\n0\r\n\r\n"),
    "a space before a chunk's size": post(CHUNKED, b" 3\r\nabc\r\n0\r\n\r\n"),
    "a chunk longer than it says": post(CHUNKED, b"2\r\nabc\r\n0\r\n\r\n"),
    "chunks whose lines end with LF": post(CHUNKED, b"3\nabc\n0\n\n"),
    "a chunk's size of 17 digits": post(CHUNKED, b"00000000000000003\r\nabc\r\n0\r\n\r\n"),
    "a trailer that is none": post(CHUNKED, b"3\r\nabc\r\n0\r\nnonsense\r\n\r\n"),
}


@pytest.mark.parametrize("first", REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_a_request(
    server, first
):
    received = exchange(server, first + NEXT)
    assert received.count(b"HTTP/1.1 ") == 1, received
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split()[1] in (b"400", b"501"), received
    assert b"Connection: close" in head and b"next" not in body
    assert b"refused" in body or b"malformed" in body or b"not served" in body, body


SERVED = {
    "chunks": (post(CHUNKED, ABC), b"<3 first>"),
    "chunks in capitals": (post(b"transfer-ENCODING: CHUNKED\r\n", ABC), b"<3 first>"),
    "a tab before the value": (post(b"Transfer-Encoding:\tchunked\r\n", ABC), b"<3 first>"),
    "a chunk with an extension": (
        post(CHUNKED, b"3;a=b\r\nabc\r\n0\r\n\r\n"),
        b"<3 first>",
    ),
    "a length": (post(b"Content-Length: 3\r\n", b"abc"), b"<3 first>"),
    "a length and an underscored coding": (
        post(b"Transfer_Encoding: chunked\r\nContent-Length: 3\r\n", b"abc"),
        b"<3 first>",
    ),
    "a body of GET": (
        b"GET /?first HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc",
        b"<3 first>",
    ),
}


@pytest.mark.parametrize(("first", "body"), SERVED.values(), ids=SERVED)
def test_what_has_one_meaning_is_served_and_so_is_what_follows(server, first, body):
    received = exchange(server, first + NEXT)
    assert received.count(b"HTTP/1.1 200 OK") == received.count(b"HTTP/1.1 ") == 2, received
    assert body in received and b"<0 next>" in received


def test_trailers_are_no_headers(server):
    trailers = b"3\r\nabc\r\n0\r\nX-AppEngine-Cron: true\r\nX-T: 1\r\n\r\n"
    received = exchange(server, post(CHUNKED + b"Trailer: X-T\r\n", trailers) + NEXT)
    assert b"<3 first>" in received and b"<0 next>" in received
    assert b"CRON" not in received and b"X_T" not in received


def get(*lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1") -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"GET " + target + b" " + version + b"\r\n" + head + b"Connection: close\r\n\r\n"


def test_the_host_of_a_whole_url_is_the_host(server):
    """Source: RFC 9112, section 3.2.2: the Host header is ignored then."""
    whole = b"http://localhost/?a"
    served = exchange(server, get(b"Host: evil.example", target=whole))
    assert served.startswith(b"HTTP/1.1 200 OK") and b"HTTP_HOST=localhost" in served
    refused = exchange(server, get(HOST.strip(), target=b"http://evil.example/"))
    assert refused.startswith(b"HTTP/1.1 400 Bad Request") and b"evil.example" in refused


def test_a_response_is_in_http_1_1_at_most(server):
    assert exchange(server, get(HOST.strip(), version=b"HTTP/1.2")).startswith(b"HTTP/1.1 200 OK")


def test_several_cookie_headers_are_one(server):
    """Source: RFC 9113, section 8.2.3: what a proxy makes of HTTP/2's."""
    reply = exchange(server, get(HOST.strip(), b"Cookie: a=1", b"X-T: 1", b"Cookie: b=2; c=3"))
    assert b"HTTP_COOKIE=a=1; b=2; c=3" in reply


def test_a_header_with_an_underscore_is_no_header(server):
    """`X_AppEngine_Cron` and `X-AppEngine-Cron` would have one name in WSGI's environ."""
    sent = (b"X_AppEngine_Cron: true", b"X-AppEngine-Cron: true", b"X_T: 1", b"X-T: 2")
    reply = exchange(server, get(HOST.strip(), *sent, b"X_Forwarded_For: 6.6.6.6"))
    assert b"HTTP_X_T=2" in reply and b"CRON" not in reply and b"6.6.6.6" not in reply
